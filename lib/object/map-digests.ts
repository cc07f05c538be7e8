/** What a map is, as digests by which two versions of an object are compared. */
import { createHash } from "node:crypto";
import { digest, type Layouts } from "../btf/layouts";
import type { BtfType } from "../btf/types";
import type { MapSpec } from "../map/map-spec";
import { asMade } from "../map/reuse";
import type { MapDescription, VariableDescription } from "../native";

export interface MapDigests {
  /** The same for maps whose keys, values and records mean the same. */
  readonly layout: string;
  /** The same for maps that can stand for each other: type, sizes and flags too, and the initial values of variables. */
  readonly whole: string;
}

export interface MapContents {
  /** The type of a ring's records. */
  readonly record: BtfType | undefined;
  readonly variables: readonly VariableDescription[];
  /** Initial values of variables; undefined for zeroes. */
  readonly contents: Uint8Array | undefined;
  /** Lines that take precedence over the kernel's configuration. */
  readonly kconfig: string | undefined;
}

export function mapDigests(map: MapSpec, of: MapContents, layouts: Layouts): MapDigests {
  const { described, name, type, keySize, valueSize, maxEntries, flags, mapExtra } = map;
  const { internal, keyTypeId, valueTypeId } = described;
  const layout = digest([
    ...[keySize, valueSize, layouts.ofId(keyTypeId)],
    // Before it is linked, an object's BTF has no offsets of variables.
    internal ? variablesOf(of.variables, layouts) : layouts.ofId(valueTypeId),
    of.record && layouts.of(of.record),
  ]);
  const made = asMade(type, { maxEntries, flags });
  const whole = digest([
    ...[layout, type, made.maxEntries, made.flags, mapExtra, innerOf(described.inner, layouts)],
    of.contents && createHash("sha256").update(of.contents).digest("hex"),
    name === ".kconfig" ? of.kconfig : undefined,
  ]);
  return { layout, whole };
}

function variablesOf(variables: readonly VariableDescription[], layouts: Layouts): unknown[] {
  return variables.map(({ name, offset, size, typeId }) => [name, offset, size, layouts.ofId(typeId)]);
}

function innerOf(inner: MapDescription | undefined, layouts: Layouts): unknown[] | undefined {
  if (inner === undefined) return undefined;
  const { type, keySize, valueSize, maxEntries, flags, mapExtra, keyTypeId, valueTypeId } = inner;
  const types = [layouts.ofId(keyTypeId), layouts.ofId(valueTypeId)];
  return [type, keySize, valueSize, maxEntries, flags, mapExtra, ...types];
}
