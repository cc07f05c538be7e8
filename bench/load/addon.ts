/** What the addon's calls take of opening, loading and attaching an object: what is left is this library's JavaScript. */
import { setTimeout } from "node:timers/promises";
import { quantile } from "../statistics";

/** As in ours.ts, after the last detach; and as many as in cells.ts. */
const BETWEEN = 50;
const TIMES = 20;

/** Nanoseconds in the addon. */
let spent = 0;

function clocked(call: (...args: unknown[]) => unknown) {
  return (...args: unknown[]) => {
    const start = process.hrtime.bigint();
    try {
      return call(...args);
    } finally {
      spent += Number(process.hrtime.bigint() - start);
    }
  };
}

/** Node.js loads addons by this function. */
const { dlopen } = process;
process.dlopen = (module: { exports: Record<string, unknown> }, ...more: [string, number?]) => {
  dlopen.call(process, module, ...more);
  const calls = Object.entries(module.exports).map(([name, value]) =>
    typeof value === "function" ? [name, clocked(value as Parameters<typeof clocked>[0])] : [name, value],
  );
  module.exports = Object.fromEntries(calls);
};

async function main([path = "", name = ""]: string[]): Promise<void> {
  // Not imported: the addon is loaded by the function above.
  const { open } = require("node-libbpf") as typeof import("node-libbpf");
  const times: number[] = [];
  for (let i = 0; i < TIMES; i++) {
    await setTimeout(BETWEEN);
    spent = 0;
    using object = open(path).loadSync();
    for (const program of Object.values(object.programs)) program.attach();
    times.push(spent);
  }
  process.stdout.write(
    `${JSON.stringify({ [`${name}: all (the addon's calls alone)`]: quantile(times.slice(1), 0.5) })}\n`,
  );
}

main(process.argv.slice(2));
