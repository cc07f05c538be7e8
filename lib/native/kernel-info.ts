/** Reads the structs in which the kernel tells of programs, links and BTF: struct bpf_*_info. */
import { little } from "../endian";
import type { InfoBuffer } from ".";

/** Larger than these structs of any kernel so far: a kernel refuses no zeros behind what it knows. */
const SIZE = 512;

/** A call that fills a struct: it returns how many bytes this kernel knows, or -errno. */
export type InfoCall = (info: Uint8Array, buffers: readonly InfoBuffer[]) => number;

/** A struct that the kernel has filled. */
export class KernelInfo {
  readonly #view: DataView;

  /** @param bytes as many as this kernel knows */
  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Whether this kernel has the fields before an offset. */
  has(end: number): boolean {
    return end <= this.#view.byteLength;
  }

  /** 0 for a field that this kernel does not have. */
  u32(offset: number): number {
    return this.has(offset + 4) ? this.#view.getUint32(offset, little) : 0;
  }

  i32(offset: number): number {
    return this.u32(offset) | 0;
  }

  u64(offset: number): bigint {
    return this.has(offset + 8) ? this.#view.getBigUint64(offset, little) : 0n;
  }

  /** A counter: exact up to 2^53. */
  count(offset: number): number {
    return Number(this.u64(offset));
  }

  bytes(offset: number, length: number): Uint8Array {
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + offset, length);
  }
}

/**
 * Asks the kernel for a struct.
 *
 * @param buffers memory for what does not fit into it
 * @param set fields that the kernel reads: pairs of offset and 32-bit value
 * @returns the struct, or -errno
 */
export function readKernelInfo(
  call: InfoCall,
  buffers: readonly InfoBuffer[] = [],
  set: readonly (readonly [offset: number, value: number])[] = [],
): KernelInfo | number {
  const bytes = new Uint8Array(SIZE);
  const view = new DataView(bytes.buffer);
  for (const [offset, value] of set) view.setUint32(offset, value, little);
  const size = call(bytes, buffers);
  return size < 0 ? size : new KernelInfo(bytes.subarray(0, size));
}

/** The text before the first NUL. */
export function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString("utf8");
}

/** The elements of an array that the kernel has filled. */
export function u64sOf(bytes: Uint8Array): bigint[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / 8 }, (_, index) => view.getBigUint64(index * 8, little));
}

/** The elements of an array that the kernel has filled. */
export function u32sOf(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / 4 }, (_, index) => view.getUint32(index * 4, little));
}
