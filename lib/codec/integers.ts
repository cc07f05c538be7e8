/** Integers: reads them from memory, converts them to values, and back. */
import { little as thisMachine } from "../endian";
import { nearest } from "../nearest";
import { read128, readBits, readWideBits, write128, writeBits, writeWideBits } from "./bits";
import { expected, ValueMismatch } from "./mismatch";
import type { IntPlan } from "./plan";

/** A local copy: an imported binding is looked up at each use. */
const little = thisMachine;

/** A number, or a bigint for more than 32 bits. */
type Raw = number | bigint;

/** Reads the bits as an integer. */
export function loadOf({ size, shift, width, signed }: IntPlan): (view: DataView, offset: number) => Raw {
  if (shift !== undefined) {
    if (width <= 32) {
      const limit = signed ? 2 ** (width - 1) : Number.POSITIVE_INFINITY;
      return (view, offset) => {
        const value = readBits(view, offset, size, shift, width);
        return value >= limit ? value - 2 ** width : value;
      };
    }
    return (view, offset) => {
      const value = readWideBits(view, offset, size, shift, width);
      return signed ? BigInt.asIntN(width, value) : value;
    };
  }
  switch (size) {
    case 1:
      return signed ? (view, offset) => view.getInt8(offset) : (view, offset) => view.getUint8(offset);
    case 2:
      return signed
        ? (view, offset) => view.getInt16(offset, little)
        : (view, offset) => view.getUint16(offset, little);
    case 4:
      return signed
        ? (view, offset) => view.getInt32(offset, little)
        : (view, offset) => view.getUint32(offset, little);
    case 8:
      return signed
        ? (view, offset) => view.getBigInt64(offset, little)
        : (view, offset) => view.getBigUint64(offset, little);
    default:
      return signed ? (view, offset) => BigInt.asIntN(128, read128(view, offset)) : read128;
  }
}

/** Writes an integer that fits the width. */
export function storeOf({ size, shift, width }: IntPlan): (view: DataView, offset: number, raw: Raw) => void {
  if (shift !== undefined) {
    if (width <= 32) return (view, offset, raw) => writeBits(view, offset, size, shift, width, Number(raw));
    return (view, offset, raw) => writeWideBits(view, offset, size, shift, width, BigInt(raw));
  }
  switch (size) {
    case 1:
      return (view, offset, raw) => view.setUint8(offset, Number(raw));
    case 2:
      return (view, offset, raw) => view.setUint16(offset, Number(raw), little);
    case 4:
      return (view, offset, raw) => view.setUint32(offset, Number(raw), little);
    case 8:
      return (view, offset, raw) => view.setBigUint64(offset, BigInt.asUintN(64, BigInt(raw)), little);
    default:
      return (view, offset, raw) => write128(view, offset, BigInt(raw));
  }
}

/** Reads 64 bits as a number, rounded beyond 2^53. Avoids an intermediate bigint, which takes ten times as long. */
export function numberOf({ signed }: IntPlan): (view: DataView, offset: number) => number {
  const [low, high] = little ? [0, 4] : [4, 0];
  return signed
    ? (view, offset) => view.getUint32(offset + low, little) + view.getInt32(offset + high, little) * 2 ** 32
    : (view, offset) => view.getUint32(offset + low, little) + view.getUint32(offset + high, little) * 2 ** 32;
}

/** Converts an integer to the user's value. */
export function meaningOf(plan: IntPlan): (raw: Raw) => unknown {
  const names = plan.enumeration?.names;
  if (names !== undefined) return (raw) => names.get(raw) ?? raw;
  if (plan.as === "bool") return (raw) => Number(raw) !== 0;
  return plan.as === "bigint" ? BigInt : Number;
}

/** Converts a user's value to an integer. Throws {@link ValueMismatch} if it does not fit. */
export function rawOf(plan: IntPlan): (value: unknown) => Raw {
  const { as, width, signed, enumeration } = plan;
  const least = signed ? -(2n ** BigInt(width - 1)) : 0n;
  const most = 2n ** BigInt(signed ? width - 1 : width) - 1n;
  const wide = width > 32;
  const [low, high] = [Number(least), Number(most)];
  const number = (value: unknown): Raw => {
    if (!wide && Number.isInteger(value) && (value as number) >= low && (value as number) <= high)
      return value as number;
    // Values of up to 32 bits must be numbers, so that a value of the wrong type fails at once.
    const integer = typeof value === "bigint" ? wide || as === "bigint" || as === "enum" : Number.isSafeInteger(value);
    const exact = integer ? BigInt(value as Raw) : undefined;
    if (exact !== undefined && exact >= least && exact <= most) return wide ? exact : Number(exact);
    const negative = exact !== undefined && exact < 0n && BigInt.asIntN(width, exact) === exact;
    if (enumeration?.takesNegative && negative) return wide ? BigInt.asUintN(width, exact) : Number(exact) + 2 ** width;
    throw expected(plan.expected, value);
  };
  if (as === "bool") {
    return (value) => {
      if (typeof value !== "boolean") throw expected("a boolean", value);
      return wide ? BigInt(value) : Number(value);
    };
  }
  if (enumeration === undefined) return number;
  return (value) => {
    if (typeof value !== "string") return number(value);
    const raw = enumeration.values.get(value);
    if (raw !== undefined) return raw;
    const meant = nearest(value, enumeration.values.keys());
    throw new ValueMismatch(
      `${enumeration.label} has no ${JSON.stringify(value)}${meant === undefined ? "" : `; did you mean "${meant}"?`}`,
    );
  };
}
