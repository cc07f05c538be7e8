/** Whether only root and this user can change what is in a folder. */
import { lstatSync, realpathSync } from "node:fs";
import { dirname } from "node:path";

/** A folder on the path that another user owns, or that others can write to. */
export interface Intrusion {
  readonly path: string;
  /** Its owner, if not root or this user. */
  readonly owner?: number;
  readonly mode: number;
}

/** Why others could replace an entry of a folder: they own it or a parent folder, or can write to one of these. */
export function intrusion(folder: string): Intrusion | undefined {
  for (const path of new Set([...ancestors(folder), ...ancestors(realpathSync(folder))])) {
    const { uid, gid, mode } = lstatSync(path);
    const link = (mode & 0o170000) === 0o120000;
    if (!isTrusted(uid)) return { path, owner: uid, mode };
    const others = mode & (gid === 0 ? 0o002 : 0o022);
    // In a folder with the sticky bit only an entry's owner can rename or remove it.
    if (!link && others !== 0 && (mode & 0o1000) === 0) return { path, mode };
  }
  return undefined;
}

export function isTrusted(uid: number): boolean {
  return uid === 0 || uid === process.geteuid?.();
}

function ancestors(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [...ancestors(parent), folder];
}
