/**
 * Benchmarks: peers and this library on the same work, side by side.
 *   npm run bench -- [maps|ring|load|start|sleepable]… [--json] [--quick] [--record]
 *   npm run gen:performance
 */
import { parseArgs } from "node:util";
import type { Benchmark, Result } from "./benchmark";
import { load } from "./load/peers";
import { machine, oneLine } from "./machine";
import { maps } from "./maps/peers";
import { checkPage, store, writePage } from "./page";
import { ring } from "./ring/peers";
import { sleepable } from "./sleepable/measure";
import { start } from "./start/measure";

const BENCHMARKS: Record<string, Benchmark> = { maps, ring, load, start, sleepable };

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: "boolean" },
      /** Only checks that the benchmarks work. */
      quick: { type: "boolean" },
      /** Stores the figures in docs/performance/, and writes the page. */
      record: { type: "boolean" },
      /** Only writes docs/performance.md from the stored figures. */
      page: { type: "boolean" },
      /** With --page: only checks that the page matches the stored figures. */
      check: { type: "boolean" },
    },
  });
  if (!values.page) await measure(positionals, values);
  if (values.check) checkPage(BENCHMARKS);
  else if (values.page || values.record) writePage(BENCHMARKS);
}

interface Options {
  quick?: boolean;
  json?: boolean;
  record?: boolean;
}

async function measure(named: readonly string[], { quick = false, json, record }: Options): Promise<void> {
  const names = named.length > 0 ? named : Object.keys(BENCHMARKS);
  const unknown = names.find((name) => BENCHMARKS[name] === undefined);
  if (unknown) throw new Error(`no benchmark ${unknown}; there are: ${Object.keys(BENCHMARKS).join(", ")}`);
  for (const name of names) {
    const benchmark = BENCHMARKS[name] as Benchmark;
    const figures = await benchmark.run(quick, progress);
    const result: Result = { machine: machine(), figures };
    const text = () => `${name}: ${oneLine(result.machine)}\n\n${benchmark.text(figures)}`;
    process.stdout.write(`${json ? JSON.stringify({ benchmark: name, ...result }) : text()}\n`);
    if (record) store(name, result);
  }
}

function progress(done: number, of: number): void {
  if (process.stderr.isTTY) process.stderr.write(done < of ? `\r${done + 1}/${of}` : "\r\x1b[K");
}

main().catch((error: Error) => {
  process.stderr.write(`bench: ${error.message}\n`);
  process.exitCode = 1;
});
