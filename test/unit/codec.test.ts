/**
 * Codecs: encoded values decode to the same, both back ends agree, and values that do not fit are refused with their
 * path.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import fc from "fast-check";
import { BtfKind } from "../../lib/btf/btf-kinds";
import { type Codec, type CodecOptions, codecFrom, codecOf } from "../../lib/codec/codec";
import { codecs } from "../../lib/codec/codecs";
import { generate } from "../../lib/codec/generate";
import { planOf } from "../../lib/codec/plan";
import { little } from "../../lib/endian";
import { BtfBuilder } from "../btf-builder";
import { objectOf, part, typeAndValue } from "../random-types";

test("random values of random types decode to the same, with and without generated code", () => {
  fc.assert(
    fc.property(typeAndValue, ({ type, size, value, gap }) => {
      const plan = planOf(type, { path: "v" });
      const codecs = [codecFrom(plan, "v"), codecFrom(plan, "v", () => undefined)];
      const results = codecs.map((codec) => {
        const bytes = new Uint8Array(gap + size + 8).fill(0xa5);
        const view = new DataView(bytes.buffer);
        codec.encode(value, view, gap, size);
        const decoded = codec.decode(view, gap, size);
        return { bytes, decoded };
      });
      const [first, second] = results as [(typeof results)[0], (typeof results)[0]];
      expect(second).toEqual(first);
      expect(codecs[0]?.size).toBe(size);
      expect(part(first.decoded, value)).toEqual(value);
      // Bytes next to it are unchanged.
      expect([...first.bytes.subarray(0, gap), ...first.bytes.subarray(gap + size)]).toEqual(
        new Array(gap + 8).fill(0xa5),
      );
    }),
    { numRuns: 2000 },
  );
});

test("both back ends decode random bytes to the same value, which can be encoded again", () => {
  const bytesOf = typeAndValue.chain(({ type, size }) =>
    fc.record({ type: fc.constant(type), bytes: fc.uint8Array({ minLength: size, maxLength: size }) }),
  );
  fc.assert(
    fc.property(bytesOf, ({ type, bytes }) => {
      const plan = planOf(type, { path: "v" });
      const view = new DataView(bytes.buffer);
      const decoded = codecFrom(plan, "v").decode(view, 0);
      const slow = codecFrom(plan, "v", () => undefined);
      expect(slow.decode(view, 0)).toEqual(decoded);
      const three = new DataView(new Uint8Array([...bytes, ...bytes, ...bytes]).buffer);
      for (const codec of [codecFrom(plan, "v"), slow]) {
        expect(codec.decodeAll(three, bytes.length, bytes.length, 2)).toEqual([decoded, decoded]);
      }
      const again = new DataView(new ArrayBuffer(bytes.length));
      try {
        slow.encode(decoded, again, 0);
      } catch (error) {
        // Bytes that are not text do not decode to the same, and neither does padding that union members share with
        // others.
        expect(String(error)).toMatch(/disagree|expected a text/);
        return;
      }
      expect(slow.decode(again, 0)).toEqual(decoded);
    }),
    { numRuns: 2000 },
  );
});

/** Values that fit almost no type. */
const strange = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    Number.NaN,
    -1,
    0.5,
    -0,
    1e300,
    Number.POSITIVE_INFINITY,
    "",
    "x",
    -1n,
    2n ** 200n,
    true,
  ),
  fc.constantFrom<unknown>(
    {},
    [],
    [1],
    new Array(1),
    () => 1,
    Symbol("s"),
    new Uint8Array(3),
    new DataView(new ArrayBuffer(1)),
    new Date(0),
  ),
);

test("both back ends refuse invalid values with the same message, and throw nothing else", () => {
  fc.assert(
    fc.property(typeAndValue, strange, fc.nat(), ({ type, size, value }, wrong, where) => {
      const plan = planOf(type, { path: "v" });
      const given = spoil(value, wrong, where);
      const outcome = (codec: Codec<unknown>) => {
        const bytes = new Uint8Array(size);
        try {
          codec.encode(given, new DataView(bytes.buffer), 0);
          return bytes;
        } catch (error) {
          expect((error as { code: string }).code).toBe("ERR_BPF_ARGUMENT");
          return (error as Error).message;
        }
      };
      expect(outcome(codecFrom(plan, "v"))).toEqual(outcome(codecFrom(plan, "v", () => undefined)));
    }),
    { numRuns: 2000 },
  );
});

