/** The precheck of load() and check(): judges every program before the kernel loads any. */
import { isErrno, ObjectError, SleepableError } from "../errors";
import { given } from "../kernel/fact";
import type { KernelFacts } from "../kernel/kernel-facts";
import { missingCapabilities } from "../kernel/permission";
import { isProbed, tryLoad, withProbeResults } from "../kernel/probe";
import { whyRefused } from "../kernel/refusal";
import { lazyFacts } from "../kernel/running-kernel";
import { usesTrampoline } from "../kinds";
import { refused } from "../sleepable/finding";
import { judge } from "../sleepable/judge";
import { judgeCalls } from "../sleepable/rules-calls";
import { atOnce, compiled, type Slices } from "../slices";
import type { Finding, ProgramFacts, ProgramVerdict, ReasonCode } from "../verdict";
import type { CheckOptions, LoadOptions, Precheck } from "./load-options";

let running: KernelFacts | undefined;

/**
 * The facts of the running kernel, read once. Facts that change while it runs (mounts, capabilities) decide no verdict.
 */
function runningKernel(): KernelFacts {
  running ??= lazyFacts();
  return running;
}

/** Reads the facts of an object's programs for a kernel, whose constants decide branches: {@link FactsReader}. */
type Read = (kernel: KernelFacts, suffices?: (atMost: ProgramFacts) => boolean) => Slices<ProgramFacts[]>;

/** One verdict per program. */
export function verdicts(read: Read, { kernel, precheck = "auto" }: CheckOptions): ProgramVerdict[] {
  const known = kernel ?? runningKernel();
  let judged = judgedBy(read, known);
  const facts = kernel ?? asked([...judged.keys()], precheck);
  // What a program could reach at most suffices for the facts that it was judged by.
  if (facts !== known) judged = judgedBy(read, facts);
  if (kernel !== undefined || precheck === "tables" || !mayLoad(facts)) return [...judged.values()];
  return Array.from(judged, ([program, verdict]) => onThisHost(verdict, program));
}

function judgedBy(read: Read, kernel: KernelFacts): Map<ProgramFacts, ProgramVerdict> {
  const sufficient = new Map<ProgramFacts, ProgramVerdict>();
  const programs = atOnce(
    read(kernel, (atMost) => {
      const verdict = judge(atMost, kernel);
      sufficient.set(atMost, verdict);
      return verdict.verdict === "allowed";
    }),
  );
  return new Map(programs.map((program) => [program, sufficient.get(program) ?? judge(program, kernel)]));
}

/**
 * Adds what the host decides for all programs of a kind: some hosts refuse all BPF trampolines, whatever the kernel.
 */
function onThisHost(verdict: ProgramVerdict, { kind, type, target }: ProgramFacts): ProgramVerdict {
  // The same program type and target function; only attaching differs.
  const asked = kind === "lsm_cgroup" ? "lsm" : kind;
  if (!usesTrampoline(kind) || !isProbed(asked) || target === undefined || verdict.verdict === "refused")
    return verdict;
  const status = tryLoad(asked, target)?.status;
  if (status === undefined || !isErrno(status, "EPERM")) return verdict;
  const { cause, hint } = whyRefused({ operation: "load", types: [type], trampoline: true });
  const remedy = hint.charAt(0).toLowerCase() + hint.slice(1);
  const source = "kernel/bpf/syscall.c: bpf_prog_load()";
  const found = refused("NO_PERMISSION", `the kernel returns EPERM: ${cause}`, { source, remedy });
  const { reason, message } = found;
  return { ...verdict, verdict: "refused", reason, message, remedy, findings: [found, ...verdict.findings] };
}

/** Programs without findings, and the facts they were judged by. They are not judged again. */
const good = new WeakMap<ProgramFacts, KernelFacts>();

/**
 * Rejects bad programs.
 *
 * @param whole looks at all of the object; throws if it is damaged
 * @throws {@link SleepableError} if a program would be refused, or is unsafe
 * @throws {@link ObjectError} for a damaged object, whatever the options
 */
export function* refuseBad(read: Read, whole: Slices<unknown>, name: string, options: LoadOptions): Slices<void> {
  const { precheck = "auto", allowUnsafe = false } = options;
  if (precheck === "off") {
    // Analysing the instructions takes time and memory.
    yield* ifReadable(whole);
    return;
  }
  // Compiling this part is a slice of its own, too.
  yield;
  const kernel = runningKernel();
  yield* compiled([() => judge, () => judgeCalls]);
  yield;
  const programs = (yield* ifReadable(read(kernel, (atMost) => isAllowed(atMost, kernel)))) ?? [];
  const facts = asked(programs, precheck);
  let bad = badOf(programs, facts);
  // What a program could reach at most suffices for the facts that it was judged by.
  if (bad.length > 0 && facts !== kernel) bad = badOf((yield* ifReadable(read(facts))) ?? [], facts);
  const refused = bad.filter(({ verdict }) => verdict === "refused" || !allowUnsafe);
  if (refused.length > 0) throw new SleepableError(name, refused);
}

/** Whether nothing about a program is refused or open. */
function isAllowed(program: ProgramFacts, kernel: KernelFacts): boolean {
  if (judge(program, kernel).verdict !== "allowed") return false;
  good.set(program, kernel);
  return true;
}

/** The verdicts on programs that would be refused, or are unsafe. */
function badOf(programs: readonly ProgramFacts[], kernel: KernelFacts): ProgramVerdict[] {
  const bad: ProgramVerdict[] = [];
  for (const program of programs) {
    if (good.get(program) === kernel) continue;
    const verdict = judge(program, kernel);
    if (verdict.findings.some(forbidsLoad)) bad.push(verdict);
    else good.set(program, kernel);
  }
  return bad;
}

/** Reasons about a section's tracepoint. `attach({ target })` can name another, so a load need not fail for them. */
const OF_TRACEPOINT: ReadonlySet<ReasonCode> = new Set(["TRACEPOINT_NOT_FOUND", "TRACEPOINT_NOT_FAULTABLE"]);

function forbidsLoad({ verdict, stage, reason }: Finding): boolean {
  if (stage === "attach" && OF_TRACEPOINT.has(reason)) return false;
  return verdict === "refused" || verdict === "unsafe";
}

/**
 * Ignores errors about BTF newer than this library, which libbpf may be able to load. Errors about damage are thrown.
 */
function* ifReadable<T>(read: Slices<T>): Slices<T | undefined> {
  try {
    return yield* read;
  } catch (error) {
    if (error instanceof ObjectError && error.code === "ERR_BPF_NOT_SUPPORTED") return undefined;
    throw error;
  }
}

/** The running kernel's facts, with its answers about targets if requested. */
function asked(programs: readonly ProgramFacts[], precheck: Precheck): KernelFacts {
  const facts = runningKernel();
  const sleepable = programs.filter((program) => program.sleepable);
  if (sleepable.length === 0 || precheck === "tables" || (precheck === "auto" && !mayLoad(facts))) return facts;
  const isOpen = (program: ProgramFacts) => good.get(program) !== facts && judge(program, facts).verdict === "unknown";
  const open = sleepable.filter((program) => precheck === "probe" || isOpen(program));
  const targets = open.flatMap(({ kind, target }) => (isProbed(kind) && target ? [[kind, target] as const] : []));
  if (targets.length > 0) running = withProbeResults(facts, targets);
  return runningKernel();
}

/** Whether this process may load tracing and LSM programs. */
function mayLoad({ capabilities }: KernelFacts): boolean {
  const has = given(capabilities);
  return has !== undefined && missingCapabilities(has).length === 0;
}
