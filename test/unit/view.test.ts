/** Views: fields that access memory. */
import fc from "fast-check";
import { BtfKind } from "../../lib/btf/btf-kinds";
import { resolved } from "../../lib/btf/types";
import { codecOf } from "../../lib/codec/codec";
import type { CodecOptions } from "../../lib/codec/plan";
import { elementsOf, viewOf } from "../../lib/codec/view";
import { SharedMemory } from "../../lib/native/shared-memory";
import { BtfBuilder } from "../btf-builder";
import { typeAndValue } from "../random-types";

const memoryOf = (size: number, writable = true) =>
  new SharedMemory("map m", new DataView(new ArrayBuffer(size)), writable);

/** A copy of a view's values. */
function copied(view: unknown, like: unknown): unknown {
  if (Array.isArray(like)) return Array.from(view as ArrayLike<unknown>, (value, index) => copied(value, like[index]));
  if (typeof like !== "object" || like === null || ArrayBuffer.isView(like)) return view;
  const names = Object.keys(like);
  const read = (name: string) => copied((view as Record<string, unknown>)[name], fieldOf(like, name));
  return Object.fromEntries(names.map((name) => [name, read(name)]));
}

const fieldOf = (object: object, name: string) => Object.entries(object).find(([key]) => key === name)?.[1];

const composed = typeAndValue.filter(({ type }) => ["struct", "union", "array"].includes(resolved(type).kind));

test("a view shows the values that a codec decodes, and an assignment writes the bytes that it encodes", () => {
  fc.assert(
    fc.property(composed, ({ type, size, value, gap }) => {
      const codec = codecOf(type, { path: "v" });
      const memory = memoryOf(gap + size + 1);
      codec.encode(value, memory.view, gap, size);
      const expected = codec.decode(memory.view, gap);
      const bare = resolved(type);
      // A text has no view: it is read as a whole.
      if (typeof expected === "string") return;
      const view = viewOf<Record<string, unknown>>(type, memory, gap, { path: "v" });
      expect(copied(view, expected)).toEqual(copied(expected, expected));
      if (bare.kind !== "struct") return;
      // Copy the fields to other memory.
      const other = memoryOf(gap + size + 1);
      const target = viewOf<Record<string, unknown>>(type, other, gap, { path: "v" });
      for (const [name, given] of Object.entries(value as object)) target[name] = given;
      expect(new Uint8Array(other.view.buffer)).toEqual(new Uint8Array(memory.view.buffer));
    }),
    { numRuns: 1000 },
  );
});

function event(btf = new BtfBuilder()) {
  const [u8, u16, u32] = [1, 2, 4].map((size) => btf.int(`u${size}`, size, "unsigned")) as [number, number, number];
  const u64 = btf.int("u64", 8, "unsigned");
  const inner = btf.struct("struct", "inner", 4, [
    { name: "a", type: u16, offset: 0 },
    { name: "b", type: u16, offset: 16 },
  ]);
  const state = btf.enumeration("state", 4, false, [
    ["IDLE", 0n],
    ["BUSY", 1n],
  ]);
  const id = btf.struct("struct", "event", 64, [
    { name: "count", type: u64, offset: 0 },
    { name: "low", type: u8, offset: 64, bits: 3 },
    { name: "high", type: u8, offset: 67, bits: 5 },
    { name: "inner", type: inner, offset: 96 },
    { name: "list", type: btf.array(inner, 2), offset: 128 },
    { name: "sums", type: btf.array(u32, 3), offset: 192 },
    { name: "comm", type: btf.array(btf.int("char", 1, "signed"), 8), offset: 288 },
    { name: "ratio", type: btf.add(BtfKind.FLOAT, "double", 8), offset: 384 },
    { name: "states", type: btf.array(state, 2), offset: 448 },
  ]);
  return btf.type(id);
}

interface Event {
  count: bigint;
  low: number;
  high: number;
  inner: { a: number; b: number };
  list: { a: number; b: number }[];
  sums: Uint32Array;
  comm: string;
  ratio: number;
  states: string[];
}

const open = (memory: SharedMemory, options: Partial<CodecOptions> = {}) =>
  viewOf<Event>(event(), memory, 0, { path: "event", ...options });

test("fields access memory", () => {
  const memory = memoryOf(64);
  const view = open(memory);
  view.count = 2n ** 64n - 1n;
  view.high = 31;
  view.low = 5;
  view.high = 1;
  view.inner.b = 7;
  view.list = [
    { a: 1, b: 2 },
    { a: 3, b: 4 },
  ];
  view.sums[1] = 9;
  view.comm = "longer";
  view.comm = "bash";
  view.ratio = 0.5;
  view.states[1] = "BUSY";
  expect(codecOf(event(), { path: "event" }).decode(memory.view, 0)).toEqual({
    ...{ count: 2n ** 64n - 1n, low: 5, high: 1, inner: { a: 0, b: 7 }, sums: [0, 9, 0], comm: "bash", ratio: 0.5 },
    list: [
      { a: 1, b: 2 },
      { a: 3, b: 4 },
    ],
    states: ["IDLE", "BUSY"],
  });
  memory.view.setUint32(24, 77, true);
  expect(view.sums).toEqual(Uint32Array.of(77, 9, 0));
  expect(view.list[1]).toBe(view.list[1]);
  expect([...view.states]).toEqual(["IDLE", "BUSY"]);
  expect(open(memory, { u64: "number" }).count).toBe(2 ** 64);
});

