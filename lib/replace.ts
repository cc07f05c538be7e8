/** Writes files atomically. */
import { existsSync, mkdirSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { BpfError } from "./errors";

/**
 * Replaces a file atomically; a device or pipe is written to directly.
 *
 * @throws {@link BpfError} ERR_BPF_OUTPUT
 */
export function replace(path: string, contents: string | Uint8Array): void {
  try {
    const existing = statSync(path, { throwIfNoEntry: false });
    if (existing === undefined) rename(path, contents);
    else if (existing.isFile()) rename(realpathSync(path), contents);
    else writeFileSync(path, contents);
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

/**
 * Creates the folder of a file.
 *
 * @throws {@link BpfError} ERR_BPF_OUTPUT
 */
export function makeFolderOf(path: string): void {
  try {
    makeFolder(dirname(path));
  } catch (cause) {
    throw unwritable(dirname(path), cause);
  }
}

/** Like mkdirSync() with `recursive`, which in Node 20 never returns if mkdir(2) fails with ENOENT, as under /proc. */
export function makeFolder(folder: string, mode?: number): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder), mode);
  try {
    mkdirSync(folder, mode);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

function unwritable(path: string, cause: unknown): BpfError {
  const { code, message } = cause as NodeJS.ErrnoException;
  return new BpfError("ERR_BPF_OUTPUT", `can't write ${path} (${code ?? message})`, { operation: "write", cause });
}

function rename(target: string, contents: string | Uint8Array): void {
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, contents);
    renameSync(temporary, target);
  } finally {
    rmSync(temporary, { force: true });
  }
}
