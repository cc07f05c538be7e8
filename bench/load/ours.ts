/** Opens, loads and attaches an object, TIMES times; prints the nanoseconds of each part. */
import { setTimeout } from "node:timers/promises";
import { open } from "node-libbpf";

/** An attach soon after the last detach would wait for its grace period. */
const BETWEEN = 50;

function run(path: string): number[] {
  const start = process.hrtime.bigint();
  const spec = open(path);
  const opened = process.hrtime.bigint();
  using object = spec.loadSync();
  const loaded = process.hrtime.bigint();
  for (const program of Object.values(object.programs)) program.attach();
  const attached = process.hrtime.bigint();
  return [opened - start, loaded - opened, attached - loaded].map(Number);
}

async function main([path = "", times = ""]: string[]): Promise<void> {
  const results: number[][] = [];
  for (let i = 0; i < Number(times); i++) {
    if (i > 0) await setTimeout(BETWEEN);
    results.push(run(path));
  }
  process.stdout.write(`${JSON.stringify(results)}\n`);
}

main(process.argv.slice(2));
