/**
 * A long mixed run: all that a process does with the library, in turn. Fails if memory or descriptors grow.
 *   npm run soak [-- --seconds 300] [--only ACT]...     as root, with bpffs on /sys/fs/bpf
 * What is measured must be flat within 5 % once the first fifth of the time has passed.
 */
import { readdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { acts } from "../test/soak/acts";

const EVERY = 10;
const ALLOWED = 1.05;

interface Sample {
  seconds: number;
  rss: number;
  descriptors: number;
  external: number;
  heapUsed: number;
}

function sample(seconds: number): Sample {
  const { rss, external, heapUsed } = process.memoryUsage();
  return { seconds, rss, external, heapUsed, descriptors: readdirSync("/proc/self/fd").length };
}

const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(1);

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { seconds: { type: "string", default: "300" }, only: { type: "string", multiple: true } },
  });
  const seconds = Number(values.seconds);
  const names = values.only ?? Object.keys(acts);
  const start = process.hrtime.bigint();
  const now = () => Number(process.hrtime.bigint() - start) / 1e9;
  const samples: Sample[] = [];
  let rounds = 0;
  process.stdout.write("seconds  rounds  RSS MiB  descriptors  external MiB  heapUsed MiB\n");
  for (let next = EVERY; now() < seconds; rounds++) {
    for (const name of names) await acts[name]?.();
    if (now() < next) continue;
    next += EVERY;
    const taken = sample(now());
    samples.push(taken);
    const { rss, descriptors, external, heapUsed } = taken;
    const cells = [taken.seconds.toFixed(0), rounds, mib(rss), descriptors, mib(external), mib(heapUsed)];
    process.stdout.write(`${cells.map((cell, i) => String(cell).padStart([7, 6, 7, 11, 12, 12][i] ?? 0)).join("  ")}\n`);
  }
  const late = samples.filter((one) => one.seconds > seconds / 5);
  for (const what of ["rss", "descriptors", "external"] as const) {
    const values = late.map((one) => one[what]);
    const ratio = Math.max(...values) / Math.min(...values);
    const verdict = ratio <= ALLOWED ? "flat" : "NOT flat";
    if (ratio > ALLOWED) process.exitCode = 1;
    process.stdout.write(`${what}: ${verdict}, ${((ratio - 1) * 100).toFixed(1)} % between its least and its most\n`);
  }
}

main().catch((error: Error) => {
  process.stderr.write(`soak: ${error.stack}\n`);
  process.exitCode = 2;
});
