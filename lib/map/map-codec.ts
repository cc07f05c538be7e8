/** Codecs of keys and values. */
import { isUint8Array } from "node:util/types";
import type { Codec } from "../codec/codec";
import type { ViewMaker } from "../codec/view";
import { little } from "../endian";
import { ArgumentError, shown } from "../errors";
import { native } from "../native";
import { custom, uint32 } from "../options";

/** A codec that may accept other values than it returns: a map of maps accepts a map's descriptor and returns a map. */
export interface ElementCodec<T, Input = T> {
  readonly size: number;
  encode(value: Input, view: DataView, offset: number, length?: number): void;
  decode(view: DataView, offset: number, length?: number): T;
  /** Decodes many values in one call, if decoding has no side effects: see {@link BulkCodec}. */
  decodeAll?(view: DataView, offset: number, stride: number, count: number): T[];
}

/** Decodes consecutive values of `stride` bytes. */
export function decodeAll<T>(
  codec: Pick<ElementCodec<T>, "decode" | "decodeAll">,
  view: DataView,
  offset: number,
  stride: number,
  count: number,
): T[] {
  if (codec.decodeAll !== undefined) return codec.decodeAll(view, offset, stride, count);
  const values: T[] = [];
  for (let i = 0; i < count; i++) values.push(codec.decode(view, offset + i * stride, stride));
  return values;
}

/** The codecs of a map's keys and values; for a per-CPU map, those of one CPU. */
export interface ElementCodecs {
  readonly key: Codec<unknown>;
  readonly value: Codec<unknown>;
  /** Codec of a ring buffer's records; bytes if absent. */
  readonly event?: Codec<unknown> | undefined;
  /** Creates views of values, if their C type is known. Throws {@link ArgumentError} for a type without views. */
  readonly view?: ViewMaker<unknown> | undefined;
}

/** A {@link Codec} that the user passes. */
export const codec = custom<never>("a codec", (value) => {
  if (typeof value !== "object" || value === null) return false;
  const { size, encode, decode } = value as Partial<Codec<unknown>>;
  return uint32.fault(size) === undefined && typeof encode === "function" && typeof decode === "function";
});

/** Codecs for keys and values as bytes. */
export function bytesOf(map: string, keySize: number, valueSize: number): ElementCodecs {
  return { key: bytes(map, "a key", keySize), value: bytes(map, "a value", valueSize) };
}

/** Codec for a fixed number of bytes; errors name the map and `what`. */
export function bytes(map: string, what: string, size: number): Codec<Uint8Array> {
  return {
    size,
    encode(value, view, offset) {
      if (!isUint8Array(value)) {
        const found = value === null ? "null" : typeof value;
        throw new ArgumentError(`map ${map}: ${what} is a Uint8Array of ${size} bytes, got ${found}`, { map });
      }
      // A detached array has length 0.
      if (value.length !== size) {
        throw new ArgumentError(`map ${map}: ${what} has ${size} bytes, got ${value.length}`, { map });
      }
      new Uint8Array(view.buffer, view.byteOffset + offset, size).set(value);
    },
    decode: (view, offset) => new Uint8Array(view.buffer, view.byteOffset + offset, size).slice(),
  };
}

/** Codec for an unsigned 32-bit integer: an index, a descriptor, an id. */
export function u32(map: string, what: string): Codec<number> {
  return {
    size: 4,
    encode(value, view, offset) {
      if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) {
        throw new ArgumentError(`map ${map}: ${what} is an integer from 0, got ${shown(value)}`, { map });
      }
      view.setUint32(offset, value, little);
    },
    decode: (view, offset) => view.getUint32(offset, little),
  };
}

/** Codec for an array's key. */
export const indexOf = (map: string) => u32(map, "an index");

/** Codec for a per-CPU value: one value per possible CPU, each padded to a multiple of 8 bytes. */
export function perCpu<V>(map: string, one: Codec<V>): Codec<V[]> {
  const cpus = native.possibleCpus;
  const stride = (one.size + 7) & ~7;
  return {
    size: stride * cpus,
    encode(values, view, offset) {
      if (!Array.isArray(values) || values.length !== cpus) {
        throw new ArgumentError(`map ${map}: a value is an array of ${cpus}, one for each possible CPU`, { map });
      }
      for (let cpu = 0; cpu < cpus; cpu++) one.encode(values[cpu] as V, view, offset + cpu * stride, one.size);
    },
    decode: (view, offset) => decodeAll(one, view, offset, stride, cpus),
  };
}
