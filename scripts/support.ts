/** The table of features by kernel: built from test results, and read back from the page. */
import { basename } from "node:path";
import type { Feature } from "./support-features";
import type { JestResult } from "./test-results";

/** The results of one kernel: "FILE NAME" to the status, and the needs of a skipped test. */
export type Seen = ReadonlyMap<string, { status: string; needs: string }>;

const START = /<!-- Written by npm run \S+\. Do not edit\. -->\n\n/;
const END = "\n<!-- End -->";

export function seenIn({ testResults }: JestResult): Seen {
  return new Map(
    testResults.flatMap(({ assertionResults }) =>
      // The tests of a machine are in one file, with a describe() for each test file.
      assertionResults.map(({ title, ancestorTitles: [file = ""], status }) => {
        const [, name = title, needs = ""] = /^(.*) \[needs (.*)\]$/.exec(title) ?? [];
        return [key(basename(file, ".js"), name), { status, needs }] as const;
      }),
    ),
  );
}

const key = (file: string, name: string) => `${file} ${name}`;

/**
 * @throws if a kernel has not run the feature's test, or the test failed there: the table shows only passed and skipped
 * tests
 */
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

/** Returns the page with another table. */
export function between(page: string, table: string): string {
  const start = START.exec(page);
  const end = page.indexOf(END);
  if (start === null || end < start.index) throw new Error("the page has no markers for the table");
  return page.slice(0, start.index + start[0].length) + table + page.slice(end);
}

/** Returns the differences between a page and the current features and tests. */
export function missingTests(page: string, features: readonly Feature[], read: (file: string) => string): string[] {
  const rows = [...page.matchAll(/^\| ([^|]+) \|.*\| `(\S+)`: (.*) \|$/gm)].map(([, what, file, test]) => ({
    what,
    file,
    test,
  }));
  const same = JSON.stringify(rows) === JSON.stringify(features);
  const gone = features.filter(({ file, test }) => !read(file).includes(JSON.stringify(test)));
  return [
    ...(same ? [] : ["its rows differ from scripts/support-features.ts"]),
    ...gone.map(({ file, test }) => `test/kernel/${file} has no test "${test}"`),
  ];
}