/** The value with one part replaced. */
function spoil(value: unknown, wrong: unknown, where: number): unknown {
  if (Array.isArray(value) && value.length > 0 && where % 4 !== 0) {
    return value.with(where % value.length, spoil(value[where % value.length], wrong, where >> 2));
  }
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
  const entries = isObject ? Object.entries(value) : [];
  if (entries.length === 0 || where % 4 === 0) return wrong;
  const chosen = where % entries.length;
  if (where % 5 === 0) return objectOf(entries.filter((_, index) => index !== chosen));
  return objectOf(entries.map(([name, old], index) => [name, index === chosen ? spoil(old, wrong, where >> 3) : old]));
}

test("generated code is in use", () => {
  const slow = codecFrom({ op: "float", size: 4 }, "v");
  const btf = new BtfBuilder();
  expect(generate(planOf(btf.type(btf.int("u32", 4, "unsigned")), { path: "v" }), slow)).toBeDefined();
});

/** A codec for a type of a builder. */
function made(build: (btf: BtfBuilder) => number, options: Partial<CodecOptions> = {}) {
  const btf = new BtfBuilder();
  const type = btf.type(build(btf));
  return codecOf(type, { path: "denied.key", ...options });
}

const view = (size: number) => new DataView(new ArrayBuffer(size));
const bytesOf = ({ buffer }: DataView) => Buffer.from(buffer as ArrayBuffer).toString("hex");

