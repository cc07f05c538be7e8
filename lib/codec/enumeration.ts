/** The names of an enum's values. */
import type { BtfEnum } from "../btf/types";

/** The names of an enum's values, as they are in memory. */
export interface Enumeration {
  readonly label: string;
  readonly names: ReadonlyMap<number | bigint, string>;
  readonly values: ReadonlyMap<string, number | bigint>;
  /** Whether -1 stands for the unsigned value of the same bits: compilers before clang 15 do not say that an enum is signed. */
  readonly takesNegative: boolean;
}

/** @param width bits in memory: fewer than the type's own in a bit-field or a packed enum */
export function enumerationOf(type: BtfEnum, label: string, width: number): Enumeration {
  const names = new Map<number | bigint, string>();
  const values = new Map<string, number | bigint>();
  // BTF has an enumerator of 32 bits, or of 64, for an enum of any size: -1 is 0xffffffff where nobody said "signed".
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

/** The unsigned value of a negative one's bits, if they are enough. */
function wrapped(value: bigint, width: number): bigint | undefined {
  return BigInt.asIntN(width, value) === value ? BigInt.asUintN(width, value) : undefined;
}
