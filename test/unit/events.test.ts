/** Records and columns: readers give the same as the codec, with and without generated code. */
import fc from "fast-check";
import { codecFrom } from "../../lib/codec/codec";
import { type Plan, planOf } from "../../lib/codec/plan";
import { ColumnReader } from "../../lib/events/columns";
import { BYTES, recordsOf } from "../../lib/events/records";
import { typeAndValue } from "../random-types";

const slow = () => undefined;
const makers = [undefined, slow] as const;

/** Records of a random type, with random bytes, laid out as in a ring: aligned to 8 bytes, each after its header. */
const recordsOfType = typeAndValue
  .filter(({ size }) => size > 0)
  .chain(({ type, size }) =>
    fc.record({
      plan: fc.constant(planOf(type, { path: "v" })),
      bytes: fc.array(fc.uint8Array({ minLength: size, maxLength: size }), { minLength: 1, maxLength: 6 }),
      short: fc.option(fc.nat(5), { nil: undefined }),
    }),
  );

function tableOf(bytes: readonly Uint8Array[], short: number | undefined) {
  const stride = 8 + (((bytes[0]?.length ?? 0) + 7) & ~7);
  const memory = new Uint8Array(stride * bytes.length);
  const entries = new Int32Array(2 * bytes.length);
  for (const [index, record] of bytes.entries()) {
    memory.set(record, index * stride + 8);
    entries.set([index * stride + 8, record.length - (index === short ? 1 : 0)], 2 * index);
  }
  return { view: new DataView(memory.buffer), entries };
}

test("records decode as the codec does, up to one that is too short", () => {
  fc.assert(
    fc.property(recordsOfType, ({ plan, bytes, short }) => {
      const codec = codecFrom(plan, "v");
      const { view, entries } = tableOf(bytes, short);
      const whole = Math.min(bytes.length, short ?? bytes.length);
      const expected = bytes.slice(0, whole).map((_, index) => codec.decode(view, entries[2 * index] as number));
      for (const make of makers) {
        const records = recordsOf(codec, make);
        expect(records.read(view, entries, bytes.length)).toEqual(expected);
        const seen: unknown[] = [];
        const progress = { done: 0, going: true };
        records.each(view, entries, bytes.length, (event) => seen.push(event), progress);
        expect([seen, progress.done]).toEqual([expected, whole]);
      }
    }),
    { numRuns: 300 },
  );
});

test("a record counts as delivered even if its handler stops or throws", () => {
  const { view, entries } = tableOf([Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)], undefined);
  const u8 = codecFrom(
    { op: "int", size: 1, width: 8, shift: undefined, signed: false, as: "number", expected: "" },
    "v",
  );
  for (const records of [recordsOf(u8), recordsOf(u8, slow), BYTES]) {
    const stopping = { done: 0, going: true };
    records.each(
      view,
      entries,
      3,
      () => {
        stopping.going = stopping.done < 2;
      },
      stopping,
    );
    expect(stopping.done).toBe(2);
    const throwing = { done: 0, going: true };
    expect(() =>
      records.each(
        view,
        entries,
        3,
        () => {
          throw new Error("no");
        },
        throwing,
      ),
    ).toThrow("no");
    expect(throwing.done).toBe(1);
  }
});

test("records without a type are copies of their bytes", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 20 }), { minLength: 1, maxLength: 6 }), (records) => {
      const length = Math.max(...records.map((record) => record.length));
      const { view, entries } = tableOf(
        records.map((record) => Uint8Array.from({ ...record, length })),
        undefined,
      );
      for (const [index, record] of records.entries()) entries[2 * index + 1] = record.length;
      const batch = BYTES.read(view, entries, records.length);
      expect(batch).toEqual(records);
      new Uint8Array(view.buffer).fill(0);
      expect(batch).toEqual(records);
    }),
  );
});

const isNumeric = (plan: Plan) => plan.op === "float" || (plan.op === "int" && plan.width <= 64);

test("columns have the same values as the codec", () => {
  fc.assert(
    fc.property(recordsOfType, ({ plan, bytes, short }) => {
      if (plan.op !== "struct" && plan.op !== "union") return;
      const codec = codecFrom(plan, "v");
      const names = plan.fields.filter((field) => isNumeric(field.plan)).map(({ name }) => name);
      if (names.length === 0) {
        expect(() => new ColumnReader(codec, undefined, "ring", 6)).toThrow("has no numeric field");
        return;
      }
      const { view, entries } = tableOf(bytes, short);
      const whole = Math.min(bytes.length, short ?? bytes.length);
      for (const make of makers) {
        const reader = new ColumnReader<Record<string, number>, string>(codec as never, undefined, "ring", 6, make);
        const { length, columns } = reader.read(view, entries, bytes.length);
        expect(length).toBe(whole);
        expect(Object.keys(columns)).toEqual(names);
        for (const field of plan.fields.filter((field) => isNumeric(field.plan))) {
          if (field.plan.op === "int" && field.plan.as === "enum") continue; // columns have values instead of names
          const column = columns[field.name] as ArrayLike<unknown>;
          const decoded = Array.from({ length: whole }, (_, index) => {
            const value = codec.decode(view, entries[2 * index] as number) as Record<string, unknown>;
            return value[field.name];
          });
          if (field.plan.op === "int" && field.plan.as === "bool") {
            expect(Array.from(column, Boolean)).toEqual(decoded);
          } else expect(Array.from(column)).toEqual(decoded);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test("a type without columns is refused", () => {
  const u8 = codecFrom(
    { op: "int", size: 1, width: 8, shift: undefined, signed: false, as: "number", expected: "" },
    "v",
  );
  for (const codec of [undefined, u8]) {
    expect(() => new ColumnReader(codec as never, undefined, "ring buffer r", 6)).toThrow(
      "ring buffer r: columns need records with fields",
    );
  }
});
