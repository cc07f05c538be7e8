/** The addon searches type records as TypeScript does, and refuses what is none. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { readBtf } from "node-libbpf";
import { BtfKind } from "../../lib/btf/btf-kinds";
import { inNative } from "../../lib/btf/kernel-btf";
import { BtfError, inTypeScript } from "../../lib/btf/search";
import { compile } from "../btf/compile";

const btf = readBtf(compile(readFileSync(join(__dirname, "../../../test/btf/types.c"))));
const { words, strings } = btf;
const { starts } = inTypeScript.starts(words);

test("both find the records of a compiler", () => {
  expect(inNative.starts(words)).toEqual(inTypeScript.starts(words));
});

test("both agree on damaged records", () => {
  const result = (search: typeof inNative, of: Uint32Array) => {
    try {
      return search.starts(of);
    } catch (error) {
      if (!(error instanceof BtfError)) throw error;
      return "refused";
    }
  };
  const damage = fc.record({ at: fc.nat(words.length - 1), word: fc.nat(0xffffffff), length: fc.nat(words.length) });
  fc.assert(
    fc.property(damage, ({ at, word, length }) => {
      const damaged = words.slice(0, length);
      if (at < length) damaged[at] = word;
      expect(result(inNative, damaged)).toEqual(result(inTypeScript, damaged));
    }),
  );
});

test("both find the same names", () => {
  const names = Array.from(btf.types(), ({ name }) => name);
  const prefix = fc.tuple(fc.constantFrom(...names), fc.nat(4), fc.boolean());
  fc.assert(
    fc.property(fc.constantFrom(...Object.values(BtfKind)), prefix, fc.nat(3), (kind, [name, cut, whole], limit) => {
      const wanted = whole ? `${name}\0` : name.slice(0, cut);
      const of = [words, starts, strings, 0, kind, wanted, limit] as const;
      expect(Array.from(inNative.matches(...of))).toEqual(inTypeScript.matches(...of));
    }),
  );
});

test("the addon reads nothing outside of what it is given", () => {
  fc.assert(
    fc.property(
      fc.uint32Array(),
      fc.uint32Array(),
      fc.uint8Array(),
      fc.nat(),
      fc.string(),
      (of, at, text, first, name) => {
        expect(inNative.matches(of, at, text, first, BtfKind.FUNC, name, 9).length).toBeLessThanOrEqual(at.length);
      },
    ),
  );
});
