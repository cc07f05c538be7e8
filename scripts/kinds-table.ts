/** Prints what became of each kind of program on each kernel, from the reports of test/kernel/kinds-*.test.ts. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Row } from "../test/kernel/kinds";

const TITLE = `Kinds of programs that were loaded, attached, ran, had their info read and were detached: the type of the link,
"+" where it was updated too, or the release that the error names`;

/** Returns a table of the reports in these directories; undefined if there are none. */
export function kindsTable(directories: readonly string[]): string | undefined {
  const kernels = directories
    .map((directory) => ({ name: basename(dirname(directory)), rows: rowsIn(directory) }))
    .filter(({ rows }) => rows.length > 0);
  if (kernels.length === 0) return undefined;
  const kinds = [...new Set(kernels.flatMap(({ rows }) => rows.map(({ kind }) => kind)))];
  const cells = kinds.map((kind) => [kind, ...kernels.map(({ rows }) => cell(rows.find((row) => row.kind === kind)))]);
  const all = [["kind", ...kernels.map(({ name }) => name)], ...cells];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = all.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return [TITLE, ...lines].join("\n");
}

function rowsIn(directory: string): Row[] {
  const files = existsSync(directory) ? readdirSync(directory).filter((name) => /^kinds-.*\.json$/.test(name)) : [];
  return files.flatMap((name) => JSON.parse(readFileSync(join(directory, name), "utf8")) as Row[]);
}

function cell(row: Row | undefined): string {
  if (row === undefined) return "-";
  if (row.fired !== "yes") return row.loaded === "yes" ? row.attached : row.loaded;
  return `${row.info}${row.updated === "yes" ? " +" : ""}`;
}
