/** Random BTF types, and random values of them. */
import fc from "fast-check";
import { BtfKind } from "../lib/btf/btf-kinds";
import { BtfBuilder, type BuiltMember } from "./btf-builder";

/** A type, and its possible values. */
type Spec =
  | { kind: "int"; size: number; signed: boolean }
  | { kind: "bool" | "ptr" | "f32" | "f64" | "text" | "bytes"; size: number }
  | { kind: "enum"; size: number; signed: boolean; values: bigint[] }
  | { kind: "array"; element: Spec; length: number }
  | { kind: "alias"; of: number; target: Spec }
  | { kind: "struct" | "union"; anonymous: boolean; members: { spec: Spec; gap: number; bits: number }[] };

const size = fc.constantFrom(1, 2, 4, 8);
const signed = fc.boolean();

const scalar: fc.Arbitrary<Spec> = fc.oneof(
  fc.record({ kind: fc.constant("int" as const), size: fc.constantFrom(1, 2, 4, 8, 16), signed }),
  fc.constantFrom<Spec>(
    { kind: "bool", size: 1 },
    { kind: "ptr", size: 8 },
    { kind: "f32", size: 4 },
    { kind: "f64", size: 8 },
  ),
  fc.record({ kind: fc.constantFrom("text" as const, "bytes" as const), size: fc.integer({ min: 1, max: 40 }) }),
  fc.record({
    kind: fc.constant("enum" as const),
    size,
    signed,
    values: fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), { maxLength: 5 }),
  }),
);

const { type: anyType } = fc.letrec<{ type: Spec; struct: Spec }>((tie) => ({
  type: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    scalar,
    fc.record({ kind: fc.constant("array" as const), element: tie("type"), length: fc.integer({ min: 1, max: 10 }) }),
    fc.record({
      kind: fc.constant("alias" as const),
      of: fc.constantFrom(BtfKind.TYPEDEF, BtfKind.CONST, BtfKind.VOLATILE, BtfKind.TYPE_TAG),
      target: tie("type"),
    }),
    tie("struct"),
  ),
  struct: fc.record({
    kind: fc.constantFrom("struct" as const, "union" as const),
    anonymous: fc.boolean(),
    members: fc.array(
      fc.record({ spec: tie("type"), gap: fc.integer({ min: 0, max: 11 }), bits: fc.integer({ min: 0, max: 128 }) }),
      { maxLength: 6 },
    ),
  }),
}));

interface Made {
  id: number;
  size: number;
  value: fc.Arbitrary<unknown>;
  /** The members of an anonymous member. */
  flat?: boolean;
}

const odd = ["__proto__", "constructor", "a b", '"', "class", "toString", "valueOf"];

class Maker {
  readonly btf = new BtfBuilder();
  #names = 0;

  name(): string {
    const number = this.#names++;
    return odd[number * 3] ?? `f${number}`;
  }

  make(spec: Spec, bits = 0): Made {
    const { btf } = this;
    switch (spec.kind) {
      case "int": {
        const { size, signed } = spec;
        const width = BigInt(bits || size * 8);
        const value = fc.bigInt(signed ? -(2n ** (width - 1n)) : 0n, 2n ** (signed ? width - 1n : width) - 1n);
        return {
          id: btf.int("i", size, signed ? "signed" : "unsigned"),
          size,
          value: size > 4 ? value : value.map(Number),
        };
      }
      case "bool":
        return { id: btf.int("_Bool", 1, "bool"), size: 1, value: fc.boolean() };
      case "ptr":
        return { id: btf.reference(BtfKind.PTR, 0), size: 8, value: fc.bigInt(0n, 2n ** 64n - 1n) };
      case "f32":
        return { id: btf.add(BtfKind.FLOAT, "float", 4), size: 4, value: fc.float() };
      case "f64":
        return { id: btf.add(BtfKind.FLOAT, "double", 8), size: 8, value: fc.double() };
      case "text": {
        const fits = (text: string) => !text.includes("\0") && Buffer.byteLength(text) <= spec.size;
        const text = fc.string({ unit: fc.constantFrom("a", "Z", " ", "é", "€", "😀", "\n"), maxLength: spec.size });
        const id = btf.array(btf.int("char", 1, "signed"), spec.size);
        return { id, size: spec.size, value: text.map((value) => (fits(value) ? value : value.slice(0, 0))) };
      }
      case "bytes": {
        const id = btf.array(btf.int("unsigned char", 1, "unsigned"), spec.size);
        return { id, size: spec.size, value: fc.uint8Array({ minLength: spec.size, maxLength: spec.size }) };
      }
      case "enum":
        return this.#enumeration(spec, bits);
      case "array": {
        const { id, size, value } = this.make(spec.element);
        const bytes = isByte(spec.element);
        const { length } = spec;
        const list = bytes
          ? fc.uint8Array({ minLength: length, maxLength: length })
          : fc.array(value, { minLength: length, maxLength: length });
        return { id: btf.array(id, length), size: size * length, value: list };
      }
      case "alias": {
        const target = this.make(spec.target, bits);
        const tag = spec.of === BtfKind.TYPEDEF || spec.of === BtfKind.TYPE_TAG ? "alias" : "";
        return { ...target, flat: false, id: btf.reference(spec.of, target.id, tag) };
      }
      default:
        return this.#struct(spec);
    }
  }

