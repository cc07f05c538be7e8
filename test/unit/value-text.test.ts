/** Values as text: what the commands map and run read and print. */
import fc from "fast-check";
import { type BtfValue, codecOf, codecs } from "node-libbpf";
import { jsonOf, parseJson } from "../../lib/codec/exact-json";
import { valueOfText } from "../../lib/codec/value-text";
import { bytes, perCpu } from "../../lib/map/map-codec";
import { prefixCodec } from "../../lib/map/prefix";
import { open } from "../bpf/contexts.bpf";

const raw = (size: number) => bytes("m", "a key", size);

test.each<[text: string, codec: { size: number; decode: never } | object, value: unknown]>([
  ["5", codecs.u32, 5],
  ["-5", codecs.s32, -5],
  ["0x1f", codecs.u32, 31],
  ["18446744073709551615", codecs.u64, 2n ** 64n - 1n],
  ["0xffffffffffffffff", codecs.u64, 2n ** 64n - 1n],
  ["5", raw(4), Uint8Array.of(5, 0, 0, 0)],
  ["-2", raw(2), Uint8Array.of(254, 255)],
  ["0x5", raw(4), Uint8Array.of(5, 0, 0, 0)],
  ["0x0a0b0c", raw(3), Uint8Array.of(10, 11, 12)],
  ["[1,2,3]", raw(3), Uint8Array.of(1, 2, 3)],
  ["10.0.0.0/8", prefixCodec("m", 8), "10.0.0.0/8"],
  ['{"prefixLength":8,"data":[1,2]}', prefixCodec("m", 6), { prefixLength: 8, data: Uint8Array.of(1, 2) }],
  ['{"prefixLength":8,"data":"0x0102"}', prefixCodec("m", 6), { prefixLength: 8, data: Uint8Array.of(1, 2) }],
  ['"5"', codecs.u32, "5"],
  ["word", codecs.u32, "word"],
])("%s", (text, codec, value) => {
  const { size } = codec as { size: number };
  expect(valueOfText(text, codec as never, size)).toEqual(value);
});

test("each CPU's value is bytes", () => {
  const codec = perCpu("m", raw(2));
  const cpus = codec.size / 8;
  const text = JSON.stringify(Array.from({ length: cpus }, () => [1, 2]));
  expect(valueOfText(text, codec, codec.size)).toEqual(Array.from({ length: cpus }, () => Uint8Array.of(1, 2)));
});

test.each<[text: string, size: number]>([
  ["[1,2]", 3],
  ["[1,2,300]", 3],
  ["0x1234567", 3],
  ["16777216", 3],
  ["-8388609", 3],
  ["word", 3],
  ["1.5", 3],
  ["5", 16],
  ["{}", 4],
])("%s is not %p bytes, and left for the codec to refuse", (text, size) => {
  const codec = raw(size);
  const value = valueOfText(text, codec, size) as Uint8Array;
  expect(() => codec.encode(value, new DataView(new ArrayBuffer(size)), 0)).toThrow(/a key (is a|has) /);
});

test("all integers keep their digits", () => {
  const value = fc.letrec<{ value: BtfValue }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      fc.integer(),
      fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
      fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) }),
      fc.boolean(),
      fc.string(),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(fc.string(), tie("value"), { maxKeys: 3 }),
    ) as fc.Arbitrary<BtfValue>,
  })).value;
  fc.assert(fc.property(value, (value) => expect(parseJson(jsonOf(value))).toEqual(value)));
});

test("what is not JSON throws; text that looks like numbers is text", () => {
  for (const text of ["", "{", "01", "1 2", "word", "{'a':1}"]) expect(() => parseJson(text)).toThrow(SyntaxError);
  expect(parseJson('["123456789012345678901", 1e3, -0.5]')).toEqual(["123456789012345678901", 1000, -0.5]);
  expect(jsonOf([Number.NaN, Number.POSITIVE_INFINITY, 1.5])).toBe('["NaN","Infinity",1.5]');
  expect(jsonOf(Uint8Array.of(1, 255))).toBe("[1,255]");
});

test("an object's own types: what is printed is read again", () => {
  const { btf } = open();
  for (const type of btf.types()) {
    if (type.kind !== "struct" || type.name === "") continue;
    const codec = codecOf<BtfValue>(type);
    const memory = new DataView(new ArrayBuffer(codec.size));
    for (let i = 0; i < codec.size; i++) memory.setUint8(i, 65 + (i % 26));
    const again = new DataView(new ArrayBuffer(codec.size));
    codec.encode(valueOfText(jsonOf(codec.decode(memory, 0)), codec, codec.size), again, 0);
    expect(jsonOf(codec.decode(again, 0))).toBe(jsonOf(codec.decode(memory, 0)));
  }
});
