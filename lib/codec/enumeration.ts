/** Maps enumerator names to values in memory. */
import type { BtfEnum } from "../btf/types";

/** Names of an enum's values, as stored in memory. */
export interface Enumeration {
  readonly label: string;
  readonly names: ReadonlyMap<number | bigint, string>;
  readonly values: ReadonlyMap<string, number | bigint>;
  /**
   * Whether -1 is accepted for the unsigned value with the same bits: compilers before clang 15 do not mark enums as
   * signed.
   */
  readonly takesNegative: boolean;
}

/**
 * Builds the name table.
 *
 * @param width bits in memory; fewer than the type's own in a bit-field or a packed enum
 */
export function enumerationOf(type: BtfEnum, label: string, width: number): Enumeration {
  const names = new Map<number | bigint, string>();
  const values = new Map<string, number | bigint>();
  // BTF stores 32-bit or 64-bit enumerators for enums of any size. Without the signed flag, -1 is 0xffffffff.
  const described = type.kind === "enum" ? 32 : 64;
  let takesNegative = false;
  for (const { name, value } of type.values) {
    const wide = BigInt(value);
    const negative = !type.signed && BigInt.asIntN(described, wide) < 0n;
    takesNegative ||= negative;
    const raw =
      inBits(wide, width, type.signed) ?? (negative ? wrapped(BigInt.asIntN(described, wide), width) : undefined);
    if (raw === undefined) continue;
    const key = width > 32 ? raw : Number(raw);
    values.set(name, key);
    if (!names.has(key)) names.set(key, name);
  }
  return { label, names, values, takesNegative };
}

function inBits(value: bigint, width: number, signed: boolean): bigint | undefined {
  const kept = signed ? BigInt.asIntN(width, value) : BigInt.asUintN(width, value);
  return kept === value ? value : undefined;
}

/** The unsigned value with the bits of a negative one; undefined if `width` bits are too few. */
function wrapped(value: bigint, width: number): bigint | undefined {
  return BigInt.asIntN(width, value) === value ? BigInt.asUintN(width, value) : undefined;
}
