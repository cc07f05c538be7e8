/**
 * A long mixed run of everything that a process does with the library, in turn. Fails if memory or descriptors grow.
 *   npm run soak [-- --seconds 300] [--only ACT]...     as root, with bpffs on /sys/fs/bpf
 * Each measured value must stay within 5 % of its median after the first fifth of the time. It is measured after a
 * garbage collection: V8 keeps up to some 40 MB of free memory for any program, which is neither in use nor leaked.
 * "before" is the value before the collection.
 */
import { readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { acts } from "../test/faults/acts";

const EVERY = 10;
const ALLOWED = 0.05;

interface Sample {
  seconds: number;
  /** RSS before the garbage collection. */
  before: number;
  rss: number;
  descriptors: number;
  external: number;
  heapUsed: number;
}

async function sample(seconds: number): Promise<Sample> {
  const before = process.memoryUsage.rss();
  for (let round = 0; round < 2; round++) {
    globalThis.gc?.();
    // Another thread frees what was collected.
    await sleep(100);
  }
  const { rss, external, heapUsed } = process.memoryUsage();
  return { seconds, before, rss, external, heapUsed, descriptors: readdirSync("/proc/self/fd").length };
}

const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(1);

function row(cells: readonly (string | number)[]): void {
  process.stdout.write(`${cells.map((cell) => String(cell).padStart(13)).join("")}\n`);
}

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
  row(["seconds", "rounds", "before MiB", "RSS MiB", "descriptors", "external MiB", "heapUsed MiB"]);
  for (let next = EVERY; now() < seconds; rounds++) {
    for (const name of names) await acts[name]?.();
    if (now() < next) continue;
    next += EVERY;
    const taken = await sample(now());
    samples.push(taken);
    const { before, rss, descriptors, external, heapUsed } = taken;
    row([taken.seconds.toFixed(0), rounds, mib(before), mib(rss), descriptors, mib(external), mib(heapUsed)]);
  }
  const late = samples.filter((one) => one.seconds > seconds / 5);
  for (const what of ["rss", "descriptors", "external"] as const) {
    const sorted = late.map((one) => one[what]).sort((a, b) => a - b);
    const median = sorted[sorted.length >> 1] ?? Number.NaN;
    const most = Math.max(...sorted.map((value) => Math.abs(value / median - 1)));
    const flat = most <= ALLOWED;
    if (!flat) process.exitCode = 1;
    process.stdout.write(
      `${what}: ${flat ? "flat" : "NOT flat"}, ${(most * 100).toFixed(1)} % from its median at most\n`,
    );
  }
}

main().catch((error: Error) => {
  process.stderr.write(`soak: ${error.stack}\n`);
  process.exitCode = 2;
});
