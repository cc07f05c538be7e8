/**
 * Benchmarks: peers and this library on the same work, side by side.
 *   npm run bench -- [maps|ring]… [--json] [--quick] [--record]
 *   npm run gen:performance
 */
import { parseArgs } from "node:util";
import type { Benchmark, Result } from "./benchmark";
import { machine } from "./machine";
import { maps } from "./maps/peers";
import { checkPage, store, writePage } from "./page";
import { report } from "./report";
import { ring } from "./ring/peers";

export const BENCHMARKS: Record<string, Benchmark> = { maps, ring };

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: "boolean" },
      /** One round: to see whether it works. */
      quick: { type: "boolean" },
      /** Stores the figures in docs/performance/, and writes the page. */
      record: { type: "boolean" },
      /** Only writes docs/performance.md from what is stored. */
      page: { type: "boolean" },
      check: { type: "boolean" },
    },
  });
  if (values.page) (values.check ? checkPage : writePage)(BENCHMARKS);
  else measure(positionals, values);
}

function measure(named: readonly string[], values: { quick?: boolean; json?: boolean; record?: boolean }): void {
  const names = named.length > 0 ? named : Object.keys(BENCHMARKS);
  const unknown = names.find((name) => BENCHMARKS[name] === undefined);
  if (unknown) throw new Error(`no benchmark ${unknown}; there are: ${Object.keys(BENCHMARKS).join(", ")}`);
  for (const name of names) {
    const rows = BENCHMARKS[name]?.run(values.quick ? 1 : 5, progress) ?? [];
    const result: Result = { machine: machine(), rows };
    process.stdout.write(`${values.json ? JSON.stringify({ benchmark: name, ...result }) : report(name, result)}\n`);
    if (values.record) store(name, result);
  }
  if (values.record) writePage(BENCHMARKS);
}

function progress(done: number, of: number): void {
  if (process.stderr.isTTY) process.stderr.write(done < of ? `\r${done + 1}/${of}` : "\r\x1b[K");
}

if (require.main === module) {
  try {
    main();
  } catch (error) {
    process.stderr.write(`bench: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
