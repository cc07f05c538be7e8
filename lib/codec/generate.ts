/**
 * Generates JavaScript from plans, which V8 compiles to loads at constant offsets and one object literal per struct.
 * The generated reader handles every type. The generated writer handles values in the plain form and returns false for
 * any other; ./interpret then writes the value or reports what is wrong with it.
 */
import { isUint8Array } from "node:util/types";
import { little } from "../endian";
import { loadOf, meaningOf, rawOf, storeOf } from "./integers";
import type { ArrayPlan, BytesPlan, IntPlan, Plan, StructPlan } from "./plan";
import { memoryFault, readBytes, readText } from "./text";

/** The functions of a codec. */
export interface Coding {
  encode(value: unknown, view: DataView, offset: number, length?: number): void;
  decode(view: DataView, offset: number, length?: number): unknown;
  /** Decodes `count` values, each `stride` bytes after the previous one. Each has `stride` bytes available. */
  decodeAll(view: DataView, offset: number, stride: number, count: number): unknown[];
}

/**
 * Types with more parts are interpreted. V8 does not optimise functions of that length, so generated code would be no
 * faster.
 */
const PARTS = 2000;
/** Arrays up to this length are read without a loop. */
const UNROLLED = 8;

/** Whether this process may generate code: false with --disallow-code-generation-from-strings. */
const allowed = (() => {
  try {
    return new Function("return true")() === true;
  } catch {
    return false;
  }
})();

/**
 * Generates the code of a plan; undefined where code generation is not allowed. All calls between the functions are
 * generated too. If types shared functions, V8 would compile each of these once and dispatch at every call.
 *
 * @param slow handles what the generated code does not: too few bytes, and values that are not plain or do not fit
 */
export function generate(plan: Plan, slow: Coding): Coding | undefined {
  const { size } = plan;
  return compile<Coding>(plan, { slow }, (source) => {
    const read = source.read(plan, 0);
    const write = isPlain(plan) ? `${source.write(plan, "o", "x")} return true;` : "return false;";
    return `
      const read = (v, o, e) => ${read};
      const write = (v, o, e, x) => { ${write} };
      return {
        encode: (x, v, o, l = ${size}) => {
          try {
            const e = o + l;
            if (l >= ${size}) {
              helpers.zero(v, o + ${isDense(plan) ? size : 0}, e);
              if (write(v, o, e, x)) return;
            }
            slow.encode(x, v, o, l);
          } catch (error) {
            throw helpers.memoryFault(v, o, l) ?? error;
          }
        },
        decode: (v, o, l = ${size}) => {
          try {
            return l >= ${size} ? read(v, o, o + l) : slow.decode(v, o, l);
          } catch (error) {
            throw helpers.memoryFault(v, o, l) ?? error;
          }
        },
        decodeAll: (v, o, s, n) => {
          const values = new Array(n);
          for (let i = 0; i < n; i++, o += s) values[i] = read(v, o, o + s);
          return values;
        },
      };`;
  });
}

/**
 * Compiles a function body that uses code to read or write values of a plan; undefined where code generation is not
 * allowed.
 *
 * @param given names that the code can use
 */
export function compile<T>(
  plan: Plan,
  given: Record<string, unknown>,
  code: (source: Source) => string,
): T | undefined {
  if (!allowed || partsOf(plan) > PARTS) return undefined;
  const source = new Source();
  const text = code(source);
  const body = `"use strict"; ${source.functions.join(" ")} ${text}`;
  const constants = Object.fromEntries(source.constants.map((constant, index) => [`k${index}`, constant]));
  const all = { helpers, ...given, ...constants };
  return new Function(...Object.keys(all), body)(...Object.values(all)) as T;
}

function partsOf(plan: Plan): number {
  if (plan.op === "array") return 1 + partsOf(plan.element) * Math.min(UNROLLED, plan.length);
  if (plan.op !== "struct" && plan.op !== "union") return 1;
  return plan.fields.reduce((sum, field) => sum + partsOf(field.plan), 1);
}

/** Whether every value with all fields can be written without a choice. */
function isPlain(plan: Plan): boolean {
  if (plan.op === "array") return isPlain(plan.element);
  if (plan.op === "union") return false;
  if (plan.op !== "struct") return true;
  const odd = plan.fields.length === 0 || plan.fields.some(({ name }) => name in Object.prototype);
  return !odd && plan.members.every((member) => isPlain(member.plan));
}

