/** What turns a BTF type's bytes into JavaScript values and back. */
import { ArgumentError } from "../errors";
import { type Generated, generate } from "./generate";
import { type Reader, readerOf, type Writer, writerOf } from "./interpret";
import { Misfit } from "./misfit";
import { type CodecOptions, type Plan, planOf } from "./plan";
import type { BtfType } from "./types";

export type { CodecOptions } from "./plan";

/** What a value of any C type can look like. */
export type BtfValue = number | bigint | boolean | string | Uint8Array | BtfValue[] | { [field: string]: BtfValue };

/**
 * Bytes ⇄ values of one type, which starts at `offset` of a DataView. Built once per type: nothing is looked up by name when
 * it runs, and what it decodes is the caller's own, never a window on the memory.
 */
export interface Codec<T> {
  /** Bytes of a value; the least number for a type that ends in a flexible array. */
  readonly size: number;
  /**
   * Writes a value over the `length` bytes at `offset`; padding becomes zero. Where it throws, these bytes are neither the old
   * value nor the new: encode to memory that nobody reads yet. A value's getters run meanwhile.
   *
   * @param length bytes that there are; `size` by default
   * @throws {@link ArgumentError} for a value that does not fit, with its path: "denied.key.uid: expected u32, got -1"
   */
  encode(value: T, view: DataView, offset: number, length?: number): void;
  /**
   * @param length bytes that there are, for a flexible array; `size` by default
   * @throws {@link ArgumentError} for fewer bytes than `size`
   */
  decode(view: DataView, offset: number, length?: number): T;
}

/**
 * The codec of a type.
 *
 * @throws {@link ArgumentError} with the type's path for a type that has no values: void, a function, a struct that is only
 * declared
 */
export function codecOf(type: BtfType, options: CodecOptions): Codec<unknown> {
  return codecFrom(planOf(type, options), options.path);
}

/** @internal The codec of a plan. */
export function codecFrom(plan: Plan, path: string, generated = generate): Codec<unknown> {
  const { size } = plan;
  let made: Machine | undefined;
  // Made at first use: of the many types of an object most are never used.
  const machine = (): Machine => {
    made ??= machineOf(plan, generated(plan));
    return made;
  };
  const check = (length: number) => {
    if (length < size) throw new ArgumentError(`${path}: it has ${size} bytes, got ${length}`, { operation: "codec" });
  };
  const codec: Codec<unknown> = {
    size,
    encode(value, view, offset, length = size) {
      check(length);
      const { write, slow } = made ?? machine();
      const end = offset + length;
      zero(view, offset, end);
      if (write?.(view, offset, end, value)) return;
      try {
        zero(view, offset, end);
        slow(view, offset, end, value);
      } catch (error) {
        if (error instanceof Misfit) throw refusal(path, error);
        throw error;
      }
    },
    decode(view, offset, length = size) {
      check(length);
      return (made ?? machine()).read(view, offset, offset + length);
    },
  };
  plans.set(codec, plan);
  return codec;
}

const plans = new WeakMap<object, Plan>();

/** @internal What a codec was made of, for whoever reads many values at once; undefined for one that is not of BTF. */
export function planOfCodec(codec: object): Plan | undefined {
  return plans.get(codec);
}

interface Machine extends Partial<Generated> {
  readonly read: Reader;
  readonly slow: Writer;
}

function machineOf(plan: Plan, generated: Generated | undefined): Machine {
  return { slow: writerOf(plan), ...(generated ?? { read: readerOf(plan) }) };
}

/** @internal */
export function refusal(path: string, { path: within, problem }: Misfit): ArgumentError {
  return new ArgumentError(`${path}${within}: ${problem}`, { operation: "encode" });
}

function zero(view: DataView, offset: number, end: number): void {
  let at = offset;
  for (; at + 4 <= end; at += 4) view.setUint32(at, 0);
  for (; at < end; at++) view.setUint8(at, 0);
}
