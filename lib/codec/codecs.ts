/** Codecs without BTF, for maps that are made without an object. */
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

/** The codecs of C's plain types, for keys and values that no BTF describes. */
export const codecs = {
  u8: int<number>(1, false),
  u16: int<number>(2, false),
  u32: int<number>(4, false),
  /** Exactly, as bigint. */
  u64: int<bigint>(8, false, "bigint"),
  /** As number, several times as fast: beyond 2^53 it is rounded. */
  u64AsNumber: int<number>(8, false),
  s8: int<number>(1, true),
  s16: int<number>(2, true),
  s32: int<number>(4, true),
  /** Exactly, as bigint. */
  s64: int<bigint>(8, true, "bigint"),
  /** As number, several times as fast: beyond 2^53 it is rounded. */
  s64AsNumber: int<number>(8, true),
  f32: built<number>("f32", { op: "float", size: 4 }),
  f64: built<number>("f64", { op: "float", size: 8 }),
  /** One byte: any but 0 is true. */
  bool: built<boolean>("bool", {
    ...{ op: "int", size: 1, width: 8, shift: undefined, signed: false, as: "bool", expected: "a boolean" },
  }),
  /**
   * Just so many bytes.
   *
   * @throws {@link ArgumentError} for a size that is no number of bytes
   */
  bytes: (size: number): Codec<Uint8Array> => sized("bytes", size),
  /**
   * A text of at most so many bytes of UTF-8, up to the first NUL.
   *
   * @throws {@link ArgumentError} for a size that is no number of bytes
   */
  text: (size: number): Codec<string> => sized("chars", size),
} as const;
