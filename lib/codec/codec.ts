/** Codecs: convert the bytes of a BTF type to JavaScript values and back. */

import { type BtfType, resolved } from "../btf/types";
import { ArgumentError, shown } from "../errors";
import { anyString, checkOptions, oneOf, type Schema } from "../options";
import { type Coding, generate, zero } from "./generate";
import { readerOf, writerOf } from "./interpret";
import { ValueMismatch } from "./mismatch";
import { type CodecOptions, labelOf, type Plan, planOf } from "./plan";
import { memoryFault } from "./text";

export type { CodecOptions, U64 } from "./plan";

/** A decoded value of any C type. */
export type BtfValue =
  | number
  | bigint
  | boolean
  | string
  | Uint8Array
  | BtfValue[]
  | {
      /** A struct or union: the value of each field by its name. */
      [field: string]: BtfValue;
    };

/**
 * Converts between bytes and values of one type. A codec is built once per type and looks up nothing by name when it
 * runs. Decoded values are copies: they do not share memory with the DataView.
 */
export interface Codec<T> {
  /** Size of a value in bytes. For a type that ends in a flexible array, the minimum size. */
  readonly size: number;
  /**
   * Encodes a value into the `length` bytes at `offset`; padding becomes zero. If it throws, these bytes are undefined,
   * so encode into memory that nobody else reads yet. The value's getters run during the call.
   *
   * @param offset in bytes from the start of `view`
   * @param length available bytes; `size` by default
   * @throws {@link ArgumentError} if the value does not fit the type. The message has its path: "denied.key.uid:
   *   expected u32, got -1"
   */
  encode(value: T, view: DataView, offset: number, length?: number): void;
  /**
   * Decodes the value at `offset`.
   *
   * @param offset in bytes from the start of `view`
   * @param length available bytes, which determine the length of a flexible array; `size` by default
   * @throws {@link ArgumentError} if `length` is less than `size`, or the view ends before the value
   */
  decode(view: DataView, offset: number, length?: number): T;
}

/**
 * Creates the codec of a type, such as `codecOf<event>(spec.btf.typeNamed("struct event"))`. `T` is the type of the
 * values, usually an interface written by `node-libbpf gen`; it is not checked.
 *
 * @throws {@link ArgumentError} for a type without values: void, a function, a struct that is declared but not defined
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
  /** Decodes `count` values, each `stride` bytes after the previous one. Each has `stride` bytes available. */
  decodeAll(view: DataView, offset: number, stride: number, count: number): T[];
}

/** @internal The codec of a plan. */
export function codecFrom(plan: Plan, path: string, generated?: typeof generate): BulkCodec<unknown> {
  const codec = {
    size: plan.size,
    encode: (value: unknown, view: DataView, offset: number, length?: number) =>
      made().encode(value, view, offset, length),
    decode: (view: DataView, offset: number, length?: number) => made().decode(view, offset, length),
  } as BulkCodec<unknown>;
  // Not enumerable: a copy of the codec that overrides decode() must not inherit this decodeAll().
  Object.defineProperty(codec, "decodeAll", {
    writable: true,
    value: (view: DataView, offset: number, stride: number, count: number) =>
      made().decodeAll(view, offset, stride, count),
  });
  let coding: Coding | undefined;
  // Code is generated at first use and replaces these methods: most types of an object are never used.
  const made = (): Coding => {
    if (coding === undefined) {
      const slow = interpreted(plan, path);
      coding = (generated ?? generate)(plan, slow) ?? slow;
      Object.assign(codec, coding);
    }
    return coding;
  };
  plans.set(codec, plan);
  return codec;
}

const plans = new WeakMap<object, Plan>();

/** @internal The plan of a codec, for bulk readers; undefined for a codec that was not created from a plan. */
export function planOfCodec(codec: object): Plan | undefined {
  return plans.get(codec);
}

function interpreted(plan: Plan, path: string): Coding {
  const { size } = plan;
  const read = readerOf(plan);
  const write = writerOf(plan);
  const check = (length: number) => {
    if (!(length >= size))
      throw new ArgumentError(`${path}: expected at least ${size} bytes, got ${shown(length)}`, { operation: "codec" });
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

/** @internal The error for a value that does not fit. */
export function refusal(path: string, { path: within, problem }: ValueMismatch): ArgumentError {
  return new ArgumentError(`${path}${within}: ${problem}`, { operation: "codec.encode" });
}
