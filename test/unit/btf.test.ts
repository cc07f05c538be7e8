/** BTF as a graph: types of a compiler, refused calls, and damaged BTF. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { type BtfStruct, type BtfType, kernelBtf, readBtf, resolved, sizeOf } from "node-libbpf";
import { Btf } from "../../lib/btf/btf";
import { BtfKind } from "../../lib/btf/btf-kinds";
import { toC } from "../../lib/btf/c";
import { toJson } from "../../lib/btf/json";
import { reached, referencesOf } from "../../lib/btf/referenced-types";
import { BtfError } from "../../lib/btf/search";
import { readElf } from "../../lib/elf/elf";
import { BtfBuilder } from "../btf/builder";
import { compile, newClang } from "../btf/compile";
import { BtfBuilder as TypeBuilder } from "../btf-builder";

const object = compile(readFileSync(join(__dirname, "../../../test/btf/types.c")));
const bytes = readElf(object, "types").find(({ name }) => name === ".BTF")?.contents ?? new Uint8Array();
const btf = readBtf(object);

function struct(name: string, of = btf): BtfStruct {
  const type = resolved(of.typeNamed(name));
  if (type.kind !== "struct" && type.kind !== "union") throw new Error(`${name} is ${type.kind}`);
  return type;
}

function member(of: BtfStruct, name: string) {
  const found = of.members.find((member) => member.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return { ...found, type: found.type };
}

/** A type in a notation like C. */
function words(type: BtfType): string {
  if (type.kind === "ptr") return `${words(type.target)} *`;
  if (type.kind === "array") return `${words(type.element)}[${type.length}]`;
  if (type.kind === "const" || type.kind === "volatile") return `${type.kind} ${words(type.target)}`;
  if (type.kind === "fwd") return `${type.of} ${type.name};`;
  if (type.kind === "func_proto")
    return `${words(type.result)}(${type.parameters.map((parameter) => `${parameter.name}: ${words(parameter.type)}`)})`;
  return `${type.kind} ${type.name}`.trim();
}

