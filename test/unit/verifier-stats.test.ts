/** The statistics at the end of a verifier's log. */
import fc from "fast-check";
import { verifierStats } from "../../lib/program/verifier-stats";

const statsOf = (...lines: string[]) => verifierStats(Buffer.from(lines.map((line) => `${line}\n`).join("")));

const PROCESSED = "processed 14 insns (limit 1000000) max_states_per_insn 1 total_states 2 peak_states 3 mark_read 4";
const COUNTS = {
  instructions: 14,
  instructionLimit: 1_000_000,
  maxStatesPerInstruction: 1,
  totalStates: 2,
  peakStates: 3,
  markRead: 4,
};

test("of each level", () => {
  expect(statsOf("0: (b7) r0 = 0", "1: (95) exit", PROCESSED)).toEqual(COUNTS);
  expect(statsOf("verification time 23 usec", "stack depth 0+16+8", PROCESSED)).toEqual({
    ...COUNTS,
    stackDepth: [0, 16, 8],
    verificationTimeUs: 23,
  });
});

test("of Linux 7.3, with a line for each function", () => {
  const lines = [
    "verification time 48602 usec",
    "stack depth max 72",
    "subprog 0 (sum_bytes) main insns_self 500 insns_total 538 stack 64",
    "subprog 1 (stack 5) global insns_self 38 insns_total 38 stack 8",
  ];
  expect(statsOf("0: (95) exit", ...lines, PROCESSED)).toEqual({
    ...COUNTS,
    stackDepth: [64, 8],
    verificationTimeUs: 48602,
  });
});

test("none without a log, or in one that has none", () => {
  expect(statsOf()).toBeUndefined();
  expect(statsOf("R0 !read_ok", "processed a lot")).toBeUndefined();
});

test("of the last lines, not of what resembles them before", () => {
  expect(
    statsOf("stack depth 99", "0", "1", "2", "3", PROCESSED.replace("14", "1"), "0", "1", "2", "3", PROCESSED),
  ).toEqual(COUNTS);
});

test("any numbers, behind a log of any length", () => {
  const natural = fc.nat();
  const depths = fc.array(natural, { minLength: 1, maxLength: 256 });
  fc.assert(
    fc.property(
      fc.tuple(natural, natural, natural, natural, natural, natural),
      depths,
      natural,
      fc.nat(40_000),
      (...all) => {
        const [[a, b, c, d, e, f], stackDepth, verificationTimeUs, length] = all;
        const stats = statsOf(
          "x".repeat(length),
          `verification time ${verificationTimeUs} usec`,
          `stack depth ${stackDepth.join("+")}`,
          `processed ${a} insns (limit ${b}) max_states_per_insn ${c} total_states ${d} peak_states ${e} mark_read ${f}`,
        );
        expect(stats).toEqual({
          instructions: a,
          instructionLimit: b,
          maxStatesPerInstruction: c,
          totalStates: d,
          peakStates: e,
          markRead: f,
          stackDepth,
          verificationTimeUs,
        });
      },
    ),
  );
  fc.assert(fc.property(fc.uint8Array(), (log) => verifierStats(log) === undefined));
});
