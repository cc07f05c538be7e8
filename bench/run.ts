/**
 * Benchmarks: peers and this library on the same work, side by side.
 *   npm run bench -- [maps|ring|load|objects|start|sleepable|arm64]… [--json] [--quick] [--record]
 *   npm run bench -- [maps|ring|load|objects]… --compare CHECKOUT [--quick]
 *   npm run gen:performance
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { arm64 } from "./arm64/measure";
import type { Benchmark, Result } from "./benchmark";
import { load } from "./load/peers";
import { machine, oneLine } from "./machine";
import { maps } from "./maps/peers";
import { objects } from "./objects/peers";
import { checkPage, store, writePage } from "./page";
import { ring } from "./ring/peers";
import { sleepable } from "./sleepable/measure";
import { start } from "./start/measure";

const BENCHMARKS: Record<string, Benchmark> = { maps, ring, load, objects, start, sleepable, arm64 };

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: "boolean" },
      /** Only checks that the benchmarks work. */
      quick: { type: "boolean" },
      /** The folder of another checkout, built: runs both libraries in turns and says what got slower. */
      compare: { type: "string" },
      /** Stores the figures in docs/performance/, and writes the page. */
      record: { type: "boolean" },
      /** Only writes docs/performance.md from the stored figures. */
      page: { type: "boolean" },
      /** With --page: only checks that the page matches the stored figures. */
      check: { type: "boolean" },
    },
  });
  if (values.compare !== undefined) await compareWith(values.compare, positionals, values.quick);
  else if (!values.page) await measure(positionals, values);
  if (values.check) checkPage(BENCHMARKS);
  else if (values.page || values.record) writePage(BENCHMARKS);
}

async function compareWith(checkout: string, named: readonly string[], quick = false): Promise<void> {
  const base = resolve(checkout);
  const comparable = Object.keys(BENCHMARKS).filter((name) => BENCHMARKS[name]?.compare !== undefined);
  for (const name of known(named.length > 0 ? named : comparable)) {
    const compared = await BENCHMARKS[name]?.compare?.(base, quick, progress);
    if (compared === undefined) throw new Error(`${name} compares no checkouts; there are: ${comparable.join(", ")}`);
    process.stdout.write(`${name}: ${base} and this\n\n${compared}\n`);
  }
}

function known(names: readonly string[]): readonly string[] {
  const unknown = names.find((name) => BENCHMARKS[name] === undefined);
  if (unknown) throw new Error(`no benchmark ${unknown}; there are: ${Object.keys(BENCHMARKS).join(", ")}`);
  return names;
}

interface Options {
  quick?: boolean;
  json?: boolean;
  record?: boolean;
}

async function measure(named: readonly string[], { quick = false, json, record }: Options): Promise<void> {
  for (const name of known(named.length > 0 ? named : Object.keys(BENCHMARKS))) {
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
