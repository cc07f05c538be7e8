/** A few fuzzed inputs; scripts/fuzz.ts and scripts/fuzz-guided.ts test more of them. */
import { fuzz } from "../../scripts/fuzz";
import { fuzzTarget } from "../../scripts/fuzz-guided";
import { TARGETS } from "../fuzz/targets";

test("some objects of one seed: no signal, no hang, only errors of the library, bounded memory", async () => {
  expect(await fuzz({ seed: 14, count: 1000 })).toEqual([]);
});

test.each(Object.keys(TARGETS))("%s, guided by coverage", async (target) => {
  const { findings, executions } = await fuzzTarget({ target, seed: 1, count: 40 * (TARGETS[target]?.batch ?? 100) });
  expect(findings).toEqual([]);
  expect(executions).toBeGreaterThan(500);
});
