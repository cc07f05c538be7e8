/**
 * Benchmarks: peers and this library on the same work, side by side.
 *   npm run bench -- maps|sleepable [--json] [--quick]
 */
import { cpus, release } from "node:os";
import { parseArgs } from "node:util";
import { libbpf } from "node-libbpf";
import { mapPeers } from "./maps/peers";
import { compare, type Peer, type Row } from "./rounds";
import { measureSleepable } from "./sleepable/measure";
import { tables } from "./sleepable/tables";

const BENCHMARKS: Record<string, () => Peer[]> = { maps: mapPeers };

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: "boolean" }, quick: { type: "boolean" } },
  });
  const names = positionals.length > 0 ? positionals : [...Object.keys(BENCHMARKS), "sleepable"];
  const machine = {
    cpu: cpus()[0]?.model ?? "",
    cpus: cpus().length,
    kernel: release(),
    node: process.version,
    libbpf: libbpf.version,
    date: new Date().toISOString().slice(0, 10),
  };
  for (const name of names) {
    if (name === "sleepable") {
      const figures = await measureSleepable(values.quick ?? false, progress);
      const text = values.json ? JSON.stringify({ benchmark: name, machine, ...figures }) : tables(figures);
      process.stdout.write(`${text}\n`);
      continue;
    }
    const peersOf = BENCHMARKS[name];
    if (peersOf === undefined) throw new Error(`no benchmark ${name}; there are: ${Object.keys(BENCHMARKS).join(", ")}`);
    const rows = compare(peersOf(), values.quick ? 1 : 5, progress);
    const text = values.json ? JSON.stringify({ benchmark: name, machine, rows }) : report(name, machine, rows);
    process.stdout.write(`${text}\n`);
  }
}

function progress(done: number, of: number): void {
  if (process.stderr.isTTY) process.stderr.write(done < of ? `\r${done + 1}/${of}` : "\r\x1b[K");
}

function report(name: string, machine: Record<string, string | number>, rows: readonly Row[]): string {
  const lines = [`${name}: ${Object.values(machine).join(", ")}`, ""];
  const works = [...new Set(rows.map((row) => row.case))].filter((work) => work !== "sum");
  for (const work of works) {
    lines.push(work);
    for (const { peer, variant, nanoseconds, ratio } of rows.filter((row) => row.case === work)) {
      const times = `${nanoseconds.toFixed(nanoseconds < 100 ? 2 : 0).padStart(8)} ns`;
      const speed = `${ratio.median.toFixed(2)} [${ratio.low.toFixed(2)}-${ratio.high.toFixed(2)}]`;
      lines.push(`  ${`${peer}${variant && `, ${variant}`}`.padEnd(36)} ${times}   ${speed}`);
    }
  }
  return [...lines, "", "Medians; in brackets the quartiles. The ratio is the speed against C's in the same round."].join("\n");
}

main().catch((error: Error) => {
  process.stderr.write(`bench: ${error.message}\n`);
  process.exitCode = 1;
});
