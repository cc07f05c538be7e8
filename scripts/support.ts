/** The table of what runs on which kernel: from tests' results to text, and back. */
import { basename } from "node:path";
import type { Feature } from "./support-features";
import type { JestResult } from "./test-results";

/** A kernel's tests: "FILE NAME" to its status, and what a skipped one needs. */
export type Seen = ReadonlyMap<string, { status: string; needs: string }>;

const START = "<!-- Written by npm run gen:support. Do not edit. -->\n\n";
const END = "\n<!-- End -->";

export function seenIn({ testResults }: JestResult): Seen {
  return new Map(
    testResults.flatMap(({ assertionResults }) =>
      // The tests of machines are together in one file, with a describe() for each.
      assertionResults.map(({ title, ancestorTitles: [file = ""], status }) => {
        const [, name = title, needs = ""] = /^(.*) \[needs (.*)\]$/.exec(title) ?? [];
        return [key(basename(file, ".js"), name), { status, needs }] as const;
      }),
    ),
  );
}

const key = (file: string, name: string) => `${file} ${name}`;

/** @throws if a kernel has not run the feature's test, or it failed there: the table is of what works */
export function rowOf({ what, file, test }: Feature, kernels: readonly Seen[]): string[] {
  const results = kernels.map((seen) => seen.get(key(file.replace(/\.ts$/, ""), test)));
  const marks = results.map((result) => {
    if (result?.status === "passed") return "✓";
    if (result?.status === "pending") return "–";
    throw new Error(`${file}: "${test}" ${result?.status ?? "was not run"}`);
  });
  const needs = new Set(results.flatMap((result) => result?.needs || []));
  return [what, ...marks, [...needs].join("; "), `\`${file}\`: ${test}`];
}

/** The page with another table. */
export function between(page: string, table: string): string {
  const [start, end] = [page.indexOf(START), page.indexOf(END)];
  if (start < 0 || end < start) throw new Error("the page has no place for the table");
  return page.slice(0, start + START.length) + table + page.slice(end);
}

/** What is wrong with a page whose table was made some time ago. */
export function missingTests(page: string, features: readonly Feature[], read: (file: string) => string): string[] {
  const rows = [...page.matchAll(/^\| ([^|]+) \|.*\| `(\S+)`: (.*) \|$/gm)].map(([, what, file, test]) => ({
    what,
    file,
    test,
  }));
  const same = JSON.stringify(rows) === JSON.stringify(features);
  const gone = features.filter(({ file, test }) => !read(file).includes(JSON.stringify(test)));
  return [
    ...(same ? [] : ["its rows are not those of scripts/support-features.ts"]),
    ...gone.map(({ file, test }) => `test/kernel/${file} has no test "${test}"`),
  ];
}
