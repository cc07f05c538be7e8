/**
 * Writes the table of docs/kernels.md from the results of the last `npm test` in the virtual machines (dist/results).
 * `--check` fails if the table names missing tests, or differs from scripts/support-features.ts.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ARM64, KERNELS } from "./kernels";
import { PROJECT_ROOT } from "./places";
import { between, missingTests, rowOf, type Seen, seenIn } from "./support";
import { FEATURES } from "./support-features";
import type { JestResult } from "./test-results";
import { resultsOf, type VmTests } from "./test-vm";

const PAGE = "docs/kernels.md";
const path = join(PROJECT_ROOT, PAGE);

const MACHINES: readonly VmTests[] = [...KERNELS.map((kernel) => ({ kernel, pattern: "" })), ARM64];

function results(tests: VmTests): Seen {
  const file = join(resultsOf(tests), "jest.json");
  return seenIn(JSON.parse(readFileSync(file, "utf8")) as JestResult);
}

function table(): string {
  const seen = MACHINES.map(results);
  const head = [
    "",
    ...MACHINES.map(({ kernel, arch }) => [kernel, arch].filter(Boolean).join(" ")),
    "kernels without it lack",
    "test",
  ];
  const rows = [head, head.map(() => "---"), ...FEATURES.map((feature) => rowOf(feature, seen))];
  return rows.map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}

function main(): void {
  const page = readFileSync(path, "utf8");
  if (!process.argv.includes("--check")) {
    writeFileSync(path, between(page, table()));
    return;
  }
  const problems = missingTests(page, FEATURES, (file) =>
    readFileSync(join(PROJECT_ROOT, "test/kernel", file), "utf8"),
  );
  if (problems.length > 0) throw new Error(`${PAGE}: ${problems.join("; ")}; after npm test: npm run gen:support`);
}

main();