/** Whether writing a value overwrites all its bytes, so that they need not be zeroed first. */
function isDense(plan: Plan): boolean {
  switch (plan.op) {
    case "int":
      return plan.shift === undefined;
    case "float":
      return true;
    case "chars":
      return false;
    case "bytes":
      return !plan.flexible;
    case "array":
      return !plan.flexible && isDense(plan.element);
    default: {
      let end = 0;
      for (const { offset, plan: field } of plan.fields) {
        if (offset !== end || !isDense(field)) return false;
        end += field.size;
      }
      return end === plan.size;
    }
  }
}

/**
 * The generated expressions and statements. In them `v` is a DataView, `o` the offset of the value, `e` the end offset.
 */
export class Source {
  readonly functions: string[] = [];
  readonly constants: unknown[] = [];
  #names = 0;

  /** An expression for the value at `o` + `at`. */
  read(plan: Plan, at: number): string {
    const where = at === 0 ? "o" : `o + ${at}`;
    switch (plan.op) {
      case "int":
        return this.#readInt(plan, where);
      case "float":
        return `v.getFloat${plan.size * 8}(${where}, ${little})`;
      case "chars":
      case "bytes": {
        const size = plan.flexible ? `Math.max(0, e - ${bracket(where)})` : plan.size;
        return `helpers.${plan.op === "chars" ? "readText" : "readBytes"}(v, ${where}, ${size})`;
      }
      case "array":
        return this.#readArray(plan, at, where);
      default: {
        // Computed key: a plain "__proto__" would set the prototype.
        const fields = plan.fields.map(({ name, offset, plan }) => {
          const key = name === "__proto__" ? `["__proto__"]` : JSON.stringify(name);
          return `${key}: ${this.read(plan, at + offset)}`;
        });
        return `({ ${fields.join(", ")} })`;
      }
    }
  }

  /** Statements that write `value` at `where`, or return false. */
  write(plan: Plan, where: string, value: string): string {
    switch (plan.op) {
      case "int":
        return this.#writeInt(plan, where, value);
      case "float": {
        const tooLarge =
          plan.size === 4 ? ` || Number.isFinite(${value}) && !Number.isFinite(Math.fround(${value}))` : "";
        return `if (typeof ${value} !== "number"${tooLarge}) return false;
          v.setFloat${plan.size * 8}(${where}, ${value}, ${little});`;
      }
      case "chars":
      case "bytes":
        return this.#writeBytes(plan, where, value);
      case "array":
        return this.#writeArray(plan, where, value);
      default:
        return this.#writeStruct(plan, where, value);
    }
  }

