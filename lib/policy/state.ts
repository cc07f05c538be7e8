/** What becomes of the state in maps when a policy is replaced. */
import { ElementMap } from "../map/element-map";
import type { BpfMap } from "../map/map";
import type { MapSpec } from "../map/map-spec";
import { openMap } from "../map/open";
import { mapTypeRow } from "../map-types";
import type { MapDigests } from "../object/map-digests";
import { type PolicyFolder, policyError, type Version } from "./folder";
import type { Manifest } from "./manifest";

/**
 * Moves the state of a map whose type changed. It is called before the new programs are attached, and again when the
 * old ones are detached, with `last`; after a crash perhaps once more. Both maps are open until it returns, and have the
 * types that they were loaded with.
 */
export type Migrate = (from: BpfMap, to: BpfMap, step: { readonly last: boolean }) => void | Promise<void>;

/** What became of a map. */
export type MapOutcome =
  /** The version in force and this one share it. */
  | "adopted"
  /** There was none of this name. */
  | "created"
  /** It is a new one, into which the state was moved. */
  | "migrated"
  /** It is a new one with its initial values. */
  | "reset"
  /** This version has none of this name. */
  | "removed";

/** Maps that hold programs, or belong to one: another version can't share them. */
function isBound({ type, exclusiveProgram }: MapSpec): boolean {
  const { values } = mapTypeRow(type)?.elements ?? {};
  return values === "program" || exclusiveProgram !== undefined;
}

/** Whether all of its elements can be read and written. */
function isCopied(type: string): boolean {
  const row = mapTypeRow(type);
  return row?.elements.values === "data" && row.calls.iterate;
}

/**
 * What is to become of a map.
 *
 * @param was of the map of this name that is pinned; undefined if there is none
 * @throws {@link BpfError} ERR_BPF_MAP if its state would be lost, and the caller has not said what is to become of it
 */
export function fateOf(
  folder: string,
  map: MapSpec,
  was: MapDigests | undefined,
  now: MapDigests,
  migrate: Migrate | "reset" | undefined,
): MapOutcome {
  if (map.type === "struct_ops") {
    const hint = "Attach it with map.attach(), pin its link, and replace it with link.update()";
    throw policyError(folder, `${map.name} is a struct_ops map`, { map: map.name, hint }, "ERR_BPF_NOT_SUPPORTED");
  }
  if (was === undefined) return "created";
  if (migrate === "reset" && was.whole !== now.whole) return "reset";
  if (was.whole === now.whole && !isBound(map)) return "adopted";
  if (typeof migrate === "function") return "migrated";
  if (map.described.internal || isBound(map)) return "reset";
  if (was.layout === now.layout && isCopied(map.type)) return "migrated";
  const what = was.layout === now.layout ? "type or size" : "layout";
  const hint = `Pass a function that moves it: migrate: { ${JSON.stringify(map.name)}: (from, to) => … }, or "reset"`;
  const why = `the ${what} of map ${map.name} changed, and its state would be lost`;
  throw policyError(folder, why, { map: map.name, hint }, "ERR_BPF_MAP");
}

/**
 * Moves the state of a version's maps from the version before.
 *
 * @param migrate the caller's functions, by map; without one, keys and values are copied as they are
 */
export async function moveState(
  folder: PolicyFolder,
  [older, newer]: readonly [Version, Version],
  [was, now]: readonly [Manifest, Pick<Manifest, "maps" | "migrated">],
  migrate: Readonly<Record<string, Migrate | "reset">>,
): Promise<void> {
  for (const name of now.migrated) {
    const own = migrate[name];
    const move = typeof own === "function" ? own : was.maps[name]?.layout === now.maps[name]?.layout ? copy : undefined;
    // A pin of the old version that is gone was moved before the crash: see PolicyFolder.remove().
    if (move === undefined || !folder.hasPin(older, "maps", name)) continue;
    using from = openMap(folder.in(older, "maps", name));
    using to = openMap(folder.in(newer, "maps", name));
    await move(from, to, { last: older === "old" });
  }
}

/** The last step adds only what is missing: what is there, the new programs may have changed. */
function copy(from: BpfMap, to: BpfMap, { last }: { readonly last: boolean }): void {
  if (!(from instanceof ElementMap) || !(to instanceof ElementMap)) return;
  const target = to.raw;
  for (const [key, value] of from.raw.entries()) if (!last || !target.has(key)) target.set(key, value);
}