describe("types of a compiler", () => {
  const everything = struct("struct everything");

  test("names, offsets and types of members", () => {
    expect(everything.size % 16).toBe(0);
    const flat = everything.members.map(({ name, type, bitOffset }) => `${name}@${bitOffset / 8} ${words(type)}`);
    expect(flat).toEqual([
      "plain@0 int int",
      "letters@4 int char[16]",
      "bytes@20 int signed char[2]",
      "flag@22 int _Bool",
      "vast@32 int __int128",
      "single@48 float float",
      "real@56 float double",
      "@64 union",
      "bits@72 struct bits",
      "squeezed@88 struct squeezed",
      "either@100 union either",
      "small@104 enum small",
      "tiny@108 enum tiny",
      "address@112 typedef address",
      "matrix@120 typedef matrix",
      "later@144 struct later; *",
      "next@152 struct everything *",
      "call@160 int int(: struct everything *,: typedef u32,: void) *",
      "untyped@168 void *",
      "tagged@176 int int",
      "trailing@180 int int[0]",
    ]);
  });

  test("integers", () => {
    const facts = (name: string) => {
      const type = member(everything, name).type;
      const bare = type.kind === "array" ? type.element : type;
      return bare.kind === "int" ? [bare.size, bare.bits, bare.encoding, bare.isChar] : [];
    };
    expect(facts("plain")).toEqual([4, 32, "signed", false]);
    expect(facts("letters").at(-1)).toBe(true);
    expect(facts("bytes")).toEqual([1, 8, "signed", false]);
    expect(facts("flag")).toEqual([1, 8, "bool", false]);
    expect(facts("vast")).toEqual([16, 128, "signed", false]);
  });

  test("bit-fields, packed structs, anonymous members", () => {
    const bits = struct("bits").members.map(({ name, bitOffset, bitSize }) => [name, bitOffset, bitSize]);
    expect(bits).toEqual([
      ["low", 0, 3],
      ["high", 3, 29],
      ["wide", 64, 33],
    ]);
    expect(member(struct("squeezed"), "second").bitOffset).toBe(8);
    expect(struct("squeezed").size).toBe(9);
    const union = member(everything, "").type as BtfStruct;
    expect(union).toMatchObject({ kind: "union", name: "", size: 4 });
    expect(union.members.map(({ name }) => name)).toEqual(["left", ""]);
  });

  test("enums", () => {
    expect(btf.typeNamed("enum small")).toMatchObject({
      kind: "enum",
      size: 4,
      values: [
        { name: "NONE", value: 0 },
        { name: "ONE", value: 1 },
        // clang before 15 does not record that an enum is signed.
        { name: "MINUS", value: expect.any(Number) },
      ],
    });
    expect(btf.typeNamed("enum tiny")).toMatchObject({ size: 1 });
    expect(btf.typeNamed("enum big")).toMatchObject({ signed: false, values: [{ name: "HUGE", value: 0x80000000 }] });
  });

  test("typedefs, and sizes through them", () => {
    const { type } = member(everything, "address");
    expect(words(type.kind === "typedef" ? type.target : type)).toBe("const volatile typedef u32 *");
    expect(sizeOf(type)).toBe(8);
    expect(sizeOf(member(everything, "matrix").type)).toBe(24);
    expect(sizeOf(member(everything, "trailing").type)).toBe(0);
    expect(sizeOf(member(everything, "later").type)).toBe(8);
    expect(sizeOf(btf.typeNamed("later"))).toBeUndefined();
    expect(resolved(btf.typeNamed("u32"))).toMatchObject({ kind: "int", name: "unsigned int" });
  });

  test("functions, variables, sections", () => {
    const twice = btf.type(btf.find(BtfKind.FUNC, "twice") ?? 0);
    if (twice.kind !== "func") throw new Error(twice.kind);
    expect(twice.linkage).toBe("global");
    expect(words(twice.prototype)).toBe("int int(number: int int)");
    expect(btf.type(btf.find(BtfKind.VAR, "squeezed") ?? 0)).toMatchObject({ kind: "var", linkage: "static" });
    const section = btf.type(btf.find(BtfKind.DATASEC, ".data.own") ?? 0);
    expect(section).toMatchObject({ kind: "datasec", variables: [{ variable: { name: "squeezed" } }] });
  });

  test("declaration tags", () => {
    const tags = (type: BtfType) => btf.tagsOf(type).map(({ name, component }) => [name, component]);
    const at = everything.members.findIndex(({ name }) => name === "tagged");
    expect(tags(everything)).toEqual(
      expect.arrayContaining([
        ["a struct", -1],
        ["a member", at],
      ]),
    );
    expect(tags(btf.type(btf.find(BtfKind.VAR, "everything") ?? 0))).toEqual([
      ["event:struct everything", -1],
      ["second", -1],
    ]);
    expect(tags(btf.typeNamed("marked"))).toEqual([["a typedef", -1]]);
    expect(tags(btf.type(btf.find(BtfKind.FUNC, "twice") ?? 0))).toEqual(
      expect.arrayContaining([
        ["a function", -1],
        ["a parameter", 0],
      ]),
    );
    expect(tags(btf.typeNamed("u32"))).toEqual([]);
  });

  (newClang === undefined ? test.skip : test)("64-bit enums, signs of enums, type tags", () => {
    const source = `
      enum wide { LOW = -1, HIGH = 0x7fffffffffffffff } wide;
      enum above { TOP = 0xffffffffffffffff } above;
      enum small { MINUS = -1 } small;
      struct user { int __attribute__((btf_type_tag("user"))) *there; } user;`;
    const btf = readBtf(compile(source, [], newClang));
    expect(btf.typeNamed("enum wide")).toMatchObject({
      kind: "enum64",
      size: 8,
      signed: true,
      values: [{ value: -1n }, { value: 0x7fffffffffffffffn }],
    });
    expect(btf.typeNamed("enum above")).toMatchObject({ signed: false, values: [{ value: 0xffffffffffffffffn }] });
    expect(btf.typeNamed("enum small")).toMatchObject({ kind: "enum", signed: true, values: [{ value: -1 }] });
    const there = member(struct("user", btf), "there").type;
    expect(there.kind === "ptr" && there.target).toMatchObject({ kind: "type_tag", name: "user" });
    expect(Array.from(toJson(reached(btf, [btf.typeNamed("enum above")]))).join("")).toContain(
      '"value":"18446744073709551615"',
    );
  });
});

