/** Derives the report from a host's facts and the result of loading a sleepable LSM program. Pure. */
import { given } from "../kernel/fact";
import type { KernelFacts } from "../kernel/kernel-facts";
import { missingCapabilities, type PermissionCause } from "../kernel/permission";
import { extras } from "./doctor-extras";
import { type Line, line, type State } from "./doctor-line";
import { activeLsm, toLoad } from "./doctor-needs";

/** The kernel's result of loading `r0 = 0; exit` as lsm.s/bprm_committed_creds. */
export interface HookProbe {
  /** Absent if it loaded. */
  errno?: string;
  /** The verifier's log. */
  log: string;
  /** The cause of an EPERM. */
  permission?: PermissionCause;
}

/** The hook of the test program: every kernel with BPF_F_SLEEPABLE allows it to sleep. */
export const PROBED_HOOK = "bprm_committed_creds";
const PROG_LOAD = "BPF_PROG_LOAD";

/** Creates the report. `trial` is absent if nothing could be loaded: no BTF, or it lacks the hook. */
export function diagnose(facts: KernelFacts, probe?: HookProbe): Line[] {
  const loaded = probe !== undefined && probe.errno === undefined;
  return [
    ...toLoad(facts).map((line) => (loaded && line.state !== "ok" ? proven(line) : line)),
    load(facts, probe),
    activeLsm(facts),
    ...extras(facts).map((line) => ({ ...line, required: false })),
  ];
}

/** Whether sleepable LSM programs can be loaded and will run. */
export function conclusion(lines: readonly Line[]): State {
  const states = new Set(lines.filter(({ required }) => required).map(({ state }) => state));
  return states.has("bad") ? "bad" : states.has("unknown") ? "unknown" : "ok";
}

/** A successful load proves what loading needs. */
function proven({ check, message }: Line): Line {
  const evidence = { value: `a program on ${PROBED_HOOK} was loaded`, origin: PROG_LOAD };
  return line(check, "ok", evidence, `not a problem: ${message}`);
}

function load({ capabilities }: KernelFacts, trial: HookProbe | undefined): Line {
  if (trial === undefined) {
    const message = `loading a sleepable LSM program was not tried: the kernel's BTF has no hook ${PROBED_HOOK}`;
    return line("load", "unknown", { unknown: PROG_LOAD }, message);
  }
  const { errno, log, permission } = trial;
  const evidence = { value: errno ?? "loaded", origin: PROG_LOAD };
  if (errno === undefined) return line("load", "ok", evidence, `a sleepable program on ${PROBED_HOOK} was loaded`);
  if (errno === "EPERM" && missingCapabilities(given(capabilities) ?? []).length > 0) {
    const message = "a sleepable LSM program can be tried only with these capabilities";
    return line("load", "unknown", evidence, message);
  }
  if (permission !== undefined) return line("load", "bad", evidence, permission.cause, permission.hint);
  const words = log.split("\n").find((text) => text !== "") ?? "without a message";
  return line("load", "bad", evidence, `the kernel refuses a sleepable program on ${PROBED_HOOK}: ${words}`);
}
