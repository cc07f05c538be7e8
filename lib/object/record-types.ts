/**
 * The record types of ring buffers and perf buffers. BTF does not have them, so they come from a declaration tag on the
 * map, `__attribute__((btf_decl_tag("event:struct exec_event")))`, or from an option of open().
 */
import type { Btf } from "../btf/btf";
import { BtfKind } from "../btf/btf-kinds";
import type { BtfType } from "../btf/types";
import { type Codec, codecOf } from "../codec/codec";
import type { U64 } from "../codec/plan";
import { ArgumentError, ObjectError } from "../errors";
import { hasRecords } from "../map-types";

const TAG = "event:";

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
  const wanted = new Map([...tagsOf(btf), ...Object.entries(named)]);
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
      const name = text.replace(/^\w+\s+/, "");
      const declared = name === text ? `struct ${name}` : text;
      const hint =
        "clang records only the types of globals, functions and maps; " +
        `add a global: const ${declared} *unused_${name} __attribute__((unused));`;
      throw fail("names a type that is not in the object's BTF", hint);
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

/** The tags on variables, by variable. */
function tagsOf(btf: Btf): [string, string][] {
  const tags: [string, string][] = [];
  btf.scan({ [BtfKind.DECL_TAG]: TAG }, (_, tag, id) => {
    const node = btf.type(id);
    if (node.kind === "decl_tag" && node.component < 0 && node.target.kind === "var") {
      tags.push([node.target.name, tag.slice(TAG.length).trim()]);
    }
  });
  return tags;
}