describe("names", () => {
  test.each<[name: string, kind: string]>([
    ["struct everything", "struct"],
    ["everything", "struct"],
    ["union either", "union"],
    ["enum  small", "enum"],
    ["typedef u32", "typedef"],
    ["u32", "typedef"],
    ["unsigned int", "int"],
    ["double", "float"],
    ["struct later", "fwd"],
  ])("%s", (name, kind) => {
    expect(btf.typeNamed(name).kind).toBe(kind);
  });

  test.each<[name: string, hint: RegExp]>([
    ["struct evrything", /Did you mean struct everything\?/],
    ["evrything", /Did you mean struct everything\?/],
    ["union everything", /Did you mean struct everything\?/],
    ["u23", /Did you mean typedef u32\?/],
    ["enum big2", /Did you mean enum big\?/],
    ["", /node-libbpf btf dump/],
  ])("%j does not exist", (name, hint) => {
    expect(() => btf.typeNamed(name)).toThrow(
      expect.objectContaining({ code: "ERR_BPF_ARGUMENT", hint: expect.stringMatching(hint) }),
    );
  });

  test("beyond ASCII", () => {
    const btf = readBtf(compile("struct größe { int ä; } größe;"));
    expect(struct("struct größe", btf).members[0]?.name).toBe("ä");
    expect(Buffer.from(toC(btf)).toString()).toContain("struct größe {");
  });
});

describe("a name that is not an identifier is not written as C", () => {
  const evil = 'x; } y;\n#include "/etc/shadow"\nstruct z {';
  test.each<[string, (builder: TypeBuilder, int: number) => number]>([
    ["a struct's", (builder) => builder.struct("struct", evil, 0, [])],
    ["a member's", (builder, int) => builder.struct("struct", "s", 4, [{ name: evil, type: int, offset: 0 }])],
    ["an enumerator's", (builder) => builder.enumeration("e", 4, false, [[evil, 1n]])],
    ["a typedef's", (builder, int) => builder.reference(BtfKind.TYPEDEF, int, evil)],
    ["a type tag's", (builder, int) => builder.reference(BtfKind.TYPE_TAG, int, 'a")))int evil;')],
  ])("%s", (_, make) => {
    const builder = new TypeBuilder();
    make(builder, builder.int("int", 4, "signed"));
    expect(() => toC(builder.build())).toThrow(
      expect.objectContaining({
        code: "ERR_BPF_OBJECT_INVALID",
        message: expect.stringContaining("is not safe in C source"),
      }),
    );
  });
});

describe("split BTF", () => {
  const builder = new BtfBuilder(btf);
  const everything = btf.typeNamed("struct everything").id;
  const own = builder.struct("own", 16, [
    ["whole", builder.to(BtfKind.PTR, everything), 0],
    ["u32", btf.typeNamed("u32").id, 64],
  ]);
  builder.add("of the base", BtfKind.DECL_TAG, 0, everything, [0xffffffff]);
  const split = readBtf(builder.bytes(), { base: btf });

  test("extends its base", () => {
    expect(split).toMatchObject({ base: btf, first: btf.end, end: btf.end + 3 });
    expect(struct("own", split).id).toBe(own);
    const whole = member(struct("own", split), "whole").type;
    expect(whole.kind === "ptr" && whole.target).toBe(btf.type(everything));
    expect(split.typeNamed("struct bits")).toBe(btf.typeNamed("struct bits"));
    expect(split.tagsOf(btf.type(everything)).map(({ name }) => name)).toContain("of the base");
    expect(Array.from(split.types(), ({ kind }) => kind)).toEqual(["ptr", "struct", "decl_tag"]);
    expect(() => split.typeNamed("struct evrything")).toThrow("Did you mean struct everything?");
  });

  test("as C, with what it needs of its base", () => {
    const text = Buffer.from(toC(split)).toString();
    expect(text).toMatch(/struct own \{\n\tstruct everything \*whole;\n\tu32 u32;\n\};/);
    expect(text).toMatch(/typedef unsigned int u32;/);
    compile(text);
  });

  test("without its base it is damaged", () => {
    expect(() => readBtf(builder.bytes())).toThrow(expect.objectContaining({ code: "ERR_BPF_OBJECT_INVALID" }));
  });
});

