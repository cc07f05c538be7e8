/** The generated module compiles whatever the names in the object are. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import ts from "typescript";
import { build } from "../../lib/build/build";
import { generateModule } from "../../lib/gen/module";
import { mapClasses } from "../../lib/map-types";
import { diagnose } from "../compile-modules";

/** Each is a placeholder for names up to its length; no other name contains it. */
const WIDTH = 24;
const placeholder = (what: string) => what.padEnd(WIDTH, "_");
const TAGS = ["t_one", "t_two", "t_three", "t_four"].map(placeholder);
const OTHERS = ["o_map", "o_ring", "o_program", "o_variable", "o_constant", "o_alias"].map(placeholder);
const MEMBERS = ["m_one", "m_two", "v_one", "v_two"].map(placeholder);

const [t1, t2, t3, t4] = TAGS;
const [map, ring, program, variable, constant, alias] = OTHERS;
const [m1, m2, v1, v2] = MEMBERS;
const SOURCE = `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
char LICENSE[] SEC("license") = "GPL";
enum ${t1} { ${v1} = 1, ${v2} = 2 };
struct ${t2} { int ${m1}; enum ${t1} ${m2}; };
union ${t3} { struct ${t2} ${m1}; long ${m2}; };
typedef struct { int ${m1}; } ${alias};
struct ${t4} { union ${t3} ${m1}; ${alias} ${m2}; };
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, struct ${t2});
	__type(value, struct ${t4});
} ${map} SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ${ring} SEC(".maps") __attribute__((btf_decl_tag("event:struct ${t4}")));
struct ${t2} ${variable};
const volatile ${alias} ${constant};
SEC("syscall") int ${program}(void *ctx) { return ${variable}.${m1}; }
`;

let template: Buffer;
beforeAll(() => {
  const folder = mkdtempSync(join(tmpdir(), "node-libbpf-"));
  try {
    writeFileSync(join(folder, "names.bpf.c"), SOURCE);
    expect(build(join(folder, "names.bpf.c"), folder, { types: false }).compiled).toBe(true);
    template = readFileSync(join(folder, "names.bpf.o"));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** The object with other names: in its BTF, and in its symbol table. */
function named(names: ReadonlyMap<string, string>): Buffer {
  const bytes = Buffer.from(template);
  for (const [old, name] of names)
    for (let at = bytes.indexOf(old); at >= 0; at = bytes.indexOf(old, at + 1))
      bytes.fill(`${name}\0`, at, at + name.length + 1);
  return bytes;
}

/** Names of the library, of the module itself, of TypeScript and Node.js; of JavaScript's prototypes. */
const OURS = [
  ...Object.keys(mapClasses),
  ..."ObjectSpec OpenOptions open openObject join OBJECT source events options maps programs".split(" "),
];
const WORDS = Array.from({ length: ts.SyntaxKind.LastKeyword - ts.SyntaxKind.FirstKeyword + 1 }, (_, index) =>
  ts.tokenToString(ts.SyntaxKind.FirstKeyword + index),
).filter((word) => word !== undefined);
const GLOBALS = Object.getOwnPropertyNames(globalThis).filter((name) => /^\w+$/.test(name) && name.length <= WIDTH);
const ODD = [
  "__proto__",
  "__esModule",
  "__dirname",
  "__filename",
  "exports",
  "module",
  "require",
  "constructor",
  "toString",
  "a_2",
  "a___2",
];

const one = fc.oneof(
  fc.constantFrom(...OURS, ...WORDS, ...GLOBALS, ...ODD),
  fc.constantFrom("a", "A", "a_", "_a", "struct_a", "enum_a", "typedef_a"),
  fc.stringMatching(/^[A-Za-z_]\w{0,12}$/),
);
/** With the keyword that a conflict would prepend, or the suffix that it would append. */
const name = fc
  .tuple(
    one,
    fc.constantFrom("", "", "", "struct_", "enum_", "typedef_", "union_"),
    fc.constantFrom("", "", "", "_", "_2", "___2"),
  )
  .map(([name, before, after]) => `${before}${name}${after}`)
  .filter((name) => name.length < WIDTH);
const several = (count: number) => fc.uniqueArray(name, { minLength: count, maxLength: count });
/** Names that C keeps apart may be equal: tags, typedefs and variables, members. */
const object = fc.record({
  tags: several(TAGS.length),
  others: several(OTHERS.length),
  members: several(MEMBERS.length),
  file: fc.oneof(
    name,
    fc.constantFrom("ring_buffer", "lpm_trie_map", "object", "bpf_map", "record", "1", "-", "größe", "ß"),
  ),
});

test("modules compile whatever the names in their objects are", () => {
  for (const type of ["module", "commonjs"] as const) {
    const files: Record<string, string> = {};
    // One compilation for all, because each takes a second.
    for (const [index, { tags, others, members, file }] of fc.sample(object, 150).entries()) {
      const olds = [...TAGS, ...OTHERS, ...MEMBERS];
      const bytes = named(new Map([...tags, ...others, ...members].map((name, at) => [olds[at] as string, name])));
      const options = { fileName: `${file}.bpf.o`, module: type === "module" ? "esm" : "cjs" } as const;
      const path = index % 2 === 0 ? undefined : `${file}.bpf.o`;
      files[`m${index}.ts`] = generateModule(bytes, { ...options, path });
    }
    // If it does not compile, show the text.
    const wrong = diagnose(files, type);
    expect(wrong.map((line) => `${line}\n${files[/^\w+\.ts/.exec(line)?.[0] ?? ""] ?? ""}`)).toEqual([]);
  }
});

test.each(OURS)("an object called as %s", (own) => {
  const path = `${own}.bpf.o`;
  const text = generateModule(template, { fileName: path, path, module: "esm" });
  const declared = ts
    .createSourceFile("x.ts", text, ts.ScriptTarget.Latest)
    .statements.flatMap((statement) => (ts.isInterfaceDeclaration(statement) ? [statement.name.text] : []));
  expect(declared).not.toContain(own);
});

test.each([
  ["ring_buffer", "RingBuffer_"],
  ["lpm_trie_map", "LpmTrieMap_"],
  ["object", "Object_"],
  ["guard", "Guard"],
])("the shape of %s is %s, whatever maps it has", (file, shape) => {
  const path = `${file}.bpf.o`;
  expect(generateModule(template, { fileName: path, path, module: "esm" })).toContain(`export interface ${shape} {`);
});
