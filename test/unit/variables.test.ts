/** Encoding and decoding of global variables. */
import fc from "fast-check";
import type { VariableDescription } from "../../lib/native";
import { decodeVariable, encodeVariable, variablesOver } from "../../lib/object/variables";

function variable(format: VariableDescription["format"], size: number): VariableDescription {
  return { name: "v", section: ".data", sectionId: 1, offset: 0, size, format };
}

for (const size of [1, 2, 4, 8] as const) {
  const bits = BigInt(size * 8);
  test.each(["int", "uint"] as const)(
    `%s of ${size} bytes: what fits comes back, what does not is refused`,
    (format) => {
      const low = format === "int" ? -(2n ** (bits - 1n)) : 0n;
      const high = format === "int" ? 2n ** (bits - 1n) - 1n : 2n ** bits - 1n;
      const v = variable(format, size);
      fc.assert(
        fc.property(fc.bigInt({ min: low, max: high }), (value) => {
          const back = decodeVariable(v, encodeVariable(v, value));
          expect(typeof back).toBe(size === 8 ? "bigint" : "number");
          expect(BigInt(back as number)).toBe(value);
        }),
      );
      for (const value of [low - 1n, high + 1n]) expect(() => encodeVariable(v, value)).toThrow(/does not fit/);
    },
  );
}

test("bytes come back as a copy", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), (bytes) => {
      const v = variable("bytes", bytes.length);
      const encoded = encodeVariable(v, bytes);
      expect(decodeVariable(v, encoded)).toEqual(bytes);
      expect(decodeVariable(v, encoded)).not.toBe(encoded);
      expect(() => encodeVariable(v, new Uint8Array(bytes.length + 1))).toThrow(/has \d+ bytes/);
    }),
  );
});

test("bool", () => {
  const v = variable("bool", 1);
  for (const value of [true, false]) expect(decodeVariable(v, encodeVariable(v, value))).toBe(value);
  expect(() => encodeVariable(v, 2)).toThrow(/does not fit bool/);
});

test("two variables of one name are neither read nor written", () => {
  const both = [variable("uint", 4), { ...variable("uint", 4), section: ".bss" }];
  const variables = variablesOver([...both, { ...variable("uint", 4), name: "w" }], {
    read: () => new Uint8Array(4),
    write: () => {},
  });
  expect(variables.w).toBe(0);
  expect(() => variables.v).toThrow(/ambiguous: it is in .data and .bss/);
  expect(() => {
    variables.v = 1;
  }).toThrow(/ambiguous/);
});
