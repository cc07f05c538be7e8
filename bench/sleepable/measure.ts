/** Costs and benefits of sleeping: instructions in virtual machines, nanoseconds and reads on this kernel. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Benchmark } from "../benchmark";
import type { Figures, OnThisKernel } from "./figures";
import { bootMachines } from "./machines";
import { tables } from "./tables";

export const sleepable: Benchmark<Figures> = {
  title: "Sleepable programs",
  about:
    "The same program as a plain and as a sleepable one. See [what it costs, and what it buys](sleepable.md#what-it-costs-and-what-it-buys).",
  async run(quick, onProgress) {
    const here = measureHere(quick ? 3 : 25);
    const machines = await bootMachines(quick ? 1 : 2, onProgress);
    onProgress(1, 1);
    return { machines, here };
  },
  text: tables,
  tables,
};

/** In a process of its own. */
function measureHere(rounds: number): OnThisKernel {
  const args = [join(__dirname, "here.js"), `${rounds}`];
  const { status, stdout, stderr, error } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(error?.message ?? stderr);
  return JSON.parse(stdout) as OnThisKernel;
}
