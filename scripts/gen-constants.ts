/**
 * Writes lib/constants.ts and lib/helpers.ts from the UAPI header in libbpf's sources. `--check` fails if they differ.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT_ROOT } from "./places";

const header = readFileSync(join(PROJECT_ROOT, ".deps/include/linux/bpf.h"), "utf8");

const ENUMS = [
  ["bpf_prog_type", "BPF_PROG_TYPE_", "ProgramType", "enum bpf_prog_type"],
  ["bpf_attach_type", "BPF_", "AttachType", "enum bpf_attach_type"],
  ["bpf_map_type", "BPF_MAP_TYPE_", "MapType", "enum bpf_map_type"],
  ["bpf_link_type", "BPF_LINK_TYPE_", "LinkType", "enum bpf_link_type"],
] as const;
/** prog_flags and map_flags are macros and members of an anonymous enum. */
const FLAGS = /(?:#define\s+(BPF_F_\w+)\s+|^\s*(BPF_F_\w+)\s*=\s*)\(?(1U?L?L?\s*<<\s*\d+)/gm;

function enumBody(name: string): string[] {
  const body = new RegExp(`enum ${name} \\{([^}]*)\\}`).exec(header)?.[1];
  if (body === undefined) throw new Error(`no enum ${name} in the UAPI header`);
  return body
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}

function constantsOf(name: string, prefix: string): [string, number][] {
  const values = new Map<string, number>();
  let next = 0;
  for (const entry of enumBody(name)) {
    const [member, expression] = entry.split("=").map((part) => part.trim()) as [string, string?];
    if (/^__?MAX|^MAX_|__MAX_/.test(member)) break;
    const value = expression === undefined ? next : (values.get(expression) ?? Number(expression));
    if (Number.isNaN(value)) throw new Error(`${member} = ${expression}`);
    values.set(member, value);
    next = value + 1;
  }
  return [...values].map(([member, value]) => [member.replace(prefix, ""), value]);
}

function constant(name: string, comment: string, entries: Iterable<readonly [string, number]>): string {
  const members = [...entries].map(([key, value]) => `  ${key}: ${value},\n`).join("");
  return `/** ${comment} */\nexport const ${name} = {\n${members}} as const;\n`;
}

const flags = new Map<string, number>();
for (const [, macro, member, shift] of header.matchAll(FLAGS)) {
  const name = (macro ?? member) as string;
  const bit = Number(/<<\s*(\d+)/.exec(shift as string)?.[1]);
  if (bit < 31) flags.set(name.replace("BPF_F_", ""), 2 ** bit);
}
const generated = "// Generated from linux/bpf.h by scripts/gen-constants.ts. Do not edit.\n";
const constants = [
  generated,
  ...ENUMS.map(([name, prefix, title, comment]) => constant(title, comment, constantsOf(name, prefix))),
  constant("Flag", "BPF_F_*: flags of programs and maps", flags),
].join("\n");

const helpers = [...header.matchAll(/^\tFN\((\w+), (\d+), ##ctx\)/gm)].map(([, name, number], index) => {
  if (Number(number) !== index) throw new Error(`helper ${name} is ${number}, expected ${index}`);
  return `  "bpf_${name}",\n`;
});
if (helpers.length === 0) throw new Error("no ___BPF_FUNC_MAPPER in the UAPI header");
const names = `/** Names of helpers by number: enum bpf_func_id. */
export const HELPERS: readonly string[] = [\n${helpers.join("")}];\n`;

for (const [file, text] of [
  ["lib/constants.ts", constants],
  ["lib/helpers.ts", [generated, names].join("\n")],
] as const) {
  const target = join(PROJECT_ROOT, file);
  if (!process.argv.includes("--check")) writeFileSync(target, text);
  else if (readFileSync(target, "utf8") !== text)
    throw new Error(`${file} is out of date: run scripts/gen-constants.ts`);
}
