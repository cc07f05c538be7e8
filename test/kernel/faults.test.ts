/**
 * Makes every call that can fail do so once, with one of the errnos (npm run test:faults: with each): the act fails with
 * that errno or succeeds, and leaks nothing. Node's own calls are left out where their failure ends the process: see inject.c.
 */
import { spawnSync } from "node:child_process";
import { acts, coldActs } from "../faults/acts";
import { ERRNOS } from "../faults/child";
import { Injector } from "../faults/run";
import { bpffs, bundled, kernelTest, type Need, since, systemCallTracepoints, unsanitized, vmKernel } from "./needs";

/** Virtual machines have none. */
const compiler: Need = {
  what: "a C compiler",
  present: () => vmKernel === undefined && spawnSync("cc", ["--version"]).status === 0,
  expected: false,
};
const needs = [compiler, bundled, unsanitized, bpffs, systemCallTracepoints, since("6.1")];
const MINUTES = 60_000;

const fine = expect.objectContaining({ wrong: [] });

for (const act of Object.keys(acts)) {
  const run = async () => {
    using injector = new Injector();
    const outcome = await injector.everyCall(act, { inTurn: true });
    expect(outcome).toEqual(fine);
    for (const excluded of outcome.excluded) process.stderr.write(`Node's own: ${excluded}\n`);
  };
  kernelTest(`calls that fail: ${act}`, needs, run, 10 * MINUTES);
}

for (const act of Object.keys(coldActs)) {
  const run = async () => {
    using injector = new Injector();
    expect(await injector.everyColdCall(act, ERRNOS)).toEqual(fine);
  };
  kernelTest(`calls that fail in a process that has not asked the kernel yet: ${act}`, needs, run, 10 * MINUTES);
}
