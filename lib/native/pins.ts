/**
 * Pins: paths in bpffs that keep maps, programs and links alive. Whoever can replace a pin can replace the policy it enforces.
 */
import { existsSync, lstatSync, statfsSync, unlinkSync } from "node:fs";
import { constants } from "node:os";
import { basename, dirname, resolve } from "node:path";
import { errnoName, isErrno } from "../errors";
import { makeFolder } from "../replace";
import { intrusion, isTrusted } from "../trusted";
import { native, type PinKind } from ".";

/** BPF_FS_MAGIC in linux/magic.h. */
const BPF_FS = 0xcafe4a11;

/** Mounts bpffs so that other users can't create folders in it: the kernel's default is mode 1777. */
export const MOUNT_BPFFS = "mount -t bpf -o mode=700 bpf /sys/fs/bpf";

/** A fault in a pin's path, and its remedy. */
export interface PinFault {
  readonly what: string;
  readonly errno?: string;
  readonly hint?: string;
  readonly cause?: unknown;
  /** Whether the path has no pin of this object, or no longer has one. */
  readonly gone?: boolean;
}

/** Creates the folder for a pin. Returns a fault if the path is not in bpffs, or others could replace the pin. */
export function preparePin(path: string): PinFault | undefined {
  // The kernel would return EPERM (bpf_lookup()), as for a missing privilege.
  if (basename(path).includes("."))
    return { what: `${path}: bpffs allows no dot in a name`, hint: 'Use "_" instead', errno: "EPERM" };
  const folder = dirname(resolve(path));
  let existing = folder;
  while (!existsSync(existing)) existing = dirname(existing);
  // Checked first, so that no folders are left behind elsewhere.
  if (!isBpffs(existing)) {
    const hint = `Pin it in bpffs, under /sys/fs/bpf; if it is not mounted: ${MOUNT_BPFFS}`;
    return { what: `${existing} is not in bpffs`, hint, errno: "EINVAL" };
  }
  const fault = untrusted(existing);
  if (fault !== undefined) return fault;
  try {
    makeFolder(folder, 0o700);
  } catch (cause) {
    const errno = (cause as NodeJS.ErrnoException).code ?? "EIO";
    return { what: `can't create the folder ${folder} (${errno})`, errno, cause };
  }
  return untrusted(folder);
}

/** Throws if the path does not exist. */
export function isBpffs(path: string): boolean {
  return statfsSync(path).type >>> 0 === BPF_FS;
}

/** The kernel's id of what is pinned at a path, or -errno: EINVAL if it is of another kind. */
export function idOfPin(path: string, kind: PinKind): number {
  const found = native.pinned(path);
  if (found.status < 0) return found.status;
  return found.kind === kind ? found.id : -constants.errno.EINVAL;
}

/** Removes a pin if it is that of the given id. Returns a fault if the path has another pin, or none. */
export function removePin(path: string, kind: PinKind, id: number): PinFault | undefined {
  const found = idOfPin(path, kind);
  if (found < 0) {
    const errno = errnoName(found);
    return {
      what: `${whyNotOpened(found, path, kind) ?? "the kernel rejects it"} (${errno})`,
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
    return { what: `can't remove it (${errno})`, errno, cause };
  }
}

function isGone(status: number): boolean {
  return isErrno(status, "ENOENT") || isErrno(status, "ENOTDIR") || isErrno(status, "EINVAL");
}

/** The meaning of an errno of opening a pin; undefined if a privilege is missing or the kernel has another reason. */
export function whyNotOpened(status: number, path: string, kind: PinKind): string | undefined {
  const is = (...names: Parameters<typeof isErrno>[1][]) => names.some((name) => isErrno(status, name));
  // bpf_lookup() in the kernel finds no name with a dot.
  if (is("ENOENT", "ENOTDIR") || (is("EPERM") && basename(path).includes("."))) return "nothing is pinned there";
  if (is("EINVAL")) return `it is not a ${kind}`;
  if (is("EACCES")) return `it is not a ${kind}, or its mode forbids it`;
  if (is("ENODATA")) return `can't determine whether it is a ${kind}: /proc is not mounted`;
  return undefined;
}

/** Why an existing pin must not be reused: another user created it. */
export function foreignPin(path: string): PinFault | undefined {
  const { uid } = lstatSync(path);
  return isTrusted(uid) ? undefined : { what: `${path} belongs to user ${uid}`, hint: FOREIGN };
}

const FOREIGN = `Remove it, or take it over with chown; mount bpffs so that only its owner can write to it: ${MOUNT_BPFFS}`;

/** Why others could replace a pin in a folder. */
function untrusted(folder: string): PinFault | undefined {
  const found = intrusion(folder);
  if (found === undefined) return undefined;
  const { path, owner, mode } = found;
  if (owner !== undefined)
    return { what: `${path} belongs to user ${owner}, who could replace the pin`, hint: FOREIGN };
  const what = `${path} is writable by others (mode ${(mode & 0o7777).toString(8)}), who could replace the pin`;
  return { what, hint: `chmod go-w ${path}` };
}