  #readInt(plan: IntPlan, where: string): string {
    const { size, as } = plan;
    if (as === "number" && plan.shift === undefined && size === 8) {
      const [low, high] = little ? [0, 4] : [4, 0];
      const top = `v.get${plan.signed ? "Int" : "Uint"}32(${where} + ${high}, ${little})`;
      return `(v.getUint32(${where} + ${low}, ${little}) + ${top} * 4294967296)`;
    }
    const raw = this.#load(plan, where);
    if (as === "bool") return `${raw} != 0`;
    if (as === "enum") return `${this.#constant(meaningOf(plan))}(${raw})`;
    const isBig = plan.width > 32;
    if ((as === "bigint") === isBig) return raw;
    return `${isBig ? "Number" : "BigInt"}(${raw})`;
  }

  #load(plan: IntPlan, where: string): string {
    const { size, width, shift, signed } = plan;
    const kind = `${size > 4 ? "Big" : ""}${signed ? "Int" : "Uint"}${size * 8}`;
    if (shift === undefined && size <= 8) return `v.get${kind}(${where}${size > 1 ? `, ${little}` : ""})`;
    if (shift === undefined || width > 32 || !little) return `${this.#constant(loadOf(plan))}(v, ${where})`;
    const low = wordOf(size, where);
    // A fifth byte holds the bits that do not fit into a 32-bit word.
    const bits = size === 5 ? `${low} >>> ${shift} | v.getUint8(${where} + 4) << ${32 - shift}` : `${low} >>> ${shift}`;
    if (width === 32) return signed ? `(${bits} | 0)` : `((${bits}) >>> 0)`;
    return signed ? `((${bits}) << ${32 - width} >> ${32 - width})` : `((${bits}) & ${2 ** width - 1}) >>> 0`;
  }

  #readArray(plan: ArrayPlan, at: number, where: string): string {
    const { element, length, flexible } = plan;
    if (
      !flexible &&
      length <= UNROLLED &&
      element.op !== "struct" &&
      element.op !== "array" &&
      element.op !== "union"
    ) {
      return `[${Array.from({ length }, (_, index) => this.read(element, at + index * element.size)).join(", ")}]`;
    }
    const name = this.#name("array");
    const count = flexible && element.size > 0 ? `Math.floor(Math.max(0, e - o) / ${element.size})` : length;
    this.functions.push(
      `function ${name}(v, o, e) {
        const values = [];
        for (let n = ${count}; n > 0; n--, o += ${element.size}) values.push(${this.read(element, 0)});
        return values;
      }`,
    );
    return `${name}(v, ${where}, e)`;
  }

  #writeInt(plan: IntPlan, where: string, value: string): string {
    const { size, width, shift, signed, as } = plan;
    const refuse = (wrong: string) => `if (${wrong}) return false;`;
    if (as === "bool" && size === 1 && (shift === undefined || little)) {
      const bits = `${value} ? ${2 ** (shift ?? 0)} : 0`;
      const put = shift === undefined ? bits : `v.getUint8(${where}) | (${bits})`;
      return `${refuse(`typeof ${value} !== "boolean"`)} v.setUint8(${where}, ${put});`;
    }
    if (as === "number" && width <= 32) {
      const kept =
        signed && width < 32
          ? `${value} << ${32 - width} >> ${32 - width}`
          : signed
            ? `(${value} | 0)`
            : unsigned(value, width);
      const check = refuse(`typeof ${value} !== "number" || (${kept}) !== ${value}`);
      if (shift === undefined) {
        return `${check} v.setUint${size * 8}(${where}, ${value}${size > 1 ? `, ${little}` : ""});`;
      }
      if (little && (size === 1 || size === 2 || size === 4)) {
        const put = `${wordOf(size, where)} | (${unsigned(value, width)}) << ${shift}`;
        return `${check} v.setUint${size * 8}(${where}, ${put}${size > 1 ? ", true" : ""});`;
      }
    }
    if (shift === undefined && size === 8 && as === "bigint") {
      const kind = signed ? "Int" : "Uint";
      return `${refuse(`typeof ${value} !== "bigint" || BigInt.as${kind}N(64, ${value}) !== ${value}`)}
        v.setBig${kind}64(${where}, ${value}, ${little});`;
    }
    if (shift === undefined && size === 8 && as === "number") {
      const [low, high] = little ? [0, 4] : [4, 0];
      return `${refuse(`!Number.isSafeInteger(${value})${signed ? "" : ` || ${value} < 0`}`)}
        v.setUint32(${where} + ${low}, ${value}, ${little});
        v.setUint32(${where} + ${high}, Math.floor(${value} / 4294967296), ${little});`;
    }
    const raw = this.#name("raw");
    return `const ${raw} = ${this.#constant(orUndefined(rawOf(plan)))}(${value});
      ${refuse(`${raw} === undefined`)} ${this.#constant(storeOf(plan))}(v, ${where}, ${raw});`;
  }

  #writeBytes({ op, size, flexible }: BytesPlan, where: string, value: string): string {
    const room = flexible ? `Math.max(0, e - ${bracket(where)})` : size;
    const put = op === "chars" ? "putText" : flexible ? "putSome" : "putBytes";
    return `if (!helpers.${put}(v, ${where}, ${room}, ${value})) return false;`;
  }

  #writeArray({ element, length, flexible }: ArrayPlan, where: string, value: string): string {
    const [index, item, at, count] = [this.#name("i"), this.#name("x"), this.#name("o"), this.#name("n")];
    const room =
      flexible && element.size > 0 ? `Math.floor(Math.max(0, e - ${bracket(where)}) / ${element.size})` : length;
    // Read the length once: an element's getter could change it.
    return `if (!Array.isArray(${value})) return false;
      const ${count} = ${value}.length; if (${count} ${flexible ? ">" : "!=="} ${room}) return false;
      for (let ${index} = 0, ${at} = ${where}; ${index} < ${count}; ${index}++, ${at} += ${element.size}) {
        const ${item} = ${value}[${index}]; ${this.write(element, at, item)}
      }`;
  }

  #writeStruct({ fields }: StructPlan, where: string, value: string): string {
    const count = this.#name("n");
    const writes = fields.map(({ name, offset, plan }) => {
      const field = this.#name("x");
      return `const ${field} = ${value}[${JSON.stringify(name)}]; ${this.write(plan, offset === 0 ? where : `${where} + ${offset}`, field)}`;
    });
    // A surplus field is a misspelt name.
    return `if (typeof ${value} !== "object" || ${value} === null) return false;
      let ${count} = 0; for (const _ in ${value}) ${count}++; if (${count} !== ${fields.length}) return false;
      ${writes.join("\n")}`;
  }

  #constant(value: unknown): string {
    return `k${this.constants.push(value) - 1}`;
  }

  #name(prefix: string): string {
    return `${prefix}${this.#names++}`;
  }
}

