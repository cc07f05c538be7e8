/** Captures a host's facts as a profile. */
import { anyFunction, boolean, checkOptions, type Schema } from "../options";
import { given, isKnown, mapFact, unknown } from "./fact";
import type { KernelFacts, ProbedKind } from "./kernel-facts";
import { PROBED_KINDS, withProbeResults } from "./probe";
import { kernelFacts } from "./running-kernel";
import { SYSTEM_CALL } from "./system-calls";

/** Options of {@link captureProfile}. */
export interface CaptureOptions {
  /** Probes every LSM hook, tracepoint, system call and error-injection function by loading a program. Needs root. */
  probe?: boolean;
  /** Called between the probed kinds. */
  onProgress?: (done: number, of: number) => void;
}

const OPTIONS: Schema<CaptureOptions> = { probe: boolean, onProgress: anyFunction };

/**
 * The facts of {@link kernelFacts}, optionally with the results of probing the kernel.
 *
 * @throws {@link BpfError} ERR_BPF_NOT_SUPPORTED if the kernel is not Linux
 */
export function captureProfile(options?: CaptureOptions): KernelFacts {
  const callee = { name: "captureProfile", details: { operation: "profile" } } as const;
  const { probe = false, onProgress } = checkOptions(callee, options, OPTIONS);
  let facts = kernelFacts();
  if (!probe) return facts;
  const functions = new Set(given(facts.errorInjection));
  for (const name of given(facts.functions) ?? []) if (SYSTEM_CALL.test(name)) functions.add(name);
  const targets: Readonly<Record<ProbedKind, Iterable<string>>> = {
    lsm: given(facts.lsmHooks) ?? [],
    tp_btf: given(facts.tracepoints) ?? [],
    fentry: functions,
    fexit: functions,
    fmod_ret: functions,
  };
  for (const [index, kind] of PROBED_KINDS.entries()) {
    onProgress?.(index, PROBED_KINDS.length);
    facts = withProbeResults(
      facts,
      Array.from(targets[kind], (name) => [kind, name] as const),
    );
  }
  onProgress?.(PROBED_KINDS.length, PROBED_KINDS.length);
  return facts;
}

/** The facts without large ones and those of the host: for the built-in profiles. */
export function kernelOnly(facts: KernelFacts): KernelFacts {
  const host = unknown("a fact of a host, and this is a profile of a build");
  return {
    ...facts,
    config: isKnown(facts.config) ? facts.config : mapFact(facts.functions, injectionOf),
    functions: unknown("left out of the built-in profiles"),
    ...{ lsms: host, lockdown: host, capabilities: host, initialUserNamespace: host, seccomp: host },
    ...{ unprivilegedBpfDisabled: host, memlock: host, bpffs: host, securityfs: host, tracefs: host, debugfs: host },
    btfModules: host,
  };
}

/** Configuration options implied by the functions. */
function injectionOf(functions: readonly string[]): Record<string, string> {
  return { FUNCTION_ERROR_INJECTION: functions.includes("within_error_injection_list") ? "y" : "n" };
}
