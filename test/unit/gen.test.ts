/** Generated TypeScript: names, forms, the same text for the same object. test/types tests what compiles. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { libbpf } from "node-libbpf";
import ts from "typescript";
import { BtfKind } from "../../lib/btf/btf-kinds";
import { generateModule } from "../../lib/gen/module";
import { assignNames, identifier, type Nameless, pascalCase, propertyKey } from "../../lib/gen/names";
import { renderTypes } from "../../lib/gen/typescript-types";
import { typesOf } from "../../scripts/gen-types";
import { bpfSources, PROJECT_ROOT } from "../../scripts/places";
import { objectPath } from "../bpf/objects";
import { BtfBuilder } from "../btf-builder";
import { diagnose } from "../compile-modules";

/** dist/ has the objects, the project the sources. */
const generate = (name: string, options: Partial<Parameters<typeof generateModule>[1]> = {}) =>
  generateModule(readFileSync(objectPath(name)), {
    fileName: `${name}.bpf.o`,
    path: `${name}.bpf.o`,
    module: "cjs",
    ...options,
  });

test.each([
  "*/ evil(); /*",
  "a\nevil();\n//",
  "a\u2028evil();//",
  "a\r\n*/evil()/*",
  '"; evil(); "',
  "`; evil(); `",
  "*",
  "/",
])("a path can't end its comment or its string: %j", (name) => {
  const statements = (text: string) => {
    const file = ts.createSourceFile("x.ts", text, ts.ScriptTarget.Latest, true);
    expect((file as unknown as { parseDiagnostics: unknown[] }).parseDiagnostics).toEqual([]);
    return file.statements.map(({ kind }) => ts.SyntaxKind[kind]);
  };
  const events = { events: "struct event" };
  for (const path of [`../${name}/events.bpf.o`, undefined]) {
    const text = generate("events", { fileName: `${name}.bpf.o`, path, events });
    expect(statements(text)).toEqual(statements(generate("events", { path, events })));
  }
});

test("an enumerator may be called __proto__", () => {
  const builder = new BtfBuilder();
  const id = builder.enumeration("odd", 4, false, [["__proto__", 7n]]);
  expect(renderTypes([builder.type(id)])).toContain('["__proto__"]: 7,');
});

describe("names", () => {
  test.each([
    ["event", "event"],
    ["class", "class_"],
    ["string", "string_"],
    ["keyof", "keyof_"],
    ["Uint8Array", "Uint8Array_"],
    ["2fast", "_2fast"],
    ["a-b.c", "a_b_c"],
    ["größe", "größe"],
    ["", "_"],
  ])("%p is %p", (name, expected) => expect(identifier(name)).toBe(expected));

  test("keys are quoted where they must be", () => {
    expect(["class", "__proto__", "a b", "1", 'say "x"'].map(propertyKey)).toEqual([
      "class",
      "__proto__",
      '"a b"',
      '"1"',
      '"say \\"x\\""',
    ]);
  });

  test("a file's name in PascalCase", () => {
    expect(["exec-watch", "my_prog.v2", "3d"].map((name) => pascalCase(name))).toEqual([
      "ExecWatch",
      "MyProgV2",
      "_3d",
    ]);
  });

  const type = (keyword: Nameless["keyword"], wish: string, path = `${keyword} ${wish}`) => ({ keyword, wish, path });
  const named = (items: Nameless[], taken: string[] = []) => Array.from(assignNames(items, taken).values());

  test("C's name spaces are kept apart, in any order", () => {
    const [a, b] = [type("struct", "foo"), type("typedef", "foo")];
    expect(named([a, b])).toEqual(["struct_foo", "typedef_foo"]);
    expect(named([b, a])).toEqual(["typedef_foo", "struct_foo"]);
    expect(named([a, type("struct", "bar")])).toEqual(["foo", "bar"]);
  });

  test("types without a name yield to named ones, and are named by their place", () => {
    const items = [type("", "foo_bar", "b"), type("struct", "foo_bar"), type("", "foo_bar", "a")];
    const names = assignNames(items, []);
    expect(items.map((item) => names.get(item))).toEqual(["foo_bar_3", "foo_bar", "foo_bar_2"]);
  });

  test("a conflicting name is prefixed with its keyword", () => {
    expect(named([type("struct", "HashMap")], ["HashMap"])).toEqual(["struct_HashMap"]);
  });

  test("two types of the same name are numbered", () => {
    expect(named([type("struct", "foo"), type("struct", "foo")])).toEqual(["foo", "foo___2"]);
    expect(named([type("struct", "a-b"), type("struct", "a_b")])).toEqual(["a_b", "a_b___2"]);
  });
});

