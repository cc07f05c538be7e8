/** Keys of arrays: numbers from 0. */
import { endianness } from "node:os";
import { ArgumentError } from "../errors";

const little = endianness() === "LE";

export function writeIndex(map: { readonly name: string }, target: Uint8Array, index: number): void {
  if (!Number.isInteger(index) || index < 0 || index > 0xffffffff) {
    throw new ArgumentError(`map ${map.name}: an index is an integer from 0, got ${String(index)}`, { map: map.name });
  }
  new DataView(target.buffer, target.byteOffset).setUint32(0, index, little);
}

export function readIndex(source: Uint8Array): number {
  return new DataView(source.buffer, source.byteOffset).getUint32(0, little);
}
