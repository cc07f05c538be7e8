/** Some rounds of everything that a process does with the library; npm run soak continues for minutes. */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { acts } from "../faults/acts";
import { bpffs, kernelTest, since, systemCallTracepoints, unsanitized, vmKernel } from "./needs";

/** Under emulation each round takes many times as long. */
const ROUNDS = vmKernel === undefined ? 8 : 1;
/** In which V8 compiles what runs often, which is kept too. */
const FIRST = vmKernel === undefined ? 8 : 2;
const MIB = 1 << 20;

async function held() {
  for (let round = 0; round < 5; round++) {
    globalThis.gc?.();
    await sleep(20);
  }
  const { external, heapUsed } = process.memoryUsage();
  return {
    descriptors: readdirSync("/proc/self/fd").length,
    mappings: readFileSync("/proc/self/maps", "utf8")
      .split("\n")
      .filter((line) => /bpf|perf_event/.test(line)),
    external,
    heapUsed,
  };
}

const needs = [unsanitized, bpffs, systemCallTracepoints, since("6.1")];
kernelTest("repeated operations leave descriptors, mappings and memory unchanged", needs, async () => {
  const round = async () => {
    for (const act of Object.values(acts)) await act();
  };
  for (let count = 0; count < FIRST; count++) await round();
  const before = await held();
  for (let count = 0; count < ROUNDS; count++) await round();
  const after = await held();
  expect(after.descriptors).toBe(before.descriptors);
  expect(after.mappings).toHaveLength(before.mappings.length);
  expect(after.external - before.external).toBeLessThan(MIB);
  expect(after.heapUsed - before.heapUsed).toBeLessThan(4 * MIB);
});
