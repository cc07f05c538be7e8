/**
 * Writes the TypeScript of every object of examples/ and test/bpf/ beside its source: FILE.bpf.c has FILE.bpf.ts. They are stored, to be
 * reviewed and compared. `--check` fails if they differ. Run dist/scripts/bpf.js before.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { generateModule } from "../lib/gen/module";
import { bpfSources, PROJECT_ROOT } from "./places";

/** What FILE.bpf.ts should be. */
export function typesOf(source: string): string {
  const object = source.replace(/\.c$/, ".o");
  const fileName = basename(object);
  // Benchmarks are for those who want it fast.
  const u64 = source.startsWith("bench/") ? "number" : "bigint";
  const bytes = readFileSync(join(PROJECT_ROOT, "dist", object));
  return generateModule(bytes, { fileName, path: fileName, module: "cjs", u64 });
}

if (require.main === module) {
  for (const source of bpfSources()) {
    const file = join(PROJECT_ROOT, source.replace(/\.c$/, ".ts"));
    if (!process.argv.includes("--check")) writeFileSync(file, typesOf(source));
    else if (readFileSync(file, "utf8") !== typesOf(source)) {
      throw new Error(`${file} is not what node-libbpf gen makes: npm run gen:types`);
    }
  }
}