describe("errors", () => {
  const codec = made((btf) => {
    const u32 = btf.int("unsigned int", 4, "unsigned");
    const inner = btf.struct("struct", "inner", 4, [{ name: "port", type: btf.int("short", 2, "signed"), offset: 0 }]);
    const color = btf.enumeration("color", 4, false, [
      ["RED", 0n],
      ["GREEN", 1n],
    ]);
    return btf.struct("struct", "key", 56, [
      { name: "uid", type: u32, offset: 0 },
      { name: "list", type: btf.array(inner, 2), offset: 32 },
      { name: "comm", type: btf.array(btf.int("char", 1, "signed"), 4), offset: 96 },
      { name: "hash", type: btf.array(btf.int("unsigned char", 1, "unsigned"), 4), offset: 128 },
      { name: "color", type: color, offset: 160 },
      { name: "on", type: btf.int("_Bool", 1, "bool"), offset: 192 },
      { name: "ratio", type: btf.add(BtfKind.FLOAT, "float", 4), offset: 224 },
      { name: "cookie", type: btf.int("u64", 8, "unsigned"), offset: 256 },
      { name: "target", type: btf.reference(BtfKind.PTR, 0), offset: 320 },
      { name: "bits", type: u32, offset: 384, bits: 5 },
    ]);
  });
  const good = {
    ...{ uid: 1, list: [{ port: -1 }, { port: 2 }], comm: "abcd", hash: Uint8Array.of(1, 2, 3, 4), color: "GREEN" },
    ...{ on: true, ratio: 0.5, cookie: 1n, target: 0n, bits: 31 },
  };

  test("a valid value decodes to the same", () => {
    const memory = view(56);
    codec.encode(good, memory, 0);
    expect(codec.decode(memory, 0)).toEqual(good);
    codec.encode({ ...good, cookie: 7, target: 8, color: 1, comm: Buffer.from("a\xff\0\0", "latin1") }, memory, 0);
    expect(codec.decode(memory, 0)).toEqual({ ...good, cookie: 7n, target: 8n, comm: "a\ufffd" });
  });

  test.each<[object, string]>([
    [{ uid: -1 }, ".uid: expected u32, got -1"],
    [{ uid: 2 ** 32 }, ".uid: expected u32, got 4294967296"],
    [{ uid: 1.5 }, ".uid: expected u32, got 1.5"],
    [{ uid: Number.NaN }, ".uid: expected u32, got NaN"],
    [{ uid: "1" }, '.uid: expected u32, got "1"'],
    [{ uid: 1n }, ".uid: expected u32, got 1n"],
    [{ uid: null }, ".uid: expected u32, got null"],
    [{ uid: undefined }, ".uid: is missing"],
    [{ uidd: 1 }, ': struct key has no field "uidd"; did you mean "uid"?'],
    [{ list: [{ port: 1 }] }, ".list: expected an array of 2, got an array of 1"],
    [{ list: new Array(2) }, ".list[0]: expected an object (struct inner), got undefined"],
    [{ list: [{ port: 1 }, { port: 40000 }] }, ".list[1].port: expected s16, got 40000"],
    [{ list: [{ port: 1 }, { prt: 1 }] }, '.list[1]: struct inner has no field "prt"; did you mean "port"?'],
    [{ list: "ab" }, '.list: expected an array of 2, got "ab"'],
    [{ comm: "abcde" }, ".comm: expected a text of at most 4 bytes, got 5 bytes"],
    [{ comm: "ab€" }, ".comm: expected a text of at most 4 bytes, got 5 bytes"],
    [{ comm: "a\0b" }, ".comm: text ends at the first NUL, but this one contains a NUL"],
    [{ comm: "\ud800" }, ".comm: the text contains a lone surrogate"],
    [{ comm: 5 }, ".comm: expected a text of at most 4 bytes, got 5"],
    [{ hash: [1, 2, 3, 4] }, ".hash: expected 4 bytes (a Uint8Array), got an array of 4"],
    [{ hash: new Uint8Array(3) }, ".hash: expected 4 bytes (a Uint8Array), got 3 bytes"],
    [{ color: "GREAN" }, '.color: enum color has no "GREAN"; did you mean "GREEN"?'],
    [{ color: -1 }, ".color: expected enum color, got -1"],
    [{ on: 1 }, ".on: expected a boolean, got 1"],
    [{ ratio: 1e300 }, ".ratio: expected f32, got 1e+300"],
    [{ ratio: 1n }, ".ratio: expected a number, got 1n"],
    [{ cookie: 2n ** 64n }, ".cookie: expected u64, got 18446744073709551616n"],
    [{ cookie: 2 ** 60 }, ".cookie: expected u64, got 1152921504606847000"],
    [{ target: "0x1" }, '.target: expected a pointer, got "0x1"'],
    [{ bits: 32 }, ".bits: expected u5, got 32"],
  ])("%p", (wrong, message) => {
    expect(() => codec.encode({ ...good, ...wrong }, view(56), 0)).toThrow(
      expect.objectContaining({ code: "ERR_BPF_ARGUMENT", operation: "codec.encode", message: `denied.key${message}` }),
    );
  });

  test("values that are not objects", () => {
    for (const [wrong, got] of [
      [null, "null"],
      [[], "an array of 0"],
      [() => 1, "a function"],
      ["x", '"x"'],
    ] as const) {
      expect(() => codec.encode(wrong, view(56), 0)).toThrow(`denied.key: expected an object (struct key), got ${got}`);
    }
  });

  test("an exception of a getter is passed on, and each getter runs once if the value can be written at once", () => {
    const error = new Error("mine");
    const throwing = {
      ...good,
      get uid(): number {
        throw error;
      },
    };
    expect(() => codec.encode(throwing, view(56), 0)).toThrow(error);
    let reads = 0;
    const counting = {
      ...good,
      get uid() {
        return ++reads;
      },
    };
    codec.encode(counting, view(56), 0);
    expect(reads).toBe(1);
  });

  test("a getter that detaches the memory causes an error and nothing else", () => {
    const memory = view(56);
    const thief = {
      ...good,
      get cookie() {
        structuredClone(memory.buffer, { transfer: [memory.buffer as ArrayBuffer] });
        return 1n;
      },
    };
    expect(() => codec.encode(thief, memory, 0)).toThrow("a codec's view must have memory");
  });

  test("too few bytes are neither read nor written", () => {
    expect(() => codec.decode(view(64), 0, 55)).toThrow("denied.key: expected at least 56 bytes, got 55");
    expect(() => codec.encode(good, view(64), 0, 8)).toThrow("denied.key: expected at least 56 bytes, got 8");
    expect(() => codec.decode(view(40), 0)).toThrow("a codec's value ends at byte 56, but its view has 40 bytes");
  });
});

