/** Doing something again whenever one of its inputs changes. */
import { existsSync, type FSWatcher, statSync, watch } from "node:fs";
import { basename, dirname, resolve } from "node:path";

/** Editors write a file in several steps; this long after the last, it is taken for written. */
const SETTLE_MS = 50;

/** Work that has inputs. */
export interface Task {
  /** Does it; gives the files that it depends on. It must not throw. */
  run(): readonly string[];
}

/**
 * Runs each task, and again each time one of its inputs is changed, made or removed, until the signal says to stop.
 *
 * Folders are watched, not files: an editor that puts a new file in the old one's place leaves a watch on the old one.
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
    // What changed while nobody watched it.
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

/** Not what is dated to come, by a clock that is ahead: that would be changed for ever. */
function changedSince(file: string, time: number): boolean {
  const changed = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return changed > time && changed <= Date.now();
}
