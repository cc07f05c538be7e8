/** Runs guest.ts on several kernels whose time counts instructions, several times each. */
import { availableParallelism } from "node:os";
import { resolveKernel } from "../../lib/testing/kernels";
import { MATRIX } from "../../scripts/kernels";
import { counted } from "../counted";
import type { Boot, OnMachine } from "./figures";

/**
 * Kernels with sleepable tracing of system calls: by error injection, and since 7.1 without. 6.1 is included for its
 * LSM hooks.
 */
const KERNELS = [`${MATRIX.oldest}-errinj`, MATRIX.stable, `${MATRIX.lts}-errinj`, MATRIX.newest];

export async function bootMachines(boots: number, onBoot: (done: number, of: number) => void): Promise<OnMachine[]> {
  const machines: OnMachine[] = await Promise.all(
    KERNELS.map(async (kernel) => ({ kernel, ...(await whyMissing(kernel)), boots: [] })),
  );
  const queue = machines
    .filter(({ missing }) => missing === undefined)
    .flatMap((machine) => Array(boots).fill(machine) as OnMachine[]);
  const total = queue.length;
  // In parallel: other processes do not affect instruction counts.
  const lanes = Array.from({ length: Math.min(availableParallelism(), 4) }, async () => {
    for (let machine = queue.shift(); machine !== undefined; machine = queue.shift()) {
      onBoot(total - queue.length - 1, total);
      machine.boots.push(await counted<Boot>(["dist/bench/sleepable/guest.js"], { kernel: machine.kernel }));
    }
  });
  await Promise.all(lanes);
  return machines;
}

/** A kernel with error injection may not have been built. */
async function whyMissing(kernel: string): Promise<{ missing?: string }> {
  try {
    resolveKernel(kernel, "x64");
    return {};
  } catch (error) {
    return { missing: (error as Error).message };
  }
}
