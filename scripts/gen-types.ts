/**
 * Writes the TypeScript of every object of examples/ and test/bpf/ next to its source: FILE.bpf.ts for FILE.bpf.c. The
 * files are stored for review and comparison. `--check` fails if they differ. Run dist/scripts/bpf.js first.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { generateModule } from "../lib/gen/module";
import { bpfSources, PROJECT_ROOT } from "./places";

/** Returns the expected content of FILE.bpf.ts. */
export function typesOf(source: string): string {
  const object = source.replace(/\.c$/, ".o");
  const fileName = basename(object);
  // Benchmarks use numbers for 64-bit integers.
  const u64 = source.startsWith("bench/") ? "number" : "bigint";
  const bytes = readFileSync(join(PROJECT_ROOT, "dist", object));
  return generateModule(bytes, { fileName, path: fileName, module: "cjs", u64 });
}

if (require.main === module) {
  for (const source of bpfSources()) {
    const file = join(PROJECT_ROOT, source.replace(/\.c$/, ".ts"));
    if (!process.argv.includes("--check")) writeFileSync(file, typesOf(source));
    else if (readFileSync(file, "utf8") !== typesOf(source)) {
      throw new Error(`${file} is out of date: run npm run gen:types`);
    }
  }
}
