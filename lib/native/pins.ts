/** Pins: names in bpffs that keep maps and links alive. Whoever can replace one can replace what it enforces. */
import { existsSync, lstatSync, realpathSync, statfsSync, unlinkSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { errnoName, isErrno } from "../errors";
import { makeFolder } from "../replace";
import { native } from ".";

/** BPF_FS_MAGIC of linux/magic.h. */
const BPF_FS = 0xcafe4a11;

/** How bpffs is mounted so that nobody else can put folders into it: the kernel's own default is mode 1777. */
export const MOUNT_BPFFS = "mount -t bpf -o mode=700 bpf /sys/fs/bpf";

/** What is wrong with a pin's path, and what to do. */
export interface PinFault {
  readonly what: string;
  readonly errno?: string;
  readonly hint?: string;
  readonly cause?: unknown;
  /** The path has no pin of this thing, or none any more. */
  readonly gone?: boolean;
}

/** Makes the folder that a pin is to lie in; a fault if the path is not in bpffs, or others could replace what is there. */
export function preparePin(path: string): PinFault | undefined {
  // Else the kernel says EPERM (bpf_lookup()), as for want of privilege.
  if (basename(path).includes("."))
    return { what: `${path}: bpffs takes no dot in a name`, hint: 'Use "_" instead', errno: "EPERM" };
  const folder = dirname(resolve(path));
  let existing = folder;
  while (!existsSync(existing)) existing = dirname(existing);
  // Elsewhere folders would be left behind.
  if (statfsSync(existing).type >>> 0 !== BPF_FS) {
    const hint = `Pin it in bpffs, under /sys/fs/bpf; where nothing is mounted there: ${MOUNT_BPFFS}`;
    return { what: `${existing} is not in bpffs`, hint, errno: "EINVAL" };
  }
  const fault = untrusted(existing);
  if (fault !== undefined) return fault;
  try {
    makeFolder(folder, 0o700);
  } catch (cause) {
    const errno = (cause as NodeJS.ErrnoException).code ?? "EIO";
    return { what: `the folder ${folder} can't be made (${errno})`, errno, cause };
  }
  return untrusted(folder);
}

/** Removes a pin, if it is that of an id; a fault if it is another's, or none. */
export function removePin(path: string, kind: "map" | "link", id: number): PinFault | undefined {
  const found = native.pinnedId(path, kind);
  if (found < 0) {
    const errno = errnoName(found);
    return {
      what: `${whyNotOpened(found, path, kind) ?? "the kernel refuses"} (${errno})`,
      errno,
      gone: isGone(found),
    };
  }
  if (found !== id) return { what: `it is the pin of ${kind} ${found}`, gone: true };
  try {
    unlinkSync(path);
    return undefined;
  } catch (cause) {
    const errno = (cause as NodeJS.ErrnoException).code ?? "EIO";
    return { what: `it can't be removed (${errno})`, errno, cause };
  }
}

function isGone(status: number): boolean {
  return isErrno(status, "ENOENT") || isErrno(status, "ENOTDIR") || isErrno(status, "EINVAL");
}

/** What an errno of opening a pin means; undefined where it is for want of privilege, or the kernel's own reason. */
export function whyNotOpened(status: number, path: string, kind: "map" | "link"): string | undefined {
  const is = (...names: Parameters<typeof isErrno>[1][]) => names.some((name) => isErrno(status, name));
  // bpf_lookup() in the kernel knows no name with a dot.
  if (is("ENOENT", "ENOTDIR") || (is("EPERM") && basename(path).includes("."))) return "nothing is pinned there";
  if (is("EINVAL")) return `it is no ${kind}`;
  if (is("EACCES")) return `it is no ${kind}, or its mode forbids it`;
  if (is("ENODATA")) return `whether it is a ${kind} can't be told: /proc is not mounted`;
  return undefined;
}

/** Why a pin that exists is not to be reused: another user put it there. */
export function foreignPin(path: string): PinFault | undefined {
  const { uid } = lstatSync(path);
  return isTrusted(uid) ? undefined : { what: `${path} belongs to user ${uid}`, hint: FOREIGN };
}

const FOREIGN = `Remove it, or take it over with chown; mount bpffs so that only its owner may write to it: ${MOUNT_BPFFS}`;

/** Why what lies in a folder could be replaced by others: by whoever owns it or a folder above it, or may write to one. */
function untrusted(folder: string): PinFault | undefined {
  for (const path of new Set([...ancestors(folder), ...ancestors(realpathSync(folder))])) {
    const { uid, gid, mode } = lstatSync(path);
    const link = (mode & 0o170000) === 0o120000;
    if (!isTrusted(uid)) return { what: `${path} belongs to user ${uid}, who could replace the pin`, hint: FOREIGN };
    const others = mode & (gid === 0 ? 0o002 : 0o022);
    // In a folder with the sticky bit only the owner of an entry renames and removes it.
    if (!link && others !== 0 && (mode & 0o1000) === 0) {
      const what = `${path} may be written by others (mode ${(mode & 0o7777).toString(8)}), who could replace the pin`;
      return { what, hint: `chmod go-w ${path}` };
    }
  }
  return undefined;
}

function isTrusted(uid: number): boolean {
  return uid === 0 || uid === process.geteuid?.();
}

function ancestors(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [...ancestors(parent), folder];
}