test("a view can be encoded", () => {
  const memory = memoryOf(64);
  const view = open(memory);
  view.list = [
    { a: 1, b: 2 },
    { a: 3, b: 4 },
  ];
  view.comm = "x";
  const copy = new DataView(new ArrayBuffer(64));
  codecOf(event(), { path: "event" }).encode(view, copy, 0);
  expect(copy.buffer).toEqual(memory.view.buffer);
});

test("a value that does not fit is refused with its path, and nothing is written", () => {
  const memory = memoryOf(64);
  const view = open(memory);
  const refused = (run: () => void, message: string) => {
    expect(run).toThrow(expect.objectContaining({ code: "ERR_BPF_ARGUMENT", message }));
  };
  refused(() => Object.assign(view, { count: -1n }), "event.count: expected u64, got -1n");
  refused(() => Object.assign(view, { low: 8 }), "event.low: expected u3, got 8");
  refused(() => Object.assign(view, { ratio: "1" }), 'event.ratio: expected a number, got "1"');
  refused(() => Object.assign(view.list[1] as object, { a: 65536 }), "event.list[1].a: expected u16, got 65536");
  refused(() => Object.assign(view, { inner: { a: 1 } }), "event.inner.b: is missing");
  refused(
    () => Object.assign(view, { comm: "too long a text" }),
    "event.comm: expected a text of at most 8 bytes, got 15 bytes",
  );
  refused(
    () => Object.assign(view.states, { 0: "BUSI" }),
    'event.states[0]: enum state has no "BUSI"; did you mean "BUSY"?',
  );
  refused(() => Object.assign(view.states, { 2: "IDLE" }), "event.states: an array in memory has a fixed length of 2");
  expect(() => Object.assign(view, { nothing: 1 })).toThrow(TypeError);
  expect(() => view.list.push({ a: 0, b: 0 })).toThrow(TypeError);
  expect(new Uint8Array(memory.view.buffer)).toEqual(new Uint8Array(64));
});

test("read-only memory can't be written, and neither can its arrays", () => {
  const view = open(memoryOf(64, false));
  expect([view.count, view.sums[0], view.sums.length]).toEqual([0n, 0, 3]);
  const readOnly = expect.objectContaining({ code: "ERR_BPF_MAP", message: "map m is read-only" });
  expect(() => Object.assign(view, { count: 1n })).toThrow(readOnly);
  expect(() => Object.assign(view, { comm: "a" })).toThrow(readOnly);
  expect(() => Object.assign(view, { ratio: 1 })).toThrow(readOnly);
  expect(() => Object.assign(view.sums, { 0: 1 })).toThrow(readOnly);
  expect(() => Object.assign(view.inner, { a: 1 })).toThrow(readOnly);
});

test("closed memory is neither read nor written", () => {
  const memory = memoryOf(64);
  const view = open(memory);
  const { inner, states } = view;
  memory.close();
  memory.close();
  const closed = expect.objectContaining({ code: "ERR_BPF_CLOSED", message: "map m is closed" });
  for (const run of [() => view.count, () => inner.a, () => states[0], () => Object.assign(view, { low: 1 })]) {
    expect(run).toThrow(closed);
  }
});

test("consecutive elements are a typed array if possible", () => {
  const btf = new BtfBuilder();
  const u64 = btf.type(btf.int("u64", 8, "unsigned"));
  const memory = memoryOf(64);
  const direct = elementsOf<BigUint64Array>(u64, memory, 8, { length: 4 }, { path: "v" });
  expect(direct).toBeInstanceOf(BigUint64Array);
  direct[0] = 5n;
  expect(memory.view.getBigUint64(8, true)).toBe(5n);
  const slow = elementsOf<number[]>(u64, memory, 8, { length: 3, stride: 16 }, { path: "v", u64: "number" });
  expect([...slow]).toEqual([5, 0, 0]);
  slow[1] = 6;
  expect(direct[2]).toBe(6n);
  const structs = elementsOf<Event[]>(event(), memory, 0, { length: 1, stride: 64 }, { path: "v" });
  expect(structs[0]?.count).toBe(0n);
});

test("memory that ends too early gives no view", () => {
  for (const offset of [1, -1, 0.5, Number.NaN, 64]) {
    expect(() => viewOf(event(), memoryOf(64), offset, { path: "v" })).toThrow(
      /^v: it needs 64 bytes at offset .+, but the memory has 64/,
    );
  }
  const u32 = new BtfBuilder();
  expect(() => viewOf(u32.type(u32.int("u32", 4, "unsigned")), memoryOf(4), 0, { path: "v" })).toThrow("only structs");
});