/** The first bytes of a bit-field, four at most, as one little-endian word. */
function wordOf(size: number, where: string): string {
  if (size === 1) return `v.getUint8(${where})`;
  if (size === 2) return `v.getUint16(${where}, true)`;
  if (size === 3) return `(v.getUint16(${where}, true) | v.getUint8(${where} + 2) << 16)`;
  return `v.getUint32(${where}, true)`;
}

function unsigned(value: string, width: number): string {
  return width === 32 ? `${value} >>> 0` : `${value} & ${2 ** width - 1}`;
}

function bracket(expression: string): string {
  return `(${expression})`;
}

function orUndefined<T>(run: (value: unknown) => T): (value: unknown) => T | undefined {
  return (value) => {
    try {
      return run(value);
    } catch {
      return undefined;
    }
  };
}

/** Maximum number of characters for one call of String.fromCharCode(). */
const SHORT = 16;

/**
 * Decodes a known number of ASCII characters. Five times as fast as a TextDecoder, whose call overhead is larger than
 * this.
 */
const shortText = allowed ? makeShortText() : undefined;

function makeShortText(): (view: DataView, offset: number, length: number) => string {
  const cases = Array.from({ length: SHORT + 1 }, (_, length) => {
    const codes = Array.from({ length }, (_, index) => `v.getUint8(o + ${index})`);
    return `case ${length}: return make(${codes.join(", ")});`;
  });
  return new Function("make", `return (v, o, length) => { switch (length) { ${cases.join(" ")} } }`)(
    String.fromCharCode,
  );
}

/** Zeroes memory, eight bytes at a time. */
export function zero(view: DataView, offset: number, end: number): void {
  let at = offset;
  for (; at + 8 <= end; at += 8) view.setFloat64(at, 0, little);
  for (; at < end; at++) view.setUint8(at, 0);
}

const helpers = {
  zero,
  memoryFault,

  readText(view: DataView, offset: number, size: number): string {
    let length = 0;
    let all = 0;
    for (; length < size && length <= SHORT; length++) {
      const code = view.getUint8(offset + length);
      if (code === 0) break;
      all |= code;
    }
    if (length > SHORT || all > 127 || shortText === undefined) return readText(view, offset, size);
    return shortText(view, offset, length);
  },

  readBytes(view: DataView, offset: number, size: number): Uint8Array {
    if (size > 32) return readBytes(view, offset, size);
    const bytes = new Uint8Array(size);
    for (let i = 0; i < size; i++) bytes[i] = view.getUint8(offset + i);
    return bytes;
  },

  /** Writes an ASCII string; returns false for any other. */
  putText(view: DataView, offset: number, size: number, value: unknown): boolean {
    if (typeof value !== "string" || value.length > size) return false;
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code === 0 || code > 127) return false;
      view.setUint8(offset + i, code);
    }
    return true;
  },

  putBytes: (view: DataView, offset: number, size: number, value: unknown): boolean =>
    isUint8Array(value) && value.length === size && copy(view, offset, value),

  putSome: (view: DataView, offset: number, size: number, value: unknown): boolean =>
    isUint8Array(value) && value.length <= size && copy(view, offset, value),
};

function copy(view: DataView, offset: number, bytes: Uint8Array): true {
  for (let i = 0; i < bytes.length; i++) view.setUint8(offset + i, bytes[i] as number);
  return true;
}
