/** The codecs of a map's keys and values: from their BTF types, or bytes if only their sizes are known. */
import { Btf } from "../btf/btf";
import { BtfError } from "../btf/search";
import { type BtfSection, type BtfType, sizeOf } from "../btf/types";
import { type Codec, type CodecOptions, codecOf } from "../codec/codec";
import type { U64 } from "../codec/plan";
import { type ViewMaker, viewMaker } from "../codec/view";
import { mapTypeNumber, mapTypeRowOf } from "../map-types";
import { type MapDescription, native } from "../native";
import { bytes, type ElementCodecs } from "./map-codec";
import { mapName } from "./map-identity";
import type { MapInfo } from "./map-info";

/** Codecs of a map and of its inner maps. */
export interface ObjectCodecs extends ElementCodecs {
  readonly inner?: ObjectCodecs;
}

type TypeOf = (id: number) => BtfType;

type Typed = Pick<
  MapDescription,
  "name" | "type" | "internal" | "keySize" | "valueSize" | "keyTypeId" | "valueTypeId" | "inner"
>;

/**
 * The codecs of a map of an object.
 *
 * @param typeOf the type with a BTF id; undefined if the BTF can't be read
 * @throws {@link ArgumentError} with the path of a type that has no values
 */
export function codecsOf(description: Typed, typeOf: TypeOf | undefined, u64: U64): ObjectCodecs {
  const { keySize, valueSize, inner } = description;
  const name = mapName(description);
  const keyType = typed(description.keyTypeId, typeOf);
  // The kernel's value of a struct_ops map is larger than its type.
  const isStructOps = mapTypeRowOf(description.type)?.elements.values === "struct_ops";
  const valueType = isStructOps ? undefined : typed(description.valueTypeId, typeOf);
  return {
    key: codecFor(keyType, keySize, name, "key", u64),
    value: codecFor(valueType, valueSize, name, "value", u64),
    view: valueType && madeOnce(() => viewMaker(valueType, optionsOf(name, "value", u64))),
    ...(inner !== undefined && { inner: codecsOf(inner, typeOf, u64) }),
  };
}

/** Created at the first view: few maps of an object are read by views. */
function madeOnce(make: () => ViewMaker<unknown>): ViewMaker<unknown> {
  let made: ViewMaker<unknown> | undefined;
  return (memory, offset) => {
    made ??= make();
    return made(memory, offset);
  };
}

function optionsOf(map: string, what: "key" | "value", u64: U64): CodecOptions {
  return { path: `${map}.${what}`, u64, managed: "skip" };
}

/** A section's value is accessed only through variables. */
function typed(id: number, typeOf: TypeOf | undefined): BtfType | undefined {
  const type = id === 0 ? undefined : typeOf?.(id);
  return type?.kind === "datasec" ? undefined : type;
}

function codecFor(
  type: BtfType | undefined,
  size: number,
  map: string,
  what: "key" | "value",
  u64: U64,
): Codec<unknown> {
  const codec = type === undefined ? undefined : codecOfType(type, optionsOf(map, what, u64));
  // The size may have been set after the type; a type with a flexible array is longer than its size.
  return codec === undefined || codec.size > size ? (bytes(map, `a ${what}`, size) as Codec<unknown>) : codec;
}

/** Codecs by type and options: a file that is opened again has the same types, and the code of its codecs is made. */
const made = new WeakMap<BtfType, Map<string, Codec<unknown>>>();

function codecOfType(type: BtfType, options: CodecOptions): Codec<unknown> {
  const known = made.get(type) ?? new Map<string, Codec<unknown>>();
  made.set(type, known);
  const key = `${options.u64} ${options.path}`;
  const codec = known.get(key) ?? codecOf(type, options);
  known.set(key, codec);
  return codec;
}

/** The codecs of a map that was opened. The kernel returns the BTF that the map was created with to CAP_SYS_ADMIN. */
export function codecsOfOpened(info: MapInfo, name: string): ObjectCodecs {
  const btf = info.btfId === 0 ? undefined : btfOf(info.btfId);
  const description = {
    name,
    type: mapTypeNumber(info.type),
    internal: false,
    keySize: info.keySize,
    valueSize: info.valueSize,
    keyTypeId: info.btfKeyTypeId,
    valueTypeId: info.btfValueTypeId,
  };
  return codecsOf(description, btf && ((id) => withVariables(btf.type(id))), "bigint");
}

/** An opened map has no object whose variables could be accessed: the value of a section is a struct of them. */
function withVariables(type: BtfType): BtfType {
  if (type.kind !== "datasec") return type;
  const { id, name, size } = type;
  const members = membersOf(type);
  // Static variables of linked files may share a name.
  const isPlain = new Set(members.map((member) => member.name)).size === members.length;
  return isPlain ? { kind: "struct", id, name, size, members } : type;
}

function membersOf({ variables }: BtfSection) {
  return variables.flatMap(({ variable, offset }) => {
    if (variable.kind !== "var" || sizeOf(variable.type) === undefined) return [];
    return [{ name: variable.name, type: variable.type, bitOffset: offset * 8, bitSize: 0 }];
  });
}

function btfOf(id: number): Btf | undefined {
  const found = native.btfById(id);
  if (typeof found === "number" || found.kernel) return undefined;
  try {
    return new Btf(found.bytes, undefined, `BTF ${id}`);
  } catch (error) {
    if (error instanceof BtfError) return undefined; // The BTF is newer than this library supports.
    throw error;
  }
}
