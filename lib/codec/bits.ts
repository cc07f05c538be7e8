/** Integers that DataView has no accessors for: bit-fields and 128-bit integers. */
import { little } from "../endian";

/** Number of bits below a field when the bytes that hold it are read as one number. */
function below(size: number, shift: number, width: number): number {
  return little ? shift : size * 8 - shift - width;
}

/** Reads up to 32 bits, unsigned, from at most 5 bytes. JavaScript numbers are exact up to that size. */
export function readBits(view: DataView, offset: number, size: number, shift: number, width: number): number {
  return Math.floor(readBytes(view, offset, size) / 2 ** below(size, shift, width)) % 2 ** width;
}

/** Writes the lowest bits of a value into a bit-field and keeps the adjacent bits. */
export function writeBits(
  view: DataView,
  offset: number,
  size: number,
  shift: number,
  width: number,
  value: number,
): void {
  const unit = 2 ** below(size, shift, width);
  const unsigned = value < 0 ? value + 2 ** width : value;
  let bytes = readBytes(view, offset, size) + (unsigned - readBits(view, offset, size, shift, width)) * unit;
  for (let i = 0; i < size; i++) {
    view.setUint8(little ? offset + i : offset + size - 1 - i, bytes % 256);
    bytes = Math.floor(bytes / 256);
  }
}

function readBytes(view: DataView, offset: number, size: number): number {
  let bytes = 0;
  for (let i = 0; i < size; i++) bytes = bytes * 256 + view.getUint8(little ? offset + size - 1 - i : offset + i);
  return bytes;
}

/** Reads more than 32 bits, unsigned. */
export function readWideBits(view: DataView, offset: number, size: number, shift: number, width: number): bigint {
  return BigInt.asUintN(width, readWideBytes(view, offset, size) >> BigInt(below(size, shift, width)));
}

export function writeWideBits(
  view: DataView,
  offset: number,
  size: number,
  shift: number,
  width: number,
  value: bigint,
): void {
  const low = BigInt(below(size, shift, width));
  const before = readWideBits(view, offset, size, shift, width);
  let bytes = readWideBytes(view, offset, size) + ((BigInt.asUintN(width, value) - before) << low);
  for (let i = 0; i < size; i++) {
    view.setUint8(little ? offset + i : offset + size - 1 - i, Number(bytes & 0xffn));
    bytes >>= 8n;
  }
}

function readWideBytes(view: DataView, offset: number, size: number): bigint {
  let bytes = 0n;
  for (let i = 0; i < size; i++) {
    bytes = (bytes << 8n) | BigInt(view.getUint8(little ? offset + size - 1 - i : offset + i));
  }
  return bytes;
}

/** Reads an unsigned 128-bit integer. */
export function read128(view: DataView, offset: number): bigint {
  const [low, high] = little ? [0, 8] : [8, 0];
  return (view.getBigUint64(offset + high, little) << 64n) | view.getBigUint64(offset + low, little);
}

export function write128(view: DataView, offset: number, value: bigint): void {
  const [low, high] = little ? [0, 8] : [8, 0];
  view.setBigUint64(offset + low, BigInt.asUintN(64, value), little);
  view.setBigUint64(offset + high, BigInt.asUintN(64, value >> 64n), little);
}
