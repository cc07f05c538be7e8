/** Codecs: what is encoded comes back, both back ends agree, and what does not fit is refused with its path. */
import fc from "fast-check";
import { type Codec, codecFrom } from "../../lib/btf/codec";
import { generate } from "../../lib/btf/generate";
import { planOf } from "../../lib/btf/plan";
import { BtfBuilder } from "../btf-builder";
import { objectOf, part, typeAndValue } from "../random-types";

test("random values of random types come back, by generated code and without it", () => {
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
      // Nothing beside it was touched.
      expect([...first.bytes.subarray(0, gap), ...first.bytes.subarray(gap + size)]).toEqual(
        new Array(gap + 8).fill(0xa5),
      );
    }),
    { numRuns: 2000 },
  );
});

test("random bytes are decoded alike by both, and encode again", () => {
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
      const again = new DataView(new ArrayBuffer(bytes.length));
      try {
        slow.encode(decoded, again, 0);
      } catch (error) {
        // Bytes that are no text do not come back as text, and padding that a union's members share with others not at all.
        expect(String(error)).toMatch(/disagree|expected a text/);
        return;
      }
      expect(slow.decode(again, 0)).toEqual(decoded);
    }),
    { numRuns: 2000 },
  );
});

/** Values that fit nothing much. */
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

test("what is wrong is refused by both, in the same words, and nothing else is thrown", () => {
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

test("code is generated here", () => {
  const btf = new BtfBuilder();
  expect(generate(planOf(btf.type(btf.int("u32", 4, "unsigned")), { path: "v" }))).toBeDefined();
});
