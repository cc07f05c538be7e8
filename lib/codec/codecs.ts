/** Codecs without BTF, for maps that are created without an object file. */
import { checkArgument, integer } from "../options";
import { type Codec, codecFrom } from "./codec";
import type { IntPlan, Plan } from "./plan";

const built = <T>(path: string, plan: Plan) => codecFrom(plan, path) as Codec<T>;

function int<T>(size: number, signed: boolean, as: "number" | "bigint" = "number"): Codec<T> {
  const name = `${signed ? "s" : "u"}${size * 8}`;
  const plan: IntPlan = { op: "int", size, width: size * 8, shift: undefined, signed, as, expected: name };
  return built(name, plan);
}

function sized<T>(op: "bytes" | "chars", size: number): Codec<T> {
  const name = op === "chars" ? "text" : "bytes";
  checkArgument({ name: `codecs.${name}`, details: { operation: "codec" } }, "size", size, integer(1, 0xffffffff));
  return built(`${name}(${size})`, { op, size, flexible: false });
}

/** Codecs of C's basic types, for keys and values without BTF. */
export const codecs = {
  /** Unsigned 8-bit integer. */
  u8: int<number>(1, false),
  /** Unsigned 16-bit integer. */
  u16: int<number>(2, false),
  /** Unsigned 32-bit integer. */
  u32: int<number>(4, false),
  /** Unsigned 64-bit integer as an exact bigint. */
  u64: int<bigint>(8, false, "bigint"),
  /** Unsigned 64-bit integer as a number, several times as fast as `u64`. Values beyond 2^53 are rounded. */
  u64AsNumber: int<number>(8, false),
  /** Signed 8-bit integer. */
  s8: int<number>(1, true),
  /** Signed 16-bit integer. */
  s16: int<number>(2, true),
  /** Signed 32-bit integer. */
  s32: int<number>(4, true),
  /** Signed 64-bit integer as an exact bigint. */
  s64: int<bigint>(8, true, "bigint"),
  /** Signed 64-bit integer as a number, several times as fast as `s64`. Values beyond 2^53 are rounded. */
  s64AsNumber: int<number>(8, true),
  /** 32-bit float. */
  f32: built<number>("f32", { op: "float", size: 4 }),
  /** 64-bit float. */
  f64: built<number>("f64", { op: "float", size: 8 }),
  /** One byte; any nonzero value decodes to true. */
  bool: built<boolean>("bool", {
    ...{ op: "int", size: 1, width: 8, shift: undefined, signed: false, as: "bool", expected: "a boolean" },
  }),
  /**
   * Exactly `size` bytes.
   *
   * @throws {@link ArgumentError} if `size` is not an integer from 1 to 2^32 - 1
   */
  bytes: (size: number): Codec<Uint8Array> => sized("bytes", size),
  /**
   * A string of at most `size` bytes of UTF-8, ending at the first NUL.
   *
   * @throws {@link ArgumentError} if `size` is not an integer from 1 to 2^32 - 1
   */
  text: (size: number): Codec<string> => sized("chars", size),
} as const;
