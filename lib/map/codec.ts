/** Keys and values as the kernel has them, and as users do. */

import { isUint8Array } from "node:util/types";
import { little } from "../endian";
import { ArgumentError } from "../errors";
import { type MapDescription, native } from "../native";

/** Turns a value into the kernel's bytes and back. `into` and `from` are memory shared with native code: never kept. */
export interface Codec<T> {
  encode(value: T, into: Uint8Array): void;
  decode(from: Uint8Array): T;
}

/** Makes a codec for a map's keys or values. */
export type CodecOf<T> = (map: string, description: MapDescription) => Codec<T>;

/** A key as bytes. */
export const bytesKey: CodecOf<Uint8Array> = (map, { keySize }) => bytes(map, "key", keySize);

/** A value as bytes. */
export const bytesValue: CodecOf<Uint8Array> = (map, { valueSize }) => bytes(map, "value", valueSize);

/** An array's key: a number from 0. */
export const indexKey: CodecOf<number> = (map) => ({
  encode(index, into) {
    if (!Number.isInteger(index) || index < 0 || index > 0xffffffff) {
      throw argument(map, `an index is an integer from 0, got ${String(index)}`);
    }
    new DataView(into.buffer, into.byteOffset).setUint32(0, index, little);
  },
  decode: (from) => new DataView(from.buffer, from.byteOffset).getUint32(0, little),
});

/** A per-CPU value: bytes for each possible CPU, which the kernel keeps on 8 bytes each. */
export const perCpuValue: CodecOf<Uint8Array[]> = (map, { valueSize }) => {
  const cpus = native.possibleCpus;
  const one = bytes(map, "value", valueSize);
  const slot = (memory: Uint8Array, cpu: number) => memory.subarray((cpu * memory.length) / cpus);
  return {
    encode(values, into) {
      if (!Array.isArray(values) || values.length !== cpus) {
        throw argument(map, `a value is an array of ${cpus} Uint8Arrays, one for each possible CPU`);
      }
      for (const [cpu, value] of values.entries()) one.encode(value, slot(into, cpu));
    },
    decode: (from) => Array.from({ length: cpus }, (_, cpu) => one.decode(slot(from, cpu))),
  };
};

function bytes(map: string, what: "key" | "value", size: number): Codec<Uint8Array> {
  return {
    encode(value, into) {
      if (!isUint8Array(value)) {
        const found = value === null ? "null" : typeof value;
        throw argument(map, `a ${what} is a Uint8Array of ${size} bytes, got ${found}`);
      }
      if (value.length !== size) throw argument(map, `a ${what} has ${size} bytes, got ${value.length}`);
      into.set(value);
    },
    decode: (from) => from.slice(0, size),
  };
}

function argument(map: string, message: string): ArgumentError {
  return new ArgumentError(`map ${map}: ${message}`, { map });
}
