/** Trees of host files to copy into a guest. */
import { existsSync, lstatSync, readdirSync, readlinkSync, realpathSync, type Stats } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { CpioWriter } from "./cpio";
import { VmError } from "./vm-error";

/** A file or directory of the host to copy into the guest. */
export interface Put {
  /** Host path. Symbolic links inside directories stay links. */
  readonly from: string;
  /** Absolute path in the guest. */
  readonly to: string;
  /** Excludes files for which it returns false. Called with host paths, of directories too. */
  readonly filter?: (path: string) => boolean;
}

/** Files copied by the harness itself. */
export interface Tree extends Put {
  /** Links are resolved to their final target on the host, because an intermediate link may not be copied. */
  readonly resolveLinks?: true;
}

/** An entry of the guest's file system: a file, a directory or a link. */
export interface Item {
  readonly from: string;
  readonly to: string;
  readonly stats: Stats;
  /** Target of a link. */
  readonly target?: string;
}

const PAGE = 4096;

/**
 * All entries of a tree, parents first.
 *
 * @throws {@link VmError} ERR_BPF_VM for a file that can't be read, or is not a regular file, directory or symbolic
 *   link
 */
export function* itemsOf(tree: Tree): Generator<Item> {
  const { from, to } = tree;
  if (!isAbsolute(to)) throw new VmError("ERR_BPF_VM", `a guest path must be absolute: ${to}`);
  try {
    // A link given directly is followed, as in `cp -H`.
    yield* walk(realpathSync(from), to.replace(/\/+$/, ""), tree);
  } catch (cause) {
    if (cause instanceof VmError) throw cause;
    throw new VmError("ERR_BPF_VM", `can't put ${from} into the machine: ${(cause as Error).message}`, { cause });
  }
}

function* walk(from: string, to: string, tree: Tree): Generator<Item> {
  if (tree.filter?.(from) === false) return;
  const stats = lstatSync(from);
  if (stats.isDirectory()) {
    if (to !== "") yield { from, to, stats };
    for (const name of readdirSync(from)) yield* walk(join(from, name), `${to}/${name}`, tree);
  } else if (stats.isSymbolicLink()) {
    const resolve = tree.resolveLinks && existsSync(from);
    yield { from, to, stats, target: resolve ? realpathSync(from) : readlinkSync(from) };
  } else if (stats.isFile()) yield { from, to, stats };
  else throw new VmError("ERR_BPF_VM", `${from} is not a file, directory or symbolic link`);
}

/** Memory it uses when unpacked, in bytes: whole pages and the kernel's overhead. */
export function memoryOf({ stats }: Item): number {
  return (stats.isFile() ? Math.ceil(stats.size / PAGE) * PAGE : 0) + PAGE / 4;
}

export function writeItem(archive: CpioWriter, { from, to, stats, target }: Item): void {
  const permissions = stats.mode & 0o7777;
  if (target !== undefined) archive.link(to, target);
  else if (stats.isDirectory()) archive.directory(to, permissions);
  else archive.file(to, from, stats.size, permissions);
}
