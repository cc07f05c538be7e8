/** Generates random C declarations, and a program that prints their memory layout: the same for the same seed. */

/** A leaf of a declared struct: its path in C and in JavaScript, and how the program prints it. */
interface Member {
  /** The declaration, with its semicolon. */
  text: string;
  /** Statements that fill it, and that print it. */
  fill: string[];
  print: string[];
}

interface Scalar {
  c: string;
  /** Its format: unsigned, signed, boolean, float, enum, 128 bits. */
  form: "u" | "s" | "b" | "f" | "e" | "x";
  /** The most bits of a bit-field; 0: it can't be one. */
  bits: number;
}

const SCALARS: readonly Scalar[] = [
  { c: "char", form: "s", bits: 8 },
  { c: "signed char", form: "s", bits: 8 },
  { c: "unsigned char", form: "u", bits: 8 },
  { c: "short", form: "s", bits: 16 },
  { c: "unsigned short", form: "u", bits: 16 },
  { c: "int", form: "s", bits: 32 },
  { c: "unsigned int", form: "u", bits: 32 },
  { c: "long long", form: "s", bits: 64 },
  { c: "unsigned long long", form: "u", bits: 64 },
  { c: "__int128", form: "x", bits: 0 },
  { c: "unsigned __int128", form: "x", bits: 0 },
  { c: "_Bool", form: "b", bits: 1 },
  { c: "float", form: "f", bits: 0 },
  { c: "double", form: "f", bits: 0 },
  { c: "void *", form: "u", bits: 0 },
  { c: "count_t", form: "u", bits: 64 },
  { c: "enum color", form: "e", bits: 32 },
  { c: "enum level", form: "e", bits: 32 },
  { c: "enum small", form: "e", bits: 0 },
  { c: "enum wide", form: "e", bits: 0 },
];

/** The enumerators' values. */
export const ENUMERATORS: Readonly<Record<string, bigint>> = {
  ...{ RED: 0n, GREEN: 1n, BLUE: 7n, LOW: -2n, MIDDLE: 0n, HIGH: 2_000_000_000n, TINY: 3n, ODD: 200n },
  ...{ HUGE_ONE: 1n << 40n, NEGATIVE_ONE: -1n },
};

const PRELUDE = `
typedef unsigned long long u64_t;
typedef const volatile u64_t qualified_t;
typedef u64_t count_t;
enum color { RED, GREEN, BLUE = 7 };
enum level { LOW = -2, MIDDLE = 0, HIGH = 2000000000 };
enum __attribute__((packed)) small { TINY = 3, ODD = 200 };
enum wide { HUGE_ONE = 1LL << 40, NEGATIVE_ONE = -1 };
`;

const MAIN = `
#include <stddef.h>
#include <stdio.h>
#include <string.h>
static _Alignas(16) unsigned char memory[1 << 16];
static void u(const char *path, unsigned long long value) { printf("V u %s %llu\\n", path, value); }
static void s(const char *path, long long value) { printf("V s %s %lld\\n", path, value); }
static void b(const char *path, int value) { printf("V b %s %d\\n", path, value); }
static void e(const char *path, long long value) { printf("V e %s %lld\\n", path, value); }
static void f(const char *path, double value) { printf("V f %s %.17g\\n", path, value); }
static void x(const char *path, unsigned __int128 value) {
  printf("V x %s 0x%016llx%016llx\\n", path, (unsigned long long)(value >> 64), (unsigned long long)value);
}
static void t(const char *path, const char *text, size_t size) { printf("V t %s %.*s\\n", path, (int)size, text); }
static void hex(size_t length) {
  printf("H ");
  for (size_t i = 0; i < length; i++) printf("%02x", memory[i]);
  printf("\\n");
}
`;

export interface Declarations {
  /** For both compilers. */
  header: string;
  /** For BPF: a variable of each type. */
  bpf: string;
  /** For this machine: prints sizes, offsets, values, bytes. */
  program: string;
  names: string[];
}