describe("types without values are refused when the codec is made", () => {
  const inStruct = (build: (btf: BtfBuilder) => number) => () =>
    made((btf) => {
      const bad = build(btf);
      const inner = btf.struct("struct", "inner", 8, [{ name: "next", type: bad, offset: 0 }]);
      return btf.struct("struct", "outer", 8, [{ name: "value", type: inner, offset: 0 }]);
    });
  test.each<[string, () => unknown, string]>([
    ["void", inStruct(() => 0), "denied.key.value.next: void has no values"],
    ["const void", inStruct((btf) => btf.reference(BtfKind.CONST, 0)), "denied.key.value.next: void has no values"],
    [
      "a declared struct",
      inStruct((btf) => btf.add(BtfKind.FWD, "file", 0)),
      "denied.key.value.next: struct file is declared and not defined",
    ],
    [
      "a function",
      inStruct((btf) => btf.add(BtfKind.FUNC_PROTO, "", 0)),
      "denied.key.value.next: a function has no values",
    ],
    [
      "too large",
      inStruct((btf) => btf.array(btf.int("u64", 8, "unsigned"), 2)),
      "denied.key.value.next: reaches beyond struct inner",
    ],
    ["an array of void", inStruct((btf) => btf.array(0, 2)), "denied.key.value.next[]: void has no values"],
  ])("%s", (_, make, message) => {
    expect(make).toThrow(expect.objectContaining({ code: "ERR_BPF_ARGUMENT", operation: "codec", message }));
  });

  test("a struct that contains itself", () => {
    expect(() => made((btf) => btf.struct("struct", "a", 8, [{ name: "a", type: 1, offset: 0 }]))).toThrow(
      /nested too deep/,
    );
    expect(() => made((btf) => btf.reference(BtfKind.TYPEDEF, 1, "t"))).toThrow("denied.key: void has no values");
  });

  test("a type as wide as it is deep", () => {
    const wide = (btf: BtfBuilder) => {
      let id = btf.struct("struct", "s0", 0, []);
      for (let depth = 1; depth < 30; depth++) {
        id = btf.struct(
          "struct",
          `s${depth}`,
          0,
          ["a", "b"].map((name) => ({ name, type: id, offset: 0 })),
        );
      }
      return id;
    };
    expect(() => made(wide)).toThrow(/more than 65536 fields/);
  });

  test("two fields of the same name", () => {
    const twice = (btf: BtfBuilder) => {
      const u32 = btf.int("u32", 4, "unsigned");
      const inner = btf.struct("union", "", 4, [{ name: "x", type: u32, offset: 0 }]);
      return btf.struct("struct", "s", 8, [
        { name: "x", type: u32, offset: 0 },
        { name: "", type: inner, offset: 32 },
      ]);
    };
    expect(() => made(twice)).toThrow("denied.key.x: struct s has two fields with this name");
  });
});

describe("flexible arrays take the rest of the bytes", () => {
  const sample = (element: (btf: BtfBuilder) => number) =>
    made((btf) => {
      const u8 = btf.int("unsigned char", 1, "unsigned");
      const tail = btf.array(element(btf), 0);
      return btf.struct("struct", "s", 4, [
        { name: "n", type: u8, offset: 0 },
        { name: "tail", type: tail, offset: 16 },
      ]);
    });
  test("numbers", () => {
    const codec = sample((btf) => btf.int("unsigned short", 2, "unsigned"));
    const memory = view(11);
    codec.encode({ n: 1, tail: [2, 3] }, memory, 0, 11);
    expect(bytesOf(memory)).toBe("0100020003000000000000");
    expect(codec.decode(memory, 0, 11)).toEqual({ n: 1, tail: [2, 3, 0, 0] });
    expect(codec.decode(memory, 0)).toEqual({ n: 1, tail: [2] });
    expect(() => codec.encode({ n: 1, tail: [1, 2, 3, 4, 5] }, memory, 0, 11)).toThrow(
      "denied.key.tail: expected an array of at most 4, got an array of 5",
    );
  });
  test("texts and bytes", () => {
    const text = sample((btf) => btf.int("char", 1, "signed"));
    const memory = view(9);
    text.encode({ n: 1, tail: "héllo" }, memory, 0, 9);
    expect(text.decode(memory, 0, 9)).toEqual({ n: 1, tail: "héllo" });
    const bytes = sample((btf) => btf.int("unsigned char", 1, "unsigned"));
    bytes.encode({ n: 1, tail: Uint8Array.of(1) }, memory, 0, 9);
    expect(bytes.decode(memory, 0, 5)).toEqual({ n: 1, tail: Uint8Array.of(1, 0, 0) });
  });
  test("an empty flexible array in the middle", () => {
    const codec = made((btf) => {
      const u32 = btf.int("u32", 4, "unsigned");
      const none = btf.array(u32, 0);
      return btf.struct("struct", "s", 4, [
        { name: "none", type: none, offset: 0 },
        { name: "x", type: u32, offset: 0 },
      ]);
    });
    expect(codec.decode(view(16), 0, 16)).toEqual({ none: [], x: 0 });
  });
});

