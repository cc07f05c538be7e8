/**
 * Compares codecs with C: the sizes, offsets, values and bytes that a C program prints of its structs must match those
 * from BTF.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readBtf } from "node-libbpf";
import { codecFrom, codecOf } from "../../lib/codec/codec";
import { type Plan, planOf } from "../../lib/codec/plan";
import { declarations, ENUMERATORS } from "../truth/declarations";

const COUNT = 400;
const SEED = 20_261_122;

/** The program's output for one struct. */
interface Truth {
  name: string;
  size: number;
  offsets: [path: string, offset: number][];
  values: [form: string, path: string, value: string][];
  bytes: Uint8Array;
}

function run(command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8", maxBuffer: 1 << 28 });
  if (error !== undefined || status !== 0) throw new Error(`${command}: ${error?.message ?? stderr}`);
  return stdout;
}

const folder = mkdtempSync(join(tmpdir(), "layout-"));
afterAll(() => rmSync(folder, { recursive: true }));

const made = declarations(COUNT, SEED);

function truth(compiler: string): Truth[] {
  writeFileSync(join(folder, "native.c"), made.program);
  const program = join(folder, compiler);
  // BPF's char is signed, on every machine.
  run(compiler, ["-w", "-O1", "-fsigned-char", "-fno-strict-aliasing", join(folder, "native.c"), "-o", program]);
  const found: Truth[] = [];
  for (const line of run(program, []).split("\n")) {
    const [kind, ...words] = line.split(" ");
    const last = found.at(-1);
    if (kind === "T")
      found.push({ name: words[0] ?? "", size: Number(words[1]), offsets: [], values: [], bytes: new Uint8Array() });
    else if (kind === "O") last?.offsets.push([words[0] ?? "", Number(words[1])]);
    else if (kind === "V") last?.values.push(words as [string, string, string]);
    else if (kind === "H" && last !== undefined) last.bytes = Uint8Array.from(Buffer.from(words[0] ?? "", "hex"));
  }
  return found;
}

function types() {
  writeFileSync(join(folder, "types.bpf.c"), made.bpf);
  const object = join(folder, "types.bpf.o");
  run("clang-19", ["-w", "-target", "bpf", "-g", "-O2", "-c", join(folder, "types.bpf.c"), "-o", object]);
  return readBtf(object);
}

const stepsOf = (path: string) => path.split(/[.[\]]+/).filter((step) => step !== "");
const at = (value: unknown, path: string) =>
  stepsOf(path).reduce((found, step) => (found as Record<string, unknown>)[step], value);

function offsetOf(plan: Plan, path: string): number {
  let offset = 0;
  let current = plan;
  for (const step of stepsOf(path)) {
    const field = "fields" in current ? current.fields.find(({ name }) => name === step) : undefined;
    if (field === undefined) throw new Error(`no ${path}`);
    offset += field.offset;
    current = field.plan;
  }
  return offset;
}

/** A value as the C program prints it. */
function printed(form: string, value: unknown): unknown {
  if (form === "t") return value;
  if (form === "f") return value;
  if (form === "x") return BigInt.asUintN(128, value as bigint);
  if (form === "b") return value === true ? 1n : value === false ? 0n : value;
  return typeof value === "string" ? ENUMERATORS[value] : BigInt(value as number | bigint);
}

/** For an array of signed char, which is bytes in JavaScript, a byte as C prints it. */
function seenAt(decoded: unknown, form: string, path: string): unknown {
  const value = printed(form, at(decoded, path));
  const isByte = form === "s" && path.endsWith("]") && at(decoded, path.replace(/\[\d+\]$/, "")) instanceof Uint8Array;
  return isByte ? BigInt.asIntN(8, value as bigint) : value;
}

function parsed(form: string, text: string): unknown {
  if (form === "t") return text;
  if (form === "f") return text.includes("nan") ? Number.NaN : Number(text.replace("inf", "Infinity"));
  return BigInt(text);
}

const btf = types();

test.each(["cc", "clang-19"])("sizes, offsets, values and bytes are those of a program compiled by %s", (compiler) => {
  const all = truth(compiler);
  expect(all.map(({ name }) => name)).toEqual(made.names);
  let compared = 0;
  for (const { name, size, offsets, values, bytes } of all) {
    const type = btf.typeNamed(`struct ${name}`);
    const plan = planOf(type, { path: name });
    const view = new DataView(bytes.buffer);
    const found = { name, size: plan.size, offsets: offsets.map(([path]) => [path, offsetOf(plan, path)]) };
    expect(found).toEqual({ name, size, offsets });
    for (const codec of [codecOf(type, { path: name }), codecFrom(plan, name, () => undefined)]) {
      const decoded = codec.decode(view, 0, bytes.length);
      const seen = values.map(([form, path]) => [path, seenAt(decoded, form, path)]);
      expect({ name, seen }).toEqual({ name, seen: values.map(([form, path, text]) => [path, parsed(form, text)]) });
      const again = new Uint8Array(bytes.length).fill(0xa5);
      codec.encode(decoded, new DataView(again.buffer), 0, bytes.length);
      expect({ name, hex: Buffer.from(again).toString("hex") }).toEqual({
        name,
        hex: Buffer.from(bytes).toString("hex"),
      });
    }
    compared += values.length;
  }
  expect(compared).toBeGreaterThan(COUNT * 5);
});

test("the declarations cover every kind of type", () => {
  const texts = made.header;
  for (const part of [
    "packed",
    "aligned(16)",
    ": 0;",
    "union {",
    "tail[];",
    "__int128",
    "enum wide",
    "_Bool m",
    "double",
  ]) {
    expect(texts).toContain(part);
  }
  expect(btf.typeNamed("enum wide").kind).toBe("enum64");
  expect(declarations(COUNT, SEED)).toEqual(made);
});
