/** The table of kernels: from results to text, and the check of an old table. */
import { between, missingTests, rowOf, seenIn } from "../../scripts/support";

const feature = { what: "fentry", file: "tracing.test.ts", test: "a plain fentry program runs" };
const seen = (...tests: [title: string, status: string][]) =>
  seenIn({
    ...{ numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numRuntimeErrorTestSuites: 0 },
    testResults: [
      {
        ...{ name: "/package/dist/test/together.js", message: "", status: "passed" },
        assertionResults: tests.map(([title, status]) => ({
          ...{ title, status },
          ancestorTitles: ["kernel/tracing.test.js"],
        })),
      },
    ],
  });

const ran = seen([feature.test, "passed"]);
const skipped = seen([`${feature.test} [needs BPF trampolines]`, "pending"]);
const row = "| fentry | ✓ | – | BPF trampolines | `tracing.test.ts`: a plain fentry program runs |";

test("a feature's row", () => {
  expect(`| ${rowOf(feature, [ran, skipped]).join(" | ")} |`).toBe(row);
});

test.each([
  ["failed", seen([feature.test, "failed"])],
  ["was not run", seen()],
])("a test that %s gives no row", (what, results) => {
  expect(() => rowOf(feature, [ran, results])).toThrow(`tracing.test.ts: "a plain fentry program runs" ${what}`);
});

test("an old page is compared with the existing tests", () => {
  const page = between(
    "# Kernels\n<!-- Written by npm run gen:support. Do not edit. -->\n\nold\n<!-- End -->\n",
    `${row}\n`,
  );
  expect(missingTests(page, [feature], () => `kernelTest("${feature.test}", [], run)`)).toEqual([]);
  expect(missingTests(page, [feature], () => "")).toEqual([
    'test/kernel/tracing.test.ts has no test "a plain fentry program runs"',
  ]);
  expect(missingTests(page, [], () => "")).toEqual(["its rows differ from scripts/support-features.ts"]);
  expect(() => between("no markers", row)).toThrow("no markers");
});