describe("unions", () => {
  const codec = made((btf) => {
    const u32 = btf.int("u32", 4, "unsigned");
    const pair = btf.struct("struct", "", 8, [
      { name: "low", type: u32, offset: 0 },
      { name: "high", type: u32, offset: 32 },
    ]);
    return btf.struct("union", "u", 8, [
      { name: "whole", type: btf.int("u64", 8, "unsigned"), offset: 0 },
      { name: "", type: pair, offset: 0 },
      { name: "text", type: btf.array(btf.int("char", 1, "signed"), 8), offset: 0 },
    ]);
  });
  test("one member is enough, several must agree", () => {
    const memory = view(8);
    codec.encode({ low: 1, high: 2 }, memory, 0);
    const decoded = codec.decode(memory, 0);
    expect(decoded).toEqual({ whole: 0x2_0000_0001n, low: 1, high: 2, text: "\u0001" });
    const copy = view(8);
    codec.encode(decoded, copy, 0);
    expect(bytesOf(copy)).toBe(bytesOf(memory));
    codec.encode({ whole: 5n, low: undefined, high: undefined }, memory, 0);
    expect(bytesOf(memory)).toBe("0500000000000000");
  });
  test.each<[object, string]>([
    [{}, ": union u needs one of whole, low, high, text"],
    [{ low: 1 }, ".high: is missing"],
    [{ whole: 1n, low: 2, high: 0 }, ": the fields given of union u disagree; give one of whole, low, high, text"],
    [{ whol: 1n }, ': union u has no field "whol"; did you mean "whole"?'],
    [{ whole: -1n }, ".whole: expected u64, got -1n"],
  ])("%p", (wrong, message) => {
    expect(() => codec.encode(wrong, view(8), 0)).toThrow(`denied.key${message}`);
  });
});

describe("enums", () => {
  test("enums that old compilers do not mark as signed are unsigned, and accept negative numbers as the same bits", () => {
    const codec = made((btf) =>
      btf.enumeration("level", 4, false, [
        ["LOW", -1n],
        ["HIGH", 1n],
      ]),
    );
    const memory = view(4);
    codec.encode("LOW", memory, 0);
    expect(bytesOf(memory)).toBe("ffffffff");
    expect(codec.decode(memory, 0)).toBe("LOW");
    codec.encode(-2, memory, 0);
    expect(codec.decode(memory, 0)).toBe(0xfffffffe);
    const packed = made((btf) => btf.enumeration("level", 1, false, [["LOW", -1n]]));
    packed.encode("LOW", memory, 0);
    expect([packed.decode(memory, 0), memory.getUint8(0)]).toEqual(["LOW", 255]);
  });
  test("64-bit values are bigints, and the first of two names is used", () => {
    const codec = made((btf) =>
      btf.enumeration(
        "wide",
        8,
        false,
        [
          ["ONE", 1n],
          ["UNO", 1n],
          ["BIG", 1n << 40n],
        ],
        true,
      ),
    );
    const memory = view(8);
    codec.encode("UNO", memory, 0);
    expect(codec.decode(memory, 0)).toBe("ONE");
    codec.encode(3, memory, 0);
    expect(codec.decode(memory, 0)).toBe(3n);
  });
});

test("bit-fields whose size is in their integer type, without kind_flag", () => {
  const codec = made((btf) => {
    const three = btf.int("int", 4, "signed", 3);
    const five = btf.int("unsigned int", 4, "unsigned", 5, 3);
    return btf.struct(
      "struct",
      "s",
      4,
      [
        { name: "a", type: three, offset: 0 },
        { name: "b", type: five, offset: 0 },
      ],
      false,
    );
  });
  const memory = view(4);
  codec.encode({ a: -3, b: 17 }, memory, 0);
  expect(codec.decode(memory, 0)).toEqual({ a: -3, b: 17 });
  expect(memory.getUint8(0)).toBe((-3 & 7) | (17 << 3));
});

