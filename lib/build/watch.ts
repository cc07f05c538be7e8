/** Reruns tasks when their inputs change. */
import { existsSync, type FSWatcher, statSync, watch } from "node:fs";
import { basename, dirname, resolve } from "node:path";

/** Editors write a file in several steps. A file counts as written this long after the last change. */
const SETTLE_MS = 50;

/** A task with inputs. */
export interface Task {
  /** Runs the task and returns the files that it depends on. Must not throw. */
  run(): readonly string[];
}

/**
 * Runs each task, and again whenever one of its inputs is changed, created or removed, until the signal is aborted.
 *
 * Watches folders, not files: when an editor replaces a file, a watch on the file stays with the old inode.
 */
export async function watchTasks(tasks: readonly Task[], signal: AbortSignal): Promise<void> {
  const inputs = new Map<Task, ReadonlySet<string>>();
  const stale = new Set<Task>(tasks);
  const watchers = new Map<string, FSWatcher>();
  let timer: NodeJS.Timeout | undefined;

  const wake = () => {
    clearTimeout(timer);
    timer = setTimeout(runStale, SETTLE_MS);
  };
  const changed = (path: string) => {
    for (const [task, files] of inputs) if (files.has(path)) stale.add(task);
    if (stale.size > 0) wake();
  };
  const follow = () => {
    const folders = new Set(Array.from(inputs.values(), (files) => Array.from(files, dirname)).flat());
    for (const [folder, watcher] of watchers) {
      if (folders.has(folder)) continue;
      watcher.close();
      watchers.delete(folder);
    }
    for (const folder of folders) {
      if (watchers.has(folder) || !existsSync(folder)) continue;
      const watcher = watch(folder, (_, name) => name !== null && changed(resolve(folder, basename(name))));
      watchers.set(
        folder,
        watcher.on("error", () => watchers.delete(folder)),
      );
    }
  };
  const runStale = () => {
    const since = Date.now();
    const now = Array.from(stale);
    stale.clear();
    for (const task of now) inputs.set(task, new Set(task.run().map((file) => resolve(file))));
    follow();
    // Check for changes made before the watch was active.
    for (const task of now)
      if (Array.from(inputs.get(task) ?? []).some((file) => changedSince(file, since))) stale.add(task);
    if (stale.size > 0) wake();
  };

  runStale();
  await new Promise<void>((stop) => {
    if (signal.aborted) stop();
    signal.addEventListener("abort", () => stop(), { once: true });
  });
  clearTimeout(timer);
  for (const watcher of watchers.values()) watcher.close();
}

/** Ignores timestamps in the future, from a clock that is ahead: the file would count as changed for ever. */
function changedSince(file: string, time: number): boolean {
  const changed = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return changed > time && changed <= Date.now();
}
