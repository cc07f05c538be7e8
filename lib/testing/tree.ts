/** Trees of the host's files, as they are put into a guest. */
import { existsSync, lstatSync, readdirSync, readlinkSync, realpathSync, type Stats } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { CpioWriter } from "./cpio";
import { VmError } from "./vm-error";

/** A file or directory of the host that the guest gets. */
export interface Put {
  /** A path of the host. Inside directories symbolic links stay links. */
  readonly from: string;
  /** The absolute path that it gets in the guest. */
  readonly to: string;
  /** Leaves out what it says no to; asked with host paths, those of directories too. */
  readonly filter?: (path: string) => boolean;
}

/** As the harness itself puts files. */
export interface Tree extends Put {
  /** Links lead straight to where they end here: a link on the way may not be put. */
  readonly resolveLinks?: true;
}

/** Something that a guest gets: a file, a directory, a link. */
export interface Item {
  readonly from: string;
  readonly to: string;
  readonly stats: Stats;
  /** Where a link leads. */
  readonly target?: string;
}

const PAGE = 4096;

/**
 * All that a tree holds, parents first.
 *
 * @throws {@link VmError} ERR_BPF_VM for what can't be read, or is neither a file nor a directory nor a link
 */
export function* itemsOf(tree: Tree): Generator<Item> {
  const { from, to } = tree;
  if (!isAbsolute(to)) throw new VmError("ERR_BPF_VM", `a path of the guest must be absolute: ${to}`);
  try {
    // What is named itself is followed, as `cp -H` does.
    yield* walk(realpathSync(from), to.replace(/\/+$/, ""), tree);
  } catch (cause) {
    if (cause instanceof VmError) throw cause;
    throw new VmError("ERR_BPF_VM", `${from} can't be put into the machine: ${(cause as Error).message}`, { cause });
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
  else throw new VmError("ERR_BPF_VM", `${from} is neither a file nor a directory nor a symbolic link`);
}

/** Memory that it takes once it is unpacked: whole pages, and what the kernel keeps of it. */
export function memoryOf({ stats }: Item): number {
  return (stats.isFile() ? Math.ceil(stats.size / PAGE) * PAGE : 0) + PAGE / 4;
}

export function writeItem(archive: CpioWriter, { from, to, stats, target }: Item): void {
  const permissions = stats.mode & 0o7777;
  if (target !== undefined) archive.link(to, target);
  else if (stats.isDirectory()) archive.directory(to, permissions);
  else archive.file(to, from, stats.size, permissions);
}
