/**
 * Compares the precheck's verdicts with the kernel's answers, for every question about sleepable programs that this
 * kernel can answer.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { given, unknown } from "../../lib/kernel/fact";
import type { KernelFacts, ProbedKind } from "../../lib/kernel/kernel-facts";
import { PROBED_KINDS, withProbeResults } from "../../lib/kernel/probe";
import { kernelFacts } from "../../lib/kernel/running-kernel";
import { judge } from "../../lib/sleepable/judge";
import { type Agreement, type AgreementReport, type Answered, askKernel, compare } from "../truth/agreement";
import { allCases } from "../truth/cases";
import { kernelTest, trampolines, vmKernel } from "./needs";

/** A kernel whose data is in the tables. */
const inMatrix = vmKernel !== undefined && process.env.NODE_LIBBPF_UNSEEN === undefined;
/**
 * Bounds for a kernel of the matrix: the least number of cases, and per hundred the most unknown ones and the most
 * without an answer.
 */
const CASES = 3000;
const PERCENT = 2;
/** Without a version thousands are unknown: the report has their number, and this many of them. */
const UNKNOWN_SHOWN = 200;

const report: AgreementReport = { kernel: vmKernel ?? "here", version: "unknown", runs: {} };
let answered: { kernel: KernelFacts; answers: Answered[] } | undefined;

function truth() {
  if (answered === undefined) {
    const kernel = kernelFacts();
    // Other processes work on a host, so only iterators are attached there: they run only when they are read.
    const answers = askKernel(allCases(kernel, trampolines.present()), vmKernel !== undefined);
    answered = { kernel, answers };
  }
  return answered;
}

/** Facts without measured data, so that only rules apply. */
function rulesAlone(kernel: KernelFacts): KernelFacts {
  return { ...kernel, probed: unknown("left out by the test") };
}

/** Facts of a kernel without a known version. */
function withoutVersion(kernel: KernelFacts): KernelFacts {
  return { ...rulesAlone(kernel), version: unknown("left out by the test") };
}

function agreement(run: string, answers: readonly Answered[], kernel: KernelFacts): Agreement {
  const result = compare(answers, kernel);
  report.runs[run] = result;
  report.version = given(kernel.version) ?? report.version;
  return result;
}

/** Writes a record if the harness requests one. */
afterAll(() => {
  const directory = process.env.NODE_LIBBPF_REPORT;
  if (directory === undefined || answered === undefined) return;
  mkdirSync(directory, { recursive: true });
  const runs = Object.entries(report.runs).map(([run, result]) => [
    run,
    { ...result, unknown: result.unknown.slice(0, UNKNOWN_SHOWN) },
  ]);
  writeFileSync(
    join(directory, "agreement.json"),
    JSON.stringify({ ...report, runs: Object.fromEntries(runs) }, null, 1),
  );
});

/** The targets of these cases, for kinds that can be probed by loading. */
function targetsOf(answers: readonly Answered[]): (readonly [ProbedKind, string])[] {
  const kinds: readonly string[] = PROBED_KINDS;
  return answers.flatMap(({ program: { kind, target } }) =>
    kinds.includes(kind) && target !== undefined ? [[kind as ProbedKind, target] as const] : [],
  );
}

function agreementTest(name: string, run: (kernel: KernelFacts, answers: Answered[]) => void): void {
  const call = async () => {
    const { kernel, answers } = truth();
    run(kernel, answers);
  };
  kernelTest(`verdicts agree with the kernel's answers: ${name}`, [], call, 300_000);
}

agreementTest("by all that is known", (kernel, answers) => {
  const { wrong, unknown: unknowns, cases } = agreement("tables", answers, kernel);
  expect(wrong).toEqual([]);
  if (!inMatrix) return;
  const few = (cases * PERCENT) / 100;
  if (unknowns.length > few) expect(unknowns).toEqual([]);
  // Without this, a test without answers would pass too.
  expect(cases).toBeGreaterThan(CASES);
  expect(answers.filter(({ outcome }) => outcome === "none").length).toBeLessThan(few);
});

agreementTest("by rules alone, with nothing measured", (kernel, answers) => {
  expect(agreement("rules", answers, rulesAlone(kernel)).wrong).toEqual([]);
});

agreementTest("where the version is not known", (kernel, answers) => {
  expect(agreement("no version", answers, withoutVersion(kernel)).wrong).toEqual([]);
});

agreementTest("with a probe of what is unknown", (kernel, answers) => {
  const open = answers.filter(({ program }) => judge(program, kernel).verdict === "unknown");
  const result = agreement("probed", answers, withProbeResults(kernel, targetsOf(open)));
  expect(result.wrong).toEqual([]);
  if (inMatrix) expect(result.unknown).toEqual([]);
});

agreementTest("with a probe where the version is not known", (kernel, answers) => {
  // On old kernels all cases take half a minute: each function lookup goes through all symbols.
  const some = answers.filter((_, index) => index % 5 === 0);
  const probed = withProbeResults(withoutVersion(kernel), targetsOf(some));
  expect(agreement("no version, probed", answers, probed).wrong).toEqual([]);
});
