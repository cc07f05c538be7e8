/** Writes docs/performance.md and its charts from docs/performance/NAME.json. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { PROJECT_ROOT } from "../scripts/places";
import type { Benchmark, Result } from "./benchmark";
import { oneLine } from "./machine";

const STORE = "docs/performance";

type Benchmarks = Readonly<Record<string, Benchmark>>;

/** Stores a result for the page. */
export function store(name: string, result: Result): void {
  // Prints a list of numbers on one line, so that a diff shows which figures changed.
  const lists = /\[\s+([^[\]{}]+?)\s+\]/g;
  const json = JSON.stringify(result, null, 2).replace(lists, (_, list: string) => `[${list.replace(/\s+/g, " ")}]`);
  write(`${STORE}/${name}.json`, `${json}\n`);
}

export function writePage(benchmarks: Benchmarks): void {
  for (const [file, text] of pages(benchmarks)) write(file, text);
}

/** @throws if a file differs from what the stored results give */
export function checkPage(benchmarks: Benchmarks): void {
  for (const [file, text] of pages(benchmarks)) {
    const path = join(PROJECT_ROOT, file);
    if (existsSync(path) && readFileSync(path, "utf8") === text) continue;
    throw new Error(`${file} is out of date: run npm run gen:performance`);
  }
}

function write(file: string, text: string): void {
  const path = join(PROJECT_ROOT, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** Every generated file, by its path. */
function pages(benchmarks: Benchmarks): [string, string][] {
  const stored = Object.entries(benchmarks).flatMap(([name, benchmark]) => {
    const path = join(PROJECT_ROOT, STORE, `${name}.json`);
    if (!existsSync(path)) return [];
    return [{ name, benchmark, result: JSON.parse(readFileSync(path, "utf8")) as Result }];
  });
  const charts = stored.flatMap(({ name, benchmark, result }): [string, string][] =>
    benchmark.chart === undefined ? [] : [[`${STORE}/${name}.svg`, benchmark.chart(result.figures)]],
  );
  const sections = stored.map(({ name, benchmark, result }) => section(name, benchmark, result));
  return [...charts, ["docs/performance.md", [INTRODUCTION, ...sections].join("\n")]];
}

const INTRODUCTION = `# Performance

<!-- Written by npm run gen:performance from docs/performance/. Do not edit. -->

The costs of this library and of others for the same work, as \`npm run bench\` measures them. The peers run in turns, each in fresh
processes, for several rounds; every consumer decodes what it reads and adds it up. Figures are medians over the rounds, followed by
the range. Ratios are taken within a round, because a machine that is slow for a while is slow for all peers; the table has the median
of the ratios with their quartiles. More than 1 is faster.

\`npm run bench -- --record\` measures on your machine and writes this page. Run it as root, with nothing else running; it takes some minutes.
`;

function section(name: string, benchmark: Benchmark, { machine, figures }: Result): string {
  const { title, about } = benchmark;
  const chart = benchmark.chart === undefined ? [] : [`![${title}: bars of speed, C is 1](performance/${name}.svg)`];
  return `${[`## ${title}`, about, oneLine(machine), ...chart, benchmark.tables(figures)].join("\n\n")}\n`;
}
