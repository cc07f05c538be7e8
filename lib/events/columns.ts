/** Records as columns: one typed array per numeric field, for aggregation. */
import { type Codec, planOfCodec } from "../codec/codec";
import { compile } from "../codec/generate";
import { readerOf } from "../codec/interpret";
import type { FloatPlan, IntPlan, Plan, StructPlan } from "../codec/plan";
import { little } from "../endian";
import { ArgumentError } from "../errors";

/** A column of numbers. */
export type NumberColumn =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

/** A column of 64-bit integers that are bigints. */
export type BigIntColumn = BigUint64Array | BigInt64Array;

/**
 * The fields of `T` that can be columns: numbers, bigints, booleans (as 0 and 1) and enums (their values, not their
 * names).
 */
export type ColumnName<T> = {
  [F in keyof T & string]: string extends T[F] ? never : T[F] extends number | bigint | boolean | string ? F : never;
}[keyof T & string];

/** A batch of records, one array per field. */
export interface ColumnBatch<T, F extends ColumnName<T> = ColumnName<T>> {
  /** Number of records. */
  readonly length: number;
  /** The values of each field, `length` elements per array. */
  readonly columns: { readonly [N in F]: T[N] extends bigint ? BigIntColumn : NumberColumn };
}

type Column = NumberColumn | BigIntColumn;

interface Field {
  readonly name: string;
  /** Offset in the record, in bytes. */
  readonly offset: number;
  /** What the column stores: for an enum or a boolean, its integer value. */
  readonly plan: IntPlan | FloatPlan;
}

/**
 * Writes the fields of the first `count` records and stops at one that is shorter than its type. Returns the number of
 * records written.
 */
type Fill = (view: DataView, entries: Int32Array, count: number, columns: readonly Column[]) => number;

/** Reads records into reused columns. */
export class ColumnReader<T, F extends ColumnName<T>> {
  readonly none: ColumnBatch<T, F>;
  readonly #fields: readonly Field[];
  readonly #columns: readonly Column[];
  readonly #written: readonly Column[];
  readonly #fill: Fill;

  /**
   * Prepares the columns.
   *
   * @param codec codec of the records
   * @param what the source of the records, for errors
   * @param room size of the largest batch, in records
   * @param make compiles code; undefined where code generation is not allowed
   * @throws {@link ArgumentError} if the records are not structs, or a field is not numeric
   */
  constructor(
    codec: Codec<T> | undefined,
    names: readonly string[] | undefined,
    what: string,
    room: number,
    make: typeof compile = compile,
  ) {
    const plan = codec && planOfCodec(codec);
    if (plan?.op !== "struct" && plan?.op !== "union") {
      const hint = `Set the record type: a tag on the map, or open()'s option events`;
      throw new ArgumentError(`${what}: columns need records with fields`, { operation: "map.columns", hint });
    }
    this.#fields = numericFields(plan, names, what);
    this.#columns = this.#fields.map((field) => columnOf(field.plan, room));
    // A 64-bit integer is copied as two words in memory order, without creating a bigint.
    this.#written = this.#columns.map((column, index) =>
      isWords((this.#fields[index] as Field).plan) ? new Uint32Array(column.buffer) : column,
    );
    this.#fill = fillOf(plan, this.#fields, make);
    this.none = this.#batch(0);
  }

  /** Reads the first records; stops at one that is shorter than its type. The next read overwrites the arrays. */
  read(view: DataView, entries: Int32Array, count: number): ColumnBatch<T, F> {
    return this.#batch(this.#fill(view, entries, count, this.#written));
  }

  #batch(length: number): ColumnBatch<T, F> {
    const columns = this.#fields.map(({ name }, index) => [name, this.#columns[index]?.subarray(0, length)] as const);
    // T describes the object's BTF, which has these field names.
    return { length, columns: Object.fromEntries(columns) as ColumnBatch<T, F>["columns"] };
  }
}

function numericFields(plan: StructPlan, names: readonly string[] | undefined, what: string): Field[] {
  const found = plan.fields.flatMap(({ name, offset, plan }) => {
    const kept = keptOf(plan);
    return kept === undefined ? [] : [{ name, offset, plan: kept }];
  });
  if (names === undefined && found.length > 0) return found;
  const hint = `Numeric fields: ${found.map(({ name }) => name).join(", ") || "none"}`;
  const fail = (problem: string) => new ArgumentError(`${what}: ${problem}`, { operation: "map.columns", hint });
  if (names === undefined) throw fail(`${plan.label} has no numeric field`);
  if (names.length === 0) throw fail("columns' option fields is empty");
  return names.map((wanted) => {
    const field = found.find(({ name }) => name === wanted);
    if (field === undefined) throw fail(`${plan.label} has no numeric field "${wanted}"`);
    return field;
  });
}

function keptOf(plan: Plan): IntPlan | FloatPlan | undefined {
  if (plan.op === "float") return plan;
  if (plan.op !== "int" || plan.width > 64) return undefined;
  const isBig = plan.as === "bigint" || (plan.as !== "number" && plan.width > 32);
  return { ...plan, as: isBig ? "bigint" : "number" };
}

const isWords = (plan: IntPlan | FloatPlan) =>
  plan.op === "int" && plan.as === "bigint" && plan.size === 8 && plan.shift === undefined;

function columnOf(plan: IntPlan | FloatPlan, room: number): Column {
  if (plan.op === "float") return plan.size === 4 ? new Float32Array(room) : new Float64Array(room);
  const { width, signed, as } = plan;
  if (as === "bigint") return signed ? new BigInt64Array(room) : new BigUint64Array(room);
  if (width > 32) return new Float64Array(room);
  if (width > 16) return signed ? new Int32Array(room) : new Uint32Array(room);
  if (width > 8) return signed ? new Int16Array(room) : new Uint16Array(room);
  return signed ? new Int8Array(room) : new Uint8Array(room);
}

function fillOf(plan: StructPlan, fields: readonly Field[], make: typeof compile): Fill {
  const made = make<Fill>(plan, {}, (source) => {
    const columns = fields.map((_, index) => `c${index} = columns[${index}]`);
    const writes = fields.map(({ offset, plan }, index) => {
      if (!isWords(plan)) return `c${index}[i] = ${source.read(plan, offset)};`;
      const word = (at: number) => `v.getUint32(o + ${offset + at}, ${little})`;
      return `c${index}[2 * i] = ${word(0)}; c${index}[2 * i + 1] = ${word(4)};`;
    });
    return `return (v, t, n, columns) => {
      const ${columns.join(", ")};
      let i = 0;
      for (; i < n; i++) {
        const o = t[2 * i], e = o + t[2 * i + 1];
        if (e - o < ${plan.size}) break;
        ${writes.join("\n")}
      }
      return i;
    }`;
  });
  return made ?? filler(plan.size, fields);
}

/** The same without code generation. */
function filler(size: number, fields: readonly Field[]): Fill {
  const readers = fields.map(({ offset, plan }) => {
    const read = isWords(plan) ? undefined : readerOf(plan);
    return (view: DataView, start: number, index: number, column: Column) => {
      if (read !== undefined) column[index] = read(view, start + offset, start + size) as never;
      else for (const word of [0, 1]) column[2 * index + word] = view.getUint32(start + offset + 4 * word, little);
    };
  });
  return (view, entries, count, columns) => {
    for (let i = 0; i < count; i++) {
      if ((entries[2 * i + 1] as number) < size) return i;
      for (const [index, read] of readers.entries()) read(view, entries[2 * i] as number, i, columns[index] as Column);
    }
    return count;
  };
}
