/** docs/performance.md and its charts, made from docs/performance/NAME.json. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { PROJECT_ROOT } from "../scripts/places";
import type { Benchmark, Result } from "./benchmark";
import { chart } from "./chart";
import { CILIUM } from "./compilers";
import { baseOf, label, number, ratio } from "./report";
import type { Row } from "./rounds";
import { byCase, figures, sameWork, speed } from "./statistics";

const STORE = "docs/performance";

type Benchmarks = Readonly<Record<string, Benchmark>>;

/** Stores a result for the page. */
export function store(name: string, { machine, rows }: Result): void {
  // A row a line: a diff shows which figures changed.
  const lines = rows.map((row) => `    ${JSON.stringify(row)}`).join(",\n");
  write(`${STORE}/${name}.json`, `{\n  "machine": ${JSON.stringify(machine)},\n  "rows": [\n${lines}\n  ]\n}\n`);
}

export function writePage(benchmarks: Benchmarks): void {
  for (const [file, text] of pages(benchmarks)) write(file, text);
}

/** @throws if a file is not what is stored */
export function checkPage(benchmarks: Benchmarks): void {
  for (const [file, text] of pages(benchmarks)) {
    const path = join(PROJECT_ROOT, file);
    if (existsSync(path) && readFileSync(path, "utf8") === text) continue;
    throw new Error(`${file} is not what npm run gen:performance makes`);
  }
}

function write(file: string, text: string): void {
  const path = join(PROJECT_ROOT, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** Every file that is made, by its path. */
function pages(benchmarks: Benchmarks): [string, string][] {
  const stored = Object.entries(benchmarks).flatMap(([name, benchmark]) => {
    const path = join(PROJECT_ROOT, STORE, `${name}.json`);
    if (!existsSync(path)) return [];
    return [{ name, benchmark, result: JSON.parse(readFileSync(path, "utf8")) as Result }];
  });
  const charts = stored
    .filter(({ benchmark }) => benchmark.section === undefined)
    .map(({ name, benchmark, result }): [string, string] => [
      `${STORE}/${name}.svg`,
      chart(benchmark.title, result.rows),
    ]);
  const sections = stored.map(({ name, benchmark, result }) => section(name, benchmark, result));
  return [...charts, ["docs/performance.md", [INTRODUCTION, ...sections].join("\n")]];
}

const INTRODUCTION = `# Performance

<!-- Written by npm run gen:performance from docs/performance/. Do not edit. -->

What this library costs beside others on the same work, as \`npm run bench\` measures it. The peers run in turns, each in fresh
processes, for several rounds; every consumer decodes what it gets and adds it up. Figures are medians over the rounds, with
the range beside them. A ratio is taken within a round, for a machine that is slow for a while is slow for all; the median of the
ratios is given with their quartiles. More than 1 is faster.

\`npm run bench -- --record\` measures on your machine and writes this page: some minutes, as root, with nothing else running.
`;

function section(name: string, { title, about, section: own }: Benchmark, { machine, rows }: Result): string {
  const versions = Object.entries(machine).map(([what, value]) => `${what} ${value}`);
  const body = own?.(rows) ?? `![${title}: speed of each, C is 1](performance/${name}.svg)\n\n${table(rows)}`;
  return `## ${title}\n\n${about}\n\n${versions.join(" · ")}\n\n${body}\n`;
}

/** Every row with its ratio to the first peer, and to the one to beat. */
export function table(rows: readonly Row[]): string {
  const base = rows[0]?.peer;
  const hasRival = rows.some((row) => row.peer === CILIUM);
  const head = ["case", "", "median", "range", `× ${base}`, ...(hasRival ? [`× ${CILIUM}`] : [])];
  const body = byCase(rows).flatMap(([work, own]) =>
    own.map((row, index) => {
      const { median, low, high } = figures(row);
      const to = (other: Row | undefined) => (row === other ? "1" : ratio(speed(row, other)));
      return [
        index === 0 ? work : "",
        label(row),
        `${number(median)} ${row.unit}`,
        `${number(low)}–${number(high)}`,
        to(baseOf(rows, row)),
        ...(hasRival ? [to(sameWork(rows, row, CILIUM))] : []),
      ];
    }),
  );
  return [head, head.map(() => "---"), ...body].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