  #enumeration({ size, signed, values }: Spec & { kind: "enum" }, bits: number): Made {
    const width = bits || size * 8;
    const wide = size === 8;
    const fit = [
      ...new Set(values.map((value) => (signed ? BigInt.asIntN(width, value) : BigInt.asUintN(width, value)))),
    ];
    const named = fit.map((value) => [`E${this.#names++}`, value] as const);
    const id = this.btf.enumeration("e", size, signed, named, wide);
    const any = signed
      ? fc.bigInt(-(2n ** BigInt(width - 1)), 2n ** BigInt(width - 1) - 1n)
      : fc.bigInt(0n, 2n ** BigInt(width) - 1n);
    const value = any.map(
      (given) => named.find(([, value]) => value === given)?.[0] ?? (width > 32 ? given : Number(given)),
    );
    return {
      id,
      size,
      value: named.length > 0 ? fc.oneof(value, fc.constantFrom(...named.map(([name]) => name))) : value,
    };
  }

  #struct({ kind, anonymous, members }: Spec & { kind: "struct" | "union" }): Made {
    let end = 0;
    let size = 0;
    const built: BuiltMember[] = [];
    const values: { name: string; made: Made }[] = [];
    for (const { spec, gap, bits } of members) {
      const whole = spec.kind === "int" || spec.kind === "enum" ? spec.size * 8 : spec.kind === "bool" ? 1 : 0;
      const isField = whole > 0 && bits % 3 === 0 && bits > 0;
      const width = isField ? ((bits - 1) % whole) + 1 : 0;
      const made = this.make(spec, width);
      const name = made.flat && made.size > 0 ? "" : this.name();
      const at = kind === "union" ? 0 : isField ? end + gap : Math.ceil((end + gap) / 8) * 8;
      built.push({ name, type: made.id, offset: at, ...(isField && { bits: width }) });
      values.push({ name, made });
      end = at + (isField ? width : made.size * 8);
      size = Math.max(size, Math.ceil(end / 8));
    }
    const id = this.btf.struct(kind, anonymous ? "" : "s", size, built);
    return { id, size, value: kind === "struct" ? all(values) : one(values), flat: anonymous };
  }
}

function isByte(spec: Spec): boolean {
  return spec.kind === "alias" ? isByte(spec.target) : spec.kind === "int" && spec.size === 1;
}

type Fields = { name: string; made: Made }[];

/** An object, with any field names. */
export const objectOf = (entries: readonly (readonly [string, unknown])[]) => {
  const object = {};
  for (const [name, value] of entries) {
    Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true });
  }
  return object;
};

const entriesOf = ({ name, made }: Fields[number]) =>
  made.value.map((value): (readonly [string, unknown])[] =>
    name === "" ? Object.entries(value as object) : [[name, value]],
  );

const all = (fields: Fields) => fc.tuple(...fields.map(entriesOf)).map((entries) => objectOf(entries.flat()));
const one = (fields: Fields) =>
  fields.length === 0 ? fc.constant({}) : fc.oneof(...fields.map(entriesOf)).map((entries) => objectOf(entries));

/** The parts of a decoded value that were encoded: a union decodes to more. */
export function part(decoded: unknown, given: unknown): unknown {
  if (Array.isArray(given)) return given.map((value, index) => part((decoded as unknown[])[index], value));
  if (typeof given !== "object" || given === null || ArrayBuffer.isView(given)) return decoded;
  return objectOf(
    Object.keys(given).map((name) => [
      name,
      part(
        Object.entries(decoded as object).find(([key]) => key === name)?.[1],
        (given as Record<string, unknown>)[name],
      ),
    ]),
  );
}

/** A type, its size, and a value. */
export const typeAndValue = anyType.chain((spec) => {
  const maker = new Maker();
  const { id, size, value } = maker.make(spec);
  return fc.record({
    type: fc.constant(maker.btf.type(id)),
    size: fc.constant(size),
    value,
    gap: fc.integer({ min: 0, max: 9 }),
  });
});
