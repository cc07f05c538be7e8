/** Results of test runs, and their output. */

/** The part of jest's --json output that is used. */
export interface JestResult {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numRuntimeErrorTestSuites: number;
  testResults: {
    name: string;
    message: string;
    status: string;
    assertionResults: { status: string; title: string; ancestorTitles: string[] }[];
  }[];
}

/** The tests of one environment: this host's unit tests, a kernel's tests. */
export interface Result {
  name: string;
  passed: number;
  failed: number;
  skipped: number;
  milliseconds: number;
  /** Of all its processes; set by the caller. */
  cpuMilliseconds?: number;
  note: string;
  /** The output for failures. */
  failures: string[];
}

export function resultOf(name: string, jest: JestResult, milliseconds: number, note = ""): Result {
  // A file that fails outside its tests (the check for leaks) has no failed test to count.
  const broken = jest.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  ).length;
  return {
    name,
    passed: jest.numPassedTests,
    failed: jest.numFailedTests + broken,
    skipped: jest.numPendingTests,
    milliseconds,
    note,
    failures: jest.testResults.filter((file) => file.status === "failed").map((file) => file.message),
  };
}

/** A check that passes or fails as a whole. */
export function check(name: string, milliseconds: number, failure?: string): Result {
  const failed = failure === undefined ? 0 : 1;
  return {
    name,
    passed: 1 - failed,
    failed,
    skipped: 0,
    milliseconds,
    note: "",
    failures: failure === undefined ? [] : [failure],
  };
}

/** Tests that can't run here, counted as one skipped test. */
export function notRun(name: string, why: string): Result {
  return {
    name,
    passed: 0,
    failed: 0,
    skipped: 1,
    milliseconds: 0,
    note: `not run: the kernel no longer exists: ${why}`,
    failures: [],
  };
}

export function table(results: readonly Result[]): string {
  const rows = results.map(({ name, passed, failed, skipped, milliseconds, cpuMilliseconds = 0, note }) => [
    name,
    String(passed),
    String(failed),
    String(skipped),
    `${(milliseconds / 1000).toFixed(1)} s`,
    `${(cpuMilliseconds / 1000).toFixed(1)} s`,
    note,
  ]);
  const all = [["", "passed", "failed", "skipped", "time", "CPU", ""], ...rows];
  const widths = [0, 1, 2, 3, 4, 5].map((column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
  const pad = (cell: string, column: number) =>
    column === 0 || column === 6 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return all.map((row) => row.map(pad).join("  ").trimEnd()).join("\n");
}

/** Of each failure. */
const LINES_SHOWN = 15;
/** A source line of jest's code frame, or of a stack. */
const NOT_SHOWN = /^\s*(>?\s*\d*\s*\||at )/;

/** How each failed test failed, for the end of the output: of a long output often only the end is kept. */
export function failed(results: readonly Result[]): string {
  const start = (failure: string) => {
    const lines = failure.split("\n").filter((line) => line.trim() !== "" && !NOT_SHOWN.test(line));
    return lines
      .slice(0, LINES_SHOWN)
      .join("\n")
      .replace(/^\s*● /, "");
  };
  return results
    .flatMap(({ name, failures }) =>
      failures.flatMap((failure) => failure.split(/^(?= *● )/m)).map((failure) => `FAILED ${name}: ${start(failure)}`),
    )
    .join("\n");
}

export function total(results: readonly Result[]): string {
  const sum = (key: "passed" | "failed" | "skipped") => results.reduce((count, result) => count + result[key], 0);
  return `${sum("passed")} passed, ${sum("failed")} failed, ${sum("skipped")} skipped`;
}