describe("types", () => {
  test("identical structs are merged; different ones are numbered", () => {
    const builder = new BtfBuilder();
    const int = builder.int("int", 4, "signed");
    const point = () => builder.struct("struct", "point", 4, [{ name: "x", type: int, offset: 0 }]);
    const [a, b] = [point(), point()];
    const other = builder.struct("struct", "point", 4, [{ name: "y", type: int, offset: 0 }]);
    const btf = builder.build();
    const types = [a, b, other].map((id) => btf.type(id));
    const text = renderTypes(types);
    expect(text.match(/export interface \w+/g)).toEqual(["export interface point", "export interface point___2"]);
  });

  test.each<[what: string, make: (builder: BtfBuilder) => number, says: string]>([
    ["void", () => 0, "type 0: void has no values"],
    [
      "a struct that is only declared, inside another",
      (builder) => {
        const forward = builder.add(BtfKind.FWD, "hidden", 0);
        const array = builder.array(forward, 2);
        return builder.struct("struct", "outer", 8, [{ name: "inner", type: array, offset: 0 }]);
      },
      "outer.inner: struct hidden has no values",
    ],
    [
      "a function, by a typedef",
      (builder) => {
        const prototype = builder.add(BtfKind.FUNC_PROTO, "", 0);
        return builder.reference(BtfKind.TYPEDEF, prototype, "callback");
      },
      "callback: void (void) has no values",
    ],
  ])("%s", (_, make, says) => {
    const builder = new BtfBuilder();
    const id = make(builder);
    expect(() => renderTypes([builder.type(id)])).toThrow(says);
  });

  test("types behind pointers are left out", () => {
    const builder = new BtfBuilder();
    const pointer = builder.reference(BtfKind.PTR, 0);
    const id = builder.struct("struct", "node", 8, [{ name: "next", type: pointer, offset: 0 }]);
    expect(renderTypes([builder.type(id)])).toContain("  /** void *next */\n  next: bigint;\n");
  });
});

describe("the stored files", () => {
  // The types of the newest sections and maps come from the bundled libbpf.
  const newest = /\/(whole-\w[\w-]*|kinds-\w[\w-]*|cases\/\w+)\.bpf\.c$/;
  const sources = bpfSources().filter((source) => libbpf.linkage === "bundled" || !newest.test(source));

  test.each(sources)("%s has the types that its object has", (source) => {
    const stored = readFileSync(join(PROJECT_ROOT, source.replace(/\.c$/, ".ts")), "utf8");
    expect(typesOf(source)).toBe(stored);
  });

  test("the same object gives the same text", () => expect(generate("shapes")).toBe(generate("shapes")));
});

describe("open()", () => {
  test("a path from the module's folder", () => {
    expect(generate("maps", { path: "../build/maps.bpf.o" })).toContain('join(__dirname, "../build/maps.bpf.o")');
    expect(generate("maps", { module: "esm" })).toContain('join(import.meta.dirname, "maps.bpf.o")');
  });

  test("the events option", () => {
    const text = generate("cycle", { events: { events: "unsigned int" } });
    expect(text).toContain("events: RingBuffer<number>;");
    expect(text).toContain('const events = { events: "unsigned int", ...options.events };');
    expect(() => generate("cycle", { events: { events: "struct nothing" } })).toThrow(
      /event type "struct nothing" of map events names a type that is not .* const struct nothing \*unused_nothing/,
    );
    expect(() => generate("cycle", { events: { evens: "int" } })).toThrow(
      /map evens does not apply to a ring or perf buffer.*buffers: events/,
    );
  });

  test("64-bit integers as numbers", () => {
    const text = generate("shapes", { u64: "number" });
    expect(text).toContain('return openObject<Shapes>(source, { u64: "number", ...options });');
    expect(generate("maps", { u64: "number" })).toContain("hash: HashMap<number, number>;");
  });

  test("an embedded object is opened from the module alone", () => {
    const text = generate("maps", { path: undefined });
    expect(text).not.toContain("node:path");
    const exported: { open?: () => { maps: object; name: string } } = {};
    const code = ts.transpileModule(text, { compilerOptions: { module: ts.ModuleKind.CommonJS } }).outputText;
    new Function("exports", "require", code)(exported, require);
    const spec = exported.open?.();
    expect(spec?.name).toBe("maps");
    expect(Object.keys(spec?.maps ?? {})).toContain("lru");
  });
});

test("a stripped object and damaged BTF are refused as in open()", () => {
  const bytes = readFileSync(objectPath("maps"));
  const options = { fileName: "x.bpf.o", path: "x.bpf.o", module: "cjs" } as const;
  expect(() => generateModule(bytes.subarray(0, -100), options)).toThrow(/truncated/);
  expect(() => generateModule(Buffer.from("nothing"), options)).toThrow(/not an ELF file/);
});

test("modules of both formats compile under strict, embedded or not", () => {
  const esm = { module: "esm" } as const;
  expect(
    diagnose(
      {
        "shapes.ts": generate("shapes", esm),
        "maps.ts": generate("maps", { ...esm, path: undefined }),
        "facts.ts": generate("facts", { ...esm, u64: "number" }),
        "refusals.ts": generate("refusals-maps", esm),
        "use.ts": 'import { open } from "./shapes.js";\nexport const run = open().programs.run;\n',
      },
      "module",
    ),
  ).toEqual([]);
  expect(
    diagnose({ "shapes.ts": generate("shapes"), "events.ts": generate("events", { path: undefined }) }, "commonjs"),
  ).toEqual([]);
});