describe("as C", () => {
  test("compiles to the same sizes", () => {
    const checks = Array.from(btf.types()).flatMap((type) =>
      (type.kind === "struct" || type.kind === "union") && type.name !== ""
        ? [`_Static_assert(sizeof(${type.kind} ${type.name}) == ${type.size}, "${type.name}");`]
        : [],
    );
    expect(checks.length).toBe(4);
    compile(`${Buffer.from(toC(btf))}${checks.join("\n")}`);
  });

  test("named types, and what they need", () => {
    const text = Buffer.from(toC(btf, [btf.typeNamed("union either")])).toString();
    expect(text).toMatch(/^#pragma once\n/);
    expect(text).toContain("typedef unsigned int u32;");
    expect(text).not.toContain("everything");
  });

  test("a named struct as an unnamed member", () => {
    const source = `
      struct inner { int a; unsigned b : 3; };
      struct outer { char c; struct inner; long d; };
      struct deep { struct outer; union { struct { int e; }; long f; }; } deep;`;
    const btf = readBtf(compile(source, ["-fms-extensions", "-Wno-microsoft-anon-tag"]));
    const text = Buffer.from(toC(btf)).toString();
    compile(`${text}\nint deep(struct deep *it) { return it->a + it->b + it->c + it->e; }
      _Static_assert(sizeof(struct deep) == ${struct("deep", btf).size}, "");`);
  });
});

describe("as JSON", () => {
  test("nodes with ids for references", () => {
    const types = JSON.parse(Array.from(toJson(btf.types())).join("")) as { id: number; kind: string; name: string }[];
    expect(types.map(({ id }) => id)).toEqual(Array.from({ length: btf.end - 1 }, (_, index) => index + 1));
    const u32 = btf.typeNamed("u32");
    expect(types[u32.id - 1]).toEqual({ id: u32.id, name: "u32", kind: "typedef", target: resolved(u32).id });
  });

  test("named types and all types that they refer to", () => {
    const either = btf.typeNamed("union either");
    const kinds = reached(btf, [either]).map(({ kind }) => kind);
    expect(kinds.sort()).toEqual(["array", "int", "int", "int", "typedef", "union"]);
    // A cycle, with tags.
    expect(reached(btf, [btf.typeNamed("struct everything")]).map(({ kind }) => kind)).toContain("decl_tag");
  });
});

describe("faults", () => {
  const { PTR, CONST, TYPEDEF, VOLATILE, FUNC_PROTO, VAR } = BtfKind;
  const cases: Record<string, [make: (builder: BtfBuilder) => void, what: RegExp]> = {
    "a typedef of itself": [
      (b) => b.to(TYPEDEF, 1, "t"),
      /^typedef t \(type 1\): it contains itself: typedef t → typedef t$/,
    ],
    "const and volatile of each other": [(b) => [b.to(CONST, 2), b.to(VOLATILE, 1)], /const → volatile → const/],
    "an array of itself": [(b) => [b.int(), b.array(2, 4, 1)], /array → array/],
    "an array indexed by itself": [(b) => [b.int(), b.array(1, 4, 2)], /array → array/],
    "a pointer to itself": [(b) => b.to(PTR, 1), /pointer → pointer/],
    "a struct that holds itself": [(b) => b.struct("s", 8, [["s", 1, 0]]), /struct s → struct s/],
    "structs that hold each other": [
      (b) => [b.struct("s", 8, [["t", 3, 0]]), b.to(CONST, 1), b.struct("t", 8, [["s", 2, 0]])],
      /struct s → struct t → const → struct s/,
    ],
    "a struct without name that points to itself": [
      (b) => [b.struct("", 8, [["s", 2, 0]]), b.to(PTR, 1)],
      /pointer → struct → pointer/,
    ],
    "a function that takes itself": [(b) => b.add("", FUNC_PROTO, 1, 0, [0, 1]), /contains itself/],
    "pointers in a row": [
      (b) => {
        b.int();
        for (let i = 1; i < 600; i++) b.to(PTR, i);
      },
      /nested more than 512 types deep/,
    ],
    "structs in structs": [
      (b) => {
        b.int();
        for (let i = 1; i < 600; i++) b.struct(`s${i}`, 4, [["s", i, 0]]);
      },
      /nested more than 512 types deep/,
    ],
    "arrays larger than memory": [
      (b) => [b.int(), b.array(1, 0xffffffff), b.array(2, 0xffffffff)],
      /array \(type 3\): 4294967295 elements of 17179869180 bytes are too large/,
    ],
    "an array beyond its struct": [
      (b) => [b.int(), b.array(1, 0xffffffff), b.struct("s", 0xffffffff, [["m", 2, 0]])],
      /its member m lies beyond its 4294967295 bytes/,
    ],
    "a member beyond its struct": [
      (b) => [b.int(), b.struct("s", 4, [["m", 1, 8]])],
      /^struct s \(type 2\): its member m lies beyond its 4 bytes$/,
    ],
    "a bit-field beyond its struct": [
      (b) => [b.int(), b.struct("s", 4, [["m", 1, (5 << 24) | 30]], true)],
      /its member m lies beyond/,
    ],
    "a bit-field wider than its type": [
      (b) => [b.int(), b.struct("s", 16, [["m", 1, (33 << 24) >>> 0]], true)],
      /its bit-field m is wider than its type/,
    ],
    "a member without size": [(b) => b.struct("s", 4, [["m", 0, 0]]), /its member m has no size/],
    "an integer of 3 bytes": [(b) => b.int("i", 3), /^i \(type 1\): it can't have 3 bytes$/],
    "an enum of no bytes with values": [
      (b) => b.add("e", BtfKind.ENUM, 1, 0, [0, 0]),
      /enum e \(type 1\): it can't have 0 bytes/,
    ],
    "a member that is an enum of no bytes": [
      (b) => [b.add("e", BtfKind.ENUM, 0, 0), b.struct("s", 4, [["m", 1, 0]])],
      /its member m has no size/,
    ],
    "an integer of 0 bits": [(b) => b.int("i", 4, 0), /^i \(type 1\): it has no bits$/],
    "a variable shorter than its type": [
      (b) => [b.int(), b.add("v", BtfKind.VAR, 0, 1, [1]), b.add(".data", BtfKind.DATASEC, 1, 4, [2, 0, 3])],
      /^section \.data \(type 3\): its variable v has 3 bytes, but its type 4$/,
    ],
    "a variable of .kconfig that is shorter than its type": [
      (b) => [b.int(), b.add("v", BtfKind.VAR, 0, 1, [2]), b.add(".kconfig", BtfKind.DATASEC, 1, 0, [2, 0, 1])],
      /its variable v has 1 bytes, but its type 4$/,
    ],
    "an integer of 33 bits": [(b) => b.int("i", 4, 33), /33 bits don't fit its 4 bytes/],
    "an enum of 3 bytes": [(b) => b.add("e", BtfKind.ENUM, 0, 3), /enum e \(type 1\): it can't have 3 bytes/],
    "a type that is not there": [(b) => b.to(PTR, 9), /pointer \(type 1\): type 9 does not exist/],
    "a struct of variables": [
      (b) => [b.int(), b.add("v", VAR, 0, 1, [0]), b.struct("s", 4, [["m", 2, 0]])],
      /struct s \(type 3\): it can't refer to variable v \(type 2\)/,
    ],
    "a function that is none": [(b) => [b.int(), b.to(BtfKind.FUNC, 1, "f")], /function f .*: it can't refer to int/],
    "nameless structs, each twice in the next": [
      (b) => {
        b.int();
        const twice = (id: number) =>
          b.struct("", 8, [
            ["a", id, 0],
            ["b", id, 0],
          ]);
        for (let id = 1; id < 40; ) id = twice(id);
      },
      /it is too large to write out/,
    ],
    "structs with nothing in them": [
      (b) => [b.int(), b.struct("s", 0x0fffffff, [["m", 1, 0]])],
      /it is too large to write out/,
    ],
    "many names of one long text": [
      (b) => Array.from({ length: 1000 }, () => b.int("a".repeat(100_000))),
      /its names are too long in total/,
    ],
    "many members of one long name": [
      (b) => [
        b.int(),
        b.struct(
          "s",
          2000,
          Array.from({ length: 500 }, (_, i) => ["a".repeat(100_000), 1, i * 32]),
        ),
      ],
      /its names are too long in total/,
    ],
    "a variable of one": [(b) => b.add("v", VAR, 0, 9, [0]), /variable v \(type 1\): type 9 does not exist/],
  };

  test.each(Object.entries(cases))("%s", (_, [make, what]) => {
    const builder = new BtfBuilder();
    make(builder);
    const fault = new Btf(builder.bytes()).fault();
    expect(fault?.what).toMatch(what);
    expect(() => readBtf(builder.bytes())).toThrow(
      expect.objectContaining({ code: "ERR_BPF_OBJECT_INVALID", message: expect.stringContaining(fault?.what ?? "") }),
    );
    expect(() => toC(new Btf(builder.bytes()))).toThrow(fault?.what);
  });

  test("valid C has no faults", () => {
    const builder = new BtfBuilder();
    builder.int();
    builder.struct("list", 16, [
      ["next", 3, 0],
      ["rows", 5, 64],
    ]);
    builder.to(PTR, 2);
    builder.array(1, 3);
    builder.to(PTR, 4);
    builder.struct("empty", 0, [["flexible", 7, 0]]);
    builder.array(1, 0);
    builder.to(PTR, builder.array(1, 0xffffffff));
    for (let i = 9; i < 32; i++) builder.to(TYPEDEF, i, `t${i}`);
    expect(new Btf(builder.bytes()).fault()).toBeUndefined();
  });

  test("C of a kernel and of its module declares the kfuncs of each, by the tag that both have", () => {
    const builder = new BtfBuilder();
    builder.int("u32", 4);
    const kfunc = (to: BtfBuilder, name: string, ...tags: [tag: string, component: number][]) => {
      const prototype = to.add("", FUNC_PROTO, 1, 1, [to.text("flags"), 1]);
      const id = to.add(name, BtfKind.FUNC, 1, prototype);
      for (const [tag, component] of tags) to.add(tag, BtfKind.DECL_TAG, 0, id, [component >>> 0]);
    };
    kfunc(builder, "bpf_one", ["bpf_kfunc", -1], ["bpf_fastcall", -1]);
    kfunc(builder, "not_one", ["bpf_kfunc", 0], ["bpf_kfuncs", -1]);
    kfunc(builder, "bpf_one", ["bpf_kfunc", -1]);
    kfunc(builder, "bpf-none", ["bpf_kfunc", -1]);
    const base = readBtf(builder.bytes());
    const declared = (of: Btf, types?: BtfType[]) =>
      Buffer.from(toC(of, types))
        .toString()
        .match(/^extern .*/gm) ?? [];
    expect(declared(base)).toEqual(["extern u32 bpf_one(u32 flags) __weak __ksym;"]);
    expect(declared(base, [base.type(1)])).toEqual([]);
    const module = new BtfBuilder(base);
    const prototype = module.add("", FUNC_PROTO, 0, 0);
    const id = module.add("bpf_two", BtfKind.FUNC, 1, prototype);
    module.add("bpf_kfunc", BtfKind.DECL_TAG, 0, id, [0xffffffff]);
    const bytes = Buffer.from(module.bytes());
    // As pahole does: a string that the base has is the base's.
    const at = 24 + 3 * 4 + 3 * 4;
    bytes.writeUInt32LE(builder.text("bpf_kfunc"), at);
    // libbpf before 1.2 writes no "void" for an empty parameter list.
    expect(declared(readBtf(bytes, { base })).map((line) => line.replace("()", "(void)"))).toEqual([
      "extern void bpf_two(void) __weak __ksym;",
    ]);
  });

  test("a large struct costs the same whether or not a pointer to it comes first", () => {
    const builder = new BtfBuilder();
    builder.to(PTR, 2);
    builder.struct("table", 1 << 27, [["slots", 3, 0]]);
    builder.array(4, 1 << 25);
    builder.int();
    expect(new Btf(builder.bytes()).fault()).toBeUndefined();
  });

  test("types that are declared and not defined have no size: clang's enums, rustc's ()", () => {
    const builder = new BtfBuilder();
    builder.to(PTR, builder.add("color", BtfKind.ENUM, 0, 0));
    builder.to(PTR, builder.int("()", 0, 0));
    expect(readBtf(builder.bytes()).end).toBe(5);
  });

  test("a long chain of structs that point to each other is processed without recursion", () => {
    const builder = new BtfBuilder();
    const count = 50_000;
    builder.int();
    for (let i = 0; i < count; i++) {
      builder.to(PTR, Math.min(builder.struct(`s${i}`, 8, [["next", 2 + 2 * i + 1, 0]]) + 2, 2 * count));
    }
    const chain = readBtf(builder.bytes());
    expect(reached(chain, [chain.typeNamed("s0")]).length).toBe(2 * count);
    expect(toC(chain, [chain.typeNamed("s0")]).length).toBeGreaterThan(0);
  });
});

describe("files without BTF", () => {
  const big = Buffer.from(bytes.subarray(0, bytes.length & ~1));
  big.swap16();
  test.each<[what: string, source: string | Uint8Array, code: string]>([
    ["nowhere", "/nowhere.o", "ERR_BPF_OBJECT_NOT_FOUND"],
    ["a directory", "/", "ERR_BPF_OBJECT_UNREADABLE"],
    ["nothing", new Uint8Array(), "ERR_BPF_OBJECT_EMPTY"],
    ["text", Buffer.from("hello"), "ERR_BPF_OBJECT_NOT_ELF"],
    ["another byte order", big, "ERR_BPF_OBJECT_ENDIANNESS"],
    ["an ELF file cut off", object.subarray(0, 100), "ERR_BPF_OBJECT_TRUNCATED"],
    ["an ELF file without BTF", readFileSync(process.execPath), "ERR_BPF_OBJECT_NO_BTF"],
    ["BTF cut off", bytes.subarray(0, bytes.length - 8), "ERR_BPF_OBJECT_INVALID"],
    ["BTF's beginning", bytes.subarray(0, 8), "ERR_BPF_OBJECT_INVALID"],
  ])("%s", (_, source, code) => {
    expect(() => readBtf(source)).toThrow(expect.objectContaining({ name: "ObjectError", code }));
  });

  test("BTF with a newer kind", () => {
    const builder = new BtfBuilder();
    builder.add("new", 25, 0, 0);
    expect(() => readBtf(builder.bytes())).toThrow(
      expect.objectContaining({ code: "ERR_BPF_NOT_SUPPORTED", message: expect.stringContaining("kind 25") }),
    );
  });

  test("arguments", () => {
    expect(() => readBtf(7 as never)).toThrow(expect.objectContaining({ code: "ERR_BPF_ARGUMENT" }));
    expect(() => kernelBtf("../vmlinux")).toThrow(expect.objectContaining({ code: "ERR_BPF_ARGUMENT" }));
    expect(() => kernelBtf(null as never)).toThrow(expect.objectContaining({ code: "ERR_BPF_ARGUMENT" }));
  });
});

/** Reads everything that the graph has. */
function walk(btf: Btf): void {
  for (const type of btf.types()) {
    for (const other of referencesOf(type)) resolved(other);
    if (type.kind === "enum" || type.kind === "enum64") type.values.length;
    sizeOf(resolved(type));
    btf.tagsOf(type);
    btf.resolve(type.id);
  }
  reached(btf, btf.types());
  toJson(btf.types());
  btf.find(BtfKind.FUNC, "twice");
  btf.scan({ [BtfKind.FUNC]: "", [BtfKind.STRUCT]: "" }, () => {});
}

test("damaged BTF is refused with a message, or can be walked and written as C", () => {
  const header = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true);
  const word = fc.tuple(fc.nat(Math.floor((bytes.length - header) / 4) - 1), fc.oneof(fc.nat(64), fc.nat(0xffffffff)));
  const byte = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
  let sound = 0;
  fc.assert(
    fc.property(fc.array(word, { maxLength: 4 }), fc.array(byte, { maxLength: 4 }), (words, flips) => {
      const damaged = Uint8Array.from(bytes);
      const view = new DataView(damaged.buffer);
      for (const [index, value] of words) view.setUint32(header + index * 4, value, true);
      for (const [at, value] of flips) damaged[at] = value;
      try {
        const raw = new Btf(damaged);
        walk(raw);
        expect(raw.fault()?.what).not.toBe("");
      } catch (error) {
        expect(error).toBeInstanceOf(BtfError);
      }
      try {
        const btf = readBtf(damaged);
        sound++;
        walk(btf);
        toC(btf);
      } catch (error) {
        expect(error).toMatchObject({ name: "ObjectError", code: expect.stringMatching(/^ERR_BPF_/) });
      }
    }),
    { numRuns: 2000 },
  );
  expect(sound).toBeGreaterThan(0);
});
