/**
 * Prints how the precheck's verdicts agree with the kernels' answers, from the reports of
 * test/kernel/agreement.test.ts.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Agreement, AgreementReport, Outcome } from "../test/truth/agreement";

const VERDICTS = ["allowed", "unsafe", "refused", "unknown"] as const;
const ANSWERS: readonly Outcome[] = ["accepted", "refused", "none"];

/** Returns a table of the reports in these directories; undefined if there are none. */
export function agreementTable(directories: readonly string[]): string | undefined {
  const files = directories.map((directory) => join(directory, "agreement.json")).filter((file) => existsSync(file));
  if (files.length === 0) return undefined;
  const reports = files.map((file) => JSON.parse(readFileSync(file, "utf8")) as AgreementReport);
  const rows = reports.flatMap(({ kernel, version, runs }) =>
    Object.entries(runs).map(([run, agreement], index) => [
      index === 0 ? `${kernel} (${version})` : "",
      run,
      ...cells(agreement),
    ]),
  );
  const head = ["verdict:", "by", ...VERDICTS, "wrong"];
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  return ["Verdicts and the kernel's answers, as accepted/refused/no answer", ...all.map(line)].join("\n");
}

function cells({ categories, wrong }: Agreement): string[] {
  const count = (verdict: (typeof VERDICTS)[number], answer: Outcome) =>
    Object.values(categories).reduce((sum, confusion) => sum + confusion[verdict][answer], 0);
  const counts = VERDICTS.map((verdict) => ANSWERS.map((answer) => count(verdict, answer)).join("/"));
  return [...counts, String(wrong.length)];
}
