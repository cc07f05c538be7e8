/**
 * Writes lib/sleepable/known-names.ts: the names that all of Debian's kernels have, from profiles/. `--check` fails if
 * it differs.
 *   node dist/scripts/gen-known.js
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { given } from "../lib/kernel/fact";
import type { ProbedKind } from "../lib/kernel/kernel-facts";
import { kernelProfile, kernelProfiles } from "../lib/kernel/profiles";
import { PROJECT_ROOT } from "./places";

const measured = kernelProfiles()
  .filter((name) => name.startsWith("debian-"))
  .map((name) => given(kernelProfile(name).probed));

function inAll(kind: ProbedKind, prefix = ""): string {
  const sets = measured.map((answers) => {
    const names = [...(answers?.[kind]?.accepted ?? []), ...(answers?.[kind]?.refused ?? [])];
    return new Set(names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length)));
  });
  const [first = new Set<string>(), ...others] = sets;
  return [...first]
    .filter((name) => others.every((other) => other.has(name)))
    .sort()
    .join(" ");
}

const list = (name: string, comment: string, names: string) =>
  `/** ${comment} */\nexport const ${name}: ReadonlySet<string> = new Set(\n  ${JSON.stringify(names)}.split(\n    " ",\n  ),\n);\n`;

const text = [
  "// Generated from profiles/ by scripts/gen-known.ts. Do not edit.\n",
  list("TRACEPOINTS", "Tracepoints that every kernel from 5.10 to 7.3 has.", inAll("tp_btf")),
  list(
    "SYSTEM_CALLS",
    "System calls that take arguments, which every kernel from 5.10 to 7.3 has.",
    inAll("fentry", "__x64_sys_"),
  ),
].join("\n");

const file = join(PROJECT_ROOT, "lib/sleepable/known-names.ts");
if (!process.argv.includes("--check")) writeFileSync(file, text);
else if (readFileSync(file, "utf8") !== text)
  throw new Error("lib/sleepable/known-names.ts is out of date: run scripts/gen-known.ts");
