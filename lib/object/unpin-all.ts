/** Removes what BpfObject.pin() pinned below a folder. */
import { existsSync, readdirSync, rmdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { BpfError } from "../errors";
import type { PinKind } from "../native";
import { idOfPin, whyNotOpened } from "../native/pins";

/** In the order of removal: without its link a program no longer runs. */
const FOLDERS: readonly (readonly [name: string, kind: PinKind])[] = [
  ["links", "link"],
  ["programs", "program"],
  ["maps", "map"],
];

/**
 * Removes the pins of an object below a folder, links first, and the folders that are then empty. Nothing is removed if
 * one of them is no such pin.
 *
 * @returns the paths of the removed pins
 * @throws {@link BpfError} ERR_BPF_PIN if nothing is pinned there, or something else
 */
export function unpinAll(folder: string): string[] {
  const found = FOLDERS.flatMap(([name, kind]) => {
    const path = join(folder, name);
    return existsSync(path)
      ? attempt(folder, () => readdirSync(path)).map((file) => [join(path, file), kind] as const)
      : [];
  });
  if (found.length === 0)
    throw notUnpinned(folder, `nothing is pinned in its ${FOLDERS.map(([name]) => name).join(", ")}`);
  for (const [path, kind] of found) {
    const id = idOfPin(path, kind);
    if (id < 0) throw notUnpinned(folder, `${path}: ${whyNotOpened(id, path, kind) ?? "the kernel refuses"}`);
  }
  for (const [path] of found) attempt(folder, () => unlinkSync(path));
  for (const name of [...FOLDERS.map(([name]) => join(folder, name)), folder]) {
    if (existsSync(name) && attempt(folder, () => readdirSync(name)).length === 0)
      attempt(folder, () => rmdirSync(name));
  }
  return found.map(([path]) => path);
}

function attempt<T>(folder: string, call: () => T): T {
  try {
    return call();
  } catch (cause) {
    throw notUnpinned(folder, (cause as Error).message, cause);
  }
}

function notUnpinned(folder: string, why: string, cause?: unknown): BpfError {
  return new BpfError("ERR_BPF_PIN", `${folder} can't be unpinned: ${why}`, { operation: "object.unpin", cause });
}
