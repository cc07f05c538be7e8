/**
 * Figures that only Node.js has: the duration of require(), and how long an asynchronous load blocks the event loop.
 */
import { setTimeout } from "node:timers/promises";
import { run } from "../rounds";
import { quantile } from "../statistics";

/** The longest turn is also what the scheduler takes: of one process it says little. */
const PROCESSES = 5;

/** Longer than any object here takes to load. */
const BETWEEN = 50;
const LOADS = 10;

/** The longest time for which `work` blocked the event loop. */
async function longestTurn(work: () => Promise<unknown>): Promise<number> {
  let longest = 0n;
  let last = process.hrtime.bigint();
  let working = true;
  const tick = () => {
    const now = process.hrtime.bigint();
    if (now - last > longest) longest = now - last;
    last = now;
    if (working) setImmediate(tick);
  };
  tick();
  await work();
  working = false;
  tick();
  return Number(longest);
}

async function once(object: string): Promise<void> {
  const start = process.hrtime.bigint();
  // Not imported, because loading is measured. Its parts are loaded when they are first used.
  const library = require("node-libbpf") as typeof import("node-libbpf");
  const required = process.hrtime.bigint();
  const { open } = library;
  const used = process.hrtime.bigint();
  const turns: number[] = [];
  for (let i = 0; i < LOADS; i++) {
    const spec = open(object);
    turns.push(await longestTurn(async () => (await spec.load()).close()));
    await setTimeout(BETWEEN);
  }
  const [first = Number.NaN, ...again] = turns;
  const figures = {
    "require()": Number(required - start),
    "require(), and what open() needs": Number(used - start),
    "core: longest turn of the event loop, first load": first,
    "core: longest turn of the event loop, a later load": quantile(again, 0.5),
    "core: longest turn of the event loop, the worst of nine later loads": Math.max(...again),
  };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}

function main([object = "", how]: string[]): void {
  if (how === "once") {
    once(object);
    return;
  }
  const command = [process.execPath, __filename, object, "once"];
  const all = Array.from({ length: PROCESSES }, () => run({ name: "turns.js", command }));
  const median = (name: string) =>
    quantile(
      all.map((figures) => figures[name] ?? Number.NaN),
      0.5,
    );
  const names = Object.keys(all[0] ?? {});
  process.stdout.write(`${JSON.stringify(Object.fromEntries(names.map((name) => [name, median(name)])))}\n`);
}

main(process.argv.slice(2));
