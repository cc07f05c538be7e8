/**
 * The record types of ring buffers, perf buffers and iterators. BTF does not have them, so they come from a declaration
 * tag on the map or the program, `__attribute__((btf_decl_tag("event:struct exec_event")))`, or from an option of open().
 */
import type { Btf } from "../btf/btf";
import { BtfKind } from "../btf/btf-kinds";
import type { BtfType } from "../btf/types";
import { type Codec, codecOf } from "../codec/codec";
import type { U64 } from "../codec/plan";
import { ArgumentError, ObjectError } from "../errors";
import { hasRecords } from "../map-types";

const TAG = "event:";

/** clang leaves out of BTF what no global, function or map has. */
function toRecord(text: string): string {
  const name = text.replace(/^\w+\s+/, "");
  const declared = name === text ? `struct ${name}` : text;
  return (
    "clang records only the types of globals, functions and maps; " +
    `add a global: const ${declared} *unused_${name} __attribute__((unused));`
  );
}

/** A codec for each of {@link eventTypes}. */
export function eventCodecs(types: ReadonlyMap<string, BtfType>, u64: U64): Map<string, Codec<unknown>> {
  return new Map(Array.from(types, ([map, type]) => [map, codecOf(type, { path: `map ${map}: a record`, u64 })]));
}

interface NamedMap {
  readonly name: string;
  readonly type: string;
}

/**
 * The record types of all maps that have one. The option overrides the tag.
 *
 * @param named open()'s option: types by map name
 * @throws {@link ArgumentError} for an option, {@link ObjectError} for a tag, that names an unknown map or type
 */
export function eventTypes(
  btf: Btf,
  maps: readonly NamedMap[],
  named: Readonly<Record<string, string>>,
  label: string,
): Map<string, BtfType> {
  const found = new Map<string, BtfType>();
  const channels = maps.filter(({ type }) => hasRecords(type)).map(({ name }) => name);
  const wanted = new Map([...tagsOf(btf, "var"), ...Object.entries(named)]);
  for (const [map, text] of wanted) {
    const isOption = Object.hasOwn(named, map);
    const fail = (message: string, hint: string) => {
      const about = { operation: "open", map, hint } as const;
      const what = `${label}: ${isOption ? `event type "${text}"` : `the tag "${TAG}${text}"`} of map ${map} ${message}`;
      return isOption ? new ArgumentError(what, about) : new ObjectError("ERR_BPF_OBJECT_INVALID", what, about);
    };
    if (!channels.includes(map))
      throw fail("does not apply to a ring or perf buffer", `Ring and perf buffers: ${channels.join(", ") || "none"}`);
    const type = typeNamed(btf, text);
    if (type === undefined) {
      throw fail("names a type that is not in the object's BTF", toRecord(text));
    }
    found.set(map, type);
  }
  return found;
}

function typeNamed(btf: Btf, name: string): BtfType | undefined {
  try {
    return btf.typeNamed(name);
  } catch {
    return undefined;
  }
}

/** A codec for each of {@link recordTypes}. */
export function recordCodecs(types: ReadonlyMap<string, BtfType>, u64: U64): Map<string, Codec<unknown>> {
  return new Map(
    Array.from(types, ([name, type]) => [name, codecOf(type, { path: `program ${name}: a record`, u64 })]),
  );
}

/**
 * The record types of the programs that have a tag: iterators.
 *
 * @throws {@link ObjectError} for a tag that names an unknown type
 */
export function recordTypes(btf: Btf, label: string): Map<string, BtfType> {
  const types = tagsOf(btf, "func").map(([program, text]) => {
    const type = typeNamed(btf, text);
    if (type !== undefined) return [program, type] as const;
    const what = `${label}: the tag "${TAG}${text}" of program ${program} names a type that is not in the object's BTF`;
    throw new ObjectError("ERR_BPF_OBJECT_INVALID", what, { operation: "open", program, hint: toRecord(text) });
  });
  return new Map(types);
}

/** The tags on variables or functions, by name. */
function tagsOf(btf: Btf, kind: "var" | "func"): [string, string][] {
  const tags: [string, string][] = [];
  btf.scan({ [BtfKind.DECL_TAG]: TAG }, (_, tag, id) => {
    const node = btf.type(id);
    if (node.kind === "decl_tag" && node.component < 0 && node.target.kind === kind) {
      tags.push([node.target.name, tag.slice(TAG.length).trim()]);
    }
  });
  return tags;
}
