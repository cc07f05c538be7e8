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

/**
 * Without it V8 optimizes the loop that measures, on threads for which the measured one waits: of what other threads ran in
 * the longest turns here that was 72 %.
 */
const UNDISTURBED = "--no-opt";

type Figures = Record<string, number>;

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

function start(): Figures {
  const start = process.hrtime.bigint();
  // Not imported, because loading is measured. Its parts are loaded when they are first used.
  const library = require("node-libbpf") as typeof import("node-libbpf");
  const required = process.hrtime.bigint();
  void library.open;
  const used = process.hrtime.bigint();
  return { "require()": Number(required - start), "require(), and what open() needs": Number(used - start) };
}

async function loads(object: string): Promise<Figures> {
  const { open } = require("node-libbpf") as typeof import("node-libbpf");
  const turns: number[] = [];
  for (let i = 0; i < LOADS; i++) {
    const spec = open(object);
    turns.push(await longestTurn(async () => (await spec.load()).close()));
    await setTimeout(BETWEEN);
  }
  const [first = Number.NaN, ...again] = turns;
  return {
    "core: longest turn of the event loop, first load": first,
    "core: longest turn of the event loop, a later load": quantile(again, 0.5),
    "core: longest turn of the event loop, the worst of nine later loads": Math.max(...again),
  };
}

/** Medians of processes. */
function medians(...args: string[]): Figures {
  const all = Array.from({ length: PROCESSES }, () => run({ name: "turns.js", command: [process.execPath, ...args] }));
  const median = (name: string) =>
    quantile(
      all.map((figures) => figures[name] ?? Number.NaN),
      0.5,
    );
  return Object.fromEntries(Object.keys(all[0] ?? {}).map((name) => [name, median(name)]));
}

const MEASURES: Readonly<Record<string, (object: string) => Figures | Promise<Figures>>> = { start, loads };

async function main([object = "", what = ""]: string[]): Promise<void> {
  const measure = MEASURES[what];
  const figures = measure
    ? await measure(object)
    : { ...medians(__filename, object, "start"), ...medians(UNDISTURBED, __filename, object, "loads") };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}

main(process.argv.slice(2));
