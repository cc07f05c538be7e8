/** What turns a BTF type's bytes into JavaScript values and back. */

import { type BtfType, resolved } from "../btf/types";
import { ArgumentError, shown } from "../errors";
import { anyString, checkOptions, oneOf, type Schema } from "../options";
import { type Coding, generate, zero } from "./generate";
import { readerOf, writerOf } from "./interpret";
import { ValueMismatch } from "./mismatch";
import { type CodecOptions, labelOf, type Plan, planOf } from "./plan";
import { memoryFault } from "./text";

export type { CodecOptions, U64 } from "./plan";

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
 * The codec of a type, such as `codecOf<event>(spec.btf.typeNamed("struct event"))`. `T` is the type of its values as the caller
 * knows it, unchecked: an interface that `node-libbpf gen` wrote.
 *
 * @throws {@link ArgumentError} for a type without values: void, a function, a struct that is only declared
 */
export function codecOf<T = unknown>(type: BtfType, options?: Partial<CodecOptions>): Codec<T> {
  const given = checkOptions(CALLEE, options, OPTIONS);
  const { path = labelOf(resolved(type).kind, type) } = given;
  return codecFrom(planOf(type, { ...given, path }), path) as Codec<T>;
}

const CALLEE = { name: "codecOf", details: { operation: "codec" } } as const;

const OPTIONS: Schema<Partial<CodecOptions>> = {
  path: anyString,
  u64: oneOf("bigint", "number"),
  chars: oneOf("string", "bytes"),
  managed: oneOf("skip"),
};

/** @internal A codec that decodes many values in one call. */
export interface BulkCodec<T> extends Codec<T> {
  /** `count` values, from one to the next `stride` bytes, which each of them has. */
  decodeAll(view: DataView, offset: number, stride: number, count: number): T[];
}

/** @internal The codec of a plan. */
export function codecFrom(plan: Plan, path: string, generated = generate): BulkCodec<unknown> {
  const codec = {
    size: plan.size,
    encode: (value: unknown, view: DataView, offset: number, length?: number) =>
      made().encode(value, view, offset, length),
    decode: (view: DataView, offset: number, length?: number) => made().decode(view, offset, length),
  } as BulkCodec<unknown>;
  // Not enumerable: a copy of the codec that decodes in a way of its own has not this one's loop.
  Object.defineProperty(codec, "decodeAll", {
    writable: true,
    value: (view: DataView, offset: number, stride: number, count: number) =>
      made().decodeAll(view, offset, stride, count),
  });
  let coding: Coding | undefined;
  // Made at first use, in place of these: of the many types of an object most are never used.
  const made = (): Coding => {
    if (coding === undefined) {
      const slow = interpreted(plan, path);
      coding = generated(plan, slow) ?? slow;
      Object.assign(codec, coding);
    }
    return coding;
  };
  plans.set(codec, plan);
  return codec;
}

const plans = new WeakMap<object, Plan>();

/** @internal What a codec was made of, for whoever reads many values at once; undefined for one that is not of BTF. */
export function planOfCodec(codec: object): Plan | undefined {
  return plans.get(codec);
}

function interpreted(plan: Plan, path: string): Coding {
  const { size } = plan;
  const read = readerOf(plan);
  const write = writerOf(plan);
  const check = (length: number) => {
    if (!(length >= size))
      throw new ArgumentError(`${path}: it has ${size} bytes, got ${shown(length)}`, { operation: "codec" });
  };
  return {
    encode(value, view, offset, length = size) {
      check(length);
      try {
        zero(view, offset, offset + length);
        write(view, offset, offset + length, value);
      } catch (error) {
        if (error instanceof ValueMismatch) throw refusal(path, error);
        throw memoryFault(view, offset, length) ?? error;
      }
    },
    decode(view, offset, length = size) {
      check(length);
      try {
        return read(view, offset, offset + length);
      } catch (error) {
        throw memoryFault(view, offset, length) ?? error;
      }
    },
    decodeAll: (view, offset, stride, count) =>
      Array.from({ length: count }, (_, index) => {
        const at = offset + index * stride;
        return read(view, at, at + stride);
      }),
  };
}

/** @internal */
export function refusal(path: string, { path: within, problem }: ValueMismatch): ArgumentError {
  return new ArgumentError(`${path}${within}: ${problem}`, { operation: "codec.encode" });
}
