/** How the keys and values of an object's maps are read: as their types say, or as bytes where it only says sizes. */
import { type Codec, codecOf } from "../btf/codec";
import type { BtfType } from "../btf/types";
import { MapType } from "../constants";
import type { MapDescription } from "../native";
import { bytes, type ElementCodecs } from "./codec";
import { mapName } from "./type-names";

/** What {@link mapOfObject} needs to know of a map. */
export interface ObjectCodecs extends ElementCodecs {
  /** Of a map of maps: those of the maps in it. */
  readonly inner?: ObjectCodecs;
}

/**
 * @param typeOf the type of a BTF id; undefined where the object's BTF can't be read
 * @throws {@link ArgumentError} with the path of a type that has no values
 */
export function codecsOf(description: MapDescription, typeOf: ((id: number) => BtfType) | undefined): ObjectCodecs {
  const { type, internal, keySize, valueSize, keyTypeId, valueTypeId, inner } = description;
  const name = mapName(description);
  const of = (what: "key" | "value", id: number, size: number): Codec<unknown> => {
    const codec =
      typeOf === undefined || id === 0 ? undefined : codecOf(typeOf(id), { path: `${name}.${what}`, managed: "skip" });
    // The size may be set after the type was; a type with a flexible array is longer than it says.
    return codec === undefined || codec.size > size ? (bytes(name, `a ${what}`, size) as Codec<unknown>) : codec;
  };
  // A section is no value but variables; the kernel keeps more of a struct_ops map than the object says.
  const isOther = internal || type === MapType.STRUCT_OPS;
  return {
    key: of("key", keyTypeId, keySize),
    value: of("value", isOther ? 0 : valueTypeId, valueSize),
    valueType: isOther || valueTypeId === 0 ? undefined : typeOf?.(valueTypeId),
    ...(inner !== undefined && { inner: codecsOf(inner, typeOf) }),
  };
}