test("options: u64 as numbers, chars as bytes, managed fields left out", () => {
  const build = (btf: BtfBuilder) => {
    const u32 = btf.int("u32", 4, "unsigned");
    const lock = btf.struct("struct", "bpf_spin_lock", 4, [{ name: "val", type: u32, offset: 0 }]);
    const kptr = btf.reference(BtfKind.PTR, btf.reference(BtfKind.TYPE_TAG, u32, "kptr"));
    return btf.struct("struct", "s", 40, [
      { name: "lock", type: lock, offset: 0 },
      { name: "task", type: kptr, offset: 64 },
      { name: "u", type: btf.int("u64", 8, "unsigned"), offset: 128 },
      { name: "s", type: btf.int("s64", 8, "signed"), offset: 192 },
      { name: "comm", type: btf.array(btf.int("char", 1, "signed"), 8), offset: 256 },
    ]);
  };
  const codec = made(build, { u64: "number", chars: "bytes", managed: "skip" });
  const memory = view(40);
  const value = { u: 2 ** 53 - 1, s: -5, comm: Uint8Array.from(Buffer.from("bash\0\0\0\0")) };
  codec.encode(value, memory, 0);
  expect(codec.decode(memory, 0)).toEqual(value);
  memory.setBigUint64(16, 2n ** 64n - 1n, little);
  expect(codec.decode(memory, 0)).toMatchObject({ u: 2 ** 64 });
  expect(made(build).decode(memory, 0)).toMatchObject({ lock: { val: 0 }, task: 0n, comm: "bash" });
});

test("codecs without BTF", () => {
  const round = <T>(codec: Codec<T>, value: T) => {
    const memory = view(codec.size + 1);
    codec.encode(value, memory, 1);
    return codec.decode(memory, 1);
  };
  expect([round(codecs.u8, 255), round(codecs.s16, -2), round(codecs.u32, 7), round(codecs.f32, 0.5)]).toEqual([
    255, -2, 7, 0.5,
  ]);
  expect([
    round(codecs.u64, 2n ** 63n),
    round(codecs.s64, -1n),
    round(codecs.f64, 0.1),
    round(codecs.bool, true),
  ]).toEqual([...[2n ** 63n, -1n, 0.1, true]]);
  expect([round(codecs.text(8), "hi"), round(codecs.bytes(2), Uint8Array.of(1, 2))]).toEqual([
    "hi",
    Uint8Array.of(1, 2),
  ]);
  expect(() => round(codecs.u8, 256)).toThrow("u8: expected u8, got 256");
  for (const size of [0, -1, 1.5, Number.NaN])
    expect(() => codecs.text(size)).toThrow(/codecs\.text's argument size must be an integer from 1 to/);
});

test("the results are the same without generated code", () => {
  const script = `
    const { codecs } = require(${JSON.stringify(join(__dirname, "../../lib/codec/codecs"))});
    const { generate } = require(${JSON.stringify(join(__dirname, "../../lib/codec/generate"))});
    const view = new DataView(new ArrayBuffer(8));
    codecs.text(8).encode("abc", view, 0);
    console.log(codecs.text(8).decode(view, 0), generate({ op: "float", size: 4 }, codecs.f32));`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--disallow-code-generation-from-strings", "-e", script], {
    encoding: "utf8",
  });
  expect([stdout, stderr]).toEqual(["abc undefined\n", ""]);
});

test("an array that a getter of its element extends is not written beyond its memory", () => {
  const codec = made((btf) => {
    const u32 = btf.int("unsigned int", 4, "unsigned");
    return btf.array(btf.struct("struct", "point", 4, [{ name: "x", type: u32, offset: 0 }]), 1);
  });
  const list: { x: number }[] = [];
  list.push({
    get x() {
      list.push({ x: 9 });
      return 1;
    },
  });
  const memory = view(8);
  codec.encode(list, memory, 0);
  expect(memory.getUint32(4)).toBe(0);
});