/** The number of structs. */
export function declarations(count: number, seed: number): Declarations {
  const random = generator(seed);
  const names: string[] = [];
  const types: string[] = [];
  const functions: string[] = [];
  for (let index = 0; index < count; index++) {
    const name = `s${index}`;
    const made = new Struct(random).make(name);
    names.push(name);
    types.push(made.type);
    functions.push(made.run);
  }
  const header = `${PRELUDE}\n${types.join("\n")}\n`;
  return {
    names,
    header,
    bpf: `${header}\n${names.map((name) => `struct ${name} var_${name};`).join("\n")}\n`,
    program: `${header}${MAIN}${functions.join("\n")}\nint main(void) { ${names.map((name) => `run_${name}();`).join(" ")} return 0; }\n`,
  };
}

/** Random numbers below a limit; Mulberry32. */
function generator(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

class Struct {
  #names = 0;
  /** Whether unions enclose it: other members may overlap it, so it is not text. */
  #unions = 0;

  constructor(readonly random: (limit: number) => number) {}

  make(name: string): { type: string; run: string } {
    const members = this.#members("", 0, false);
    const flexible = this.random(6) === 0 ? this.#flexible(name) : undefined;
    const body = [...members.map(({ text }) => text), ...(flexible ? [flexible.text] : [])].join(" ");
    const type = `struct ${name} { ${body} }${this.#attributes()};`;
    const fill = [...members.flatMap((member) => member.fill), ...(flexible?.fill ?? [])];
    const print = [...members.flatMap((member) => member.print), ...(flexible?.print ?? [])];
    const run = `static void run_${name}(void) {
      struct ${name} *v = (void *)memory; size_t length = sizeof(*v); memset(memory, 0, sizeof(memory));
      printf("T ${name} %zu\\n", sizeof(*v));
      ${fill.join("\n")}
      ${print.join("\n").replaceAll("OFFSETOF(", `offsetof(struct ${name}, `)}
      hex(length);
    }`;
    return { type, run };
  }

  #attributes(): string {
    const aligned = [4, 8, 16, 32][this.random(4)];
    return [
      "",
      "",
      " __attribute__((packed))",
      ` __attribute__((aligned(${aligned})))`,
      ` __attribute__((packed, aligned(2)))`,
    ][this.random(5)] as string;
  }

  /** @param inUnion whether only one member may be filled */
  #members(prefix: string, depth: number, inUnion: boolean): Member[] {
    const members = Array.from({ length: 1 + this.random(depth === 0 ? 8 : 4) }, () =>
      this.#member(prefix, depth, inUnion),
    );
    if (!inUnion) return members;
    const chosen = this.random(members.length);
    return members.map((member, index) => (index === chosen ? member : { ...member, fill: [] }));
  }

  #member(prefix: string, depth: number, inUnion: boolean): Member {
    const name = `m${this.#names++}`;
    const choice = this.random(depth < 3 ? 16 : 11);
    if (choice < 4) return this.#scalar(prefix, name);
    if (choice < 8) return this.#bitField(prefix, name, inUnion);
    if (choice < 10) return this.#array(prefix, name);
    if (choice < 11) return this.#unions > 0 ? this.#scalar(prefix, name) : this.#text(prefix, name);
    return this.#nested(prefix, name, depth);
  }

  #scalar(prefix: string, name: string): Member {
    const scalar = this.#pick(SCALARS);
    const aligned = this.random(8) === 0 ? ` __attribute__((aligned(${[2, 8, 16][this.random(3)]})))` : "";
    const qualified = scalar.c === "count_t" && this.random(2) === 0 ? "volatile " : "";
    return {
      text: `${qualified}${scalar.c} ${name}${aligned};`,
      fill: [this.#assign(prefix + name, scalar)],
      print: [offset(prefix + name), show(prefix + name, { ...scalar, bits: 0 })],
    };
  }

  #bitField(prefix: string, name: string, inUnion: boolean): Member {
    // Without a name: space, or a new unit.
    const gap = inUnion ? undefined : this.random(8);
    const space = gap === 0 ? "int : 0;" : gap === 1 ? `int : ${1 + this.random(31)};` : "";
    const scalar = this.#pick(SCALARS.filter(({ bits }) => bits > 0));
    const width = 1 + this.random(scalar.bits);
    return {
      text: `${space} ${scalar.c} ${name} : ${width};`,
      fill: [this.#assign(prefix + name, scalar)],
      print: [show(prefix + name, scalar)],
    };
  }

  #array(prefix: string, name: string): Member {
    const scalar = this.#pick(SCALARS.filter(({ c }) => c !== "char"));
    const sizes = Array.from({ length: 1 + this.random(2) }, () => 1 + this.random(4));
    const paths = sizes.reduce(
      (paths, size) => paths.flatMap((path) => Array.from({ length: size }, (_, index) => `${path}[${index}]`)),
      [prefix + name],
    );
    return {
      text: `${scalar.c} ${name}${sizes.map((size) => `[${size}]`).join("")};`,
      fill: paths.map((path) => this.#assign(path, scalar)),
      print: [offset(prefix + name), ...paths.map((path) => show(path, { ...scalar, bits: 0 }))],
    };
  }

  #text(prefix: string, name: string): Member {
    const size = 1 + this.random(20);
    const text = "the quick brown fox jumps".slice(0, this.random(size + 1)).replaceAll(" ", "_");
    const path = prefix + name;
    const fill = `memcpy(v->${path}, "${text}", ${text.length});`;
    return {
      text: `char ${name}[${size}];`,
      fill: [fill],
      print: [offset(path), `t("${path}", v->${path}, ${size});`],
    };
  }

  #nested(prefix: string, name: string, depth: number): Member {
    const kind = this.random(2) === 0 ? "struct" : "union";
    const anonymous = this.random(2) === 0;
    this.#unions += kind === "union" ? 1 : 0;
    const inner = this.#members(anonymous ? prefix : `${prefix}${name}.`, depth + 1, kind === "union");
    this.#unions -= kind === "union" ? 1 : 0;
    const body = inner.map(({ text }) => text).join(" ");
    return {
      text: `${kind} { ${body} }${this.#attributes()}${anonymous ? "" : ` ${name}`};`,
      fill: inner.flatMap((member) => member.fill),
      print: [...(anonymous ? [] : [offset(prefix + name)]), ...inner.flatMap((member) => member.print)],
    };
  }

  #flexible(name: string): Member {
    const scalar = this.#pick(SCALARS.filter(({ c }) => c !== "char"));
    const size = `sizeof(${scalar.c})`;
    const at = `offsetof(struct ${name}, tail)`;
    const count = `((sizeof(*v) - ${at} + ${size} - 1) / ${size} + 2)`;
    const loop = (body: string) => `for (size_t i = 0; i < ${count}; i++) { ${body} }`;
    return {
      text: `${scalar.c} tail[];`,
      fill: [`length = ${at} + ${count} * ${size};`, loop(`v->tail[i] = ${this.#value(scalar)};`)],
      print: [
        offset("tail"),
        loop(
          `char path[32]; snprintf(path, sizeof(path), "tail[%zu]", i); ${scalar.form}(path, ${read("tail[i]", { ...scalar, bits: 0 })});`,
        ),
      ],
    };
  }

  #assign(path: string, scalar: Scalar): string {
    return `v->${path} = ${this.#value(scalar)};`;
  }

  /** Random bits: C truncates what does not fit. */
  #value({ c, form }: Scalar): string {
    const word = () =>
      `0x${this.random(2 ** 32).toString(16)}${this.random(2 ** 32)
        .toString(16)
        .padStart(8, "0")}ULL`;
    if (form === "b") return String(this.random(2));
    if (form === "f") return `${this.random(2 ** 32) - 2 ** 31} / 1024.0`;
    if (form === "x") return `(unsigned __int128)${word()} << 64 | ${word()}`;
    if (form === "e" && this.random(3) > 0) {
      const of: Record<string, string[]> = {
        "enum color": ["RED", "GREEN", "BLUE"],
        "enum level": ["LOW", "MIDDLE", "HIGH"],
        "enum small": ["TINY", "ODD"],
        "enum wide": ["HUGE_ONE", "NEGATIVE_ONE"],
      };
      return this.#pick(of[c] as string[]);
    }
    return `(${c})${word()}`;
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.random(list.length)] as T;
  }
}

/** In a union a _Bool can have any bits, and C can't read such a value. */
const read = (path: string, { c, bits }: Scalar) => {
  if (c === "_Bool" && bits === 0) return `*(const unsigned char *)&v->${path} != 0`;
  return c === "void *" ? `(unsigned long long)v->${path}` : `v->${path}`;
};
const show = (path: string, scalar: Scalar) => `${scalar.form}("${path}", ${read(path, scalar)});`;
const offset = (path: string) => `printf("O ${path} %zu\\n", OFFSETOF(${path}));`;
