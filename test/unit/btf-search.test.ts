/** The addon searches type records as TypeScript does, and refuses what is none. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { readBtf } from "node-libbpf";
import { Btf } from "../../lib/btf/btf";
import { BtfKind } from "../../lib/btf/btf-kinds";
import { inNative } from "../../lib/btf/kernel-btf";
import { BtfError, inTypeScript, withoutFlavor } from "../../lib/btf/search";
import { native } from "../../lib/native";
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

test("an index finds the same names, with or without flavors", () => {
  const names = [...new Set(Array.from(btf.types(), ({ name }) => name))];
  const indexed = new Btf(btf.bytes, undefined, "indexed", inNative);
  // Not by the first searches.
  for (let search = 0; search < 20; search++) indexed.find(BtfKind.INT, "int");
  for (const kind of Object.values(BtfKind))
    for (const name of [...names, "no_such_name", "no_such___flavor"]) {
      expect(indexed.find(kind, name)).toBe(btf.find(kind, name));
      expect(indexed.named([kind], name)).toEqual(btf.named([kind], name));
    }
  const both = [BtfKind.STRUCT, BtfKind.UNION];
  for (const name of names) expect(indexed.named(both, name)).toEqual(btf.named(both, name));
});

test("a flavor is what follows three underscores between other characters", () => {
  const flavored = ["a___b", "a___b___c", "a____b", "___a", "a___", "a___b_", "_a___b", "a___b____c", "ab"];
  const found = flavored.map((name) => withoutFlavor(name));
  expect(found).toEqual(["a", "a___b", "a____b", "___a", "a___", "a", "_a", "a", "ab"]);
  // The addon has the same rule.
  const strings = Buffer.from(`\0${flavored.join("\0")}\0`);
  const records = flavored.flatMap((name) => [strings.indexOf(`\0${name}\0`) + 1, BtfKind.FUNC << 24, 0]);
  const of = [Uint32Array.from(records), Uint32Array.from(flavored, (_, index) => 3 * index), strings, 0] as const;
  const table = native.btfIndex(...of);
  for (const name of flavored) {
    const expected = flavored.flatMap((_, index) => (found[index] === withoutFlavor(name) ? [index] : []));
    expect(Array.from(native.btfNamed(...of, table, BtfKind.FUNC, name))).toEqual(expected);
  }
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
        for (const table of [native.btfIndex(of, at, text, first), of])
          expect(native.btfNamed(of, at, text, first, table, BtfKind.FUNC, name).length).toBeLessThanOrEqual(
            table.length,
          );
      },
    ),
  );
});
