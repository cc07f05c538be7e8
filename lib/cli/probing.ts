/**
 * Checks before and after probing the running kernel: whether this process may probe, and whether the kernel answered.
 */
import { ProgramType } from "../constants";
import { isErrno } from "../errors";
import { given } from "../kernel/fact";
import type { KernelFacts, ProbedKind } from "../kernel/kernel-facts";
import { PROBED_KINDS, tryLoad } from "../kernel/probe";
import { permissionError, whyRefused } from "../kernel/refusal";

/**
 * Tests the privilege with a tracepoint program: it needs no trampoline, so EPERM means that a privilege is missing.
 *
 * @throws {@link PermissionError} that names the missing privilege
 */
export function needPrivilege(): void {
  const status = tryLoad("tp_btf", "sched_switch")?.status;
  if (status === undefined || !isErrno(status, "EPERM")) return;
  const details = { operation: "probe", errno: "EPERM" } as const;
  throw permissionError("can't probe the kernel", { operation: "load", types: [ProgramType.TRACING] }, details);
}

/** Warns on standard error about kinds that could not be probed. */
export function warnUnanswered(facts: KernelFacts, asked: readonly ProbedKind[] = PROBED_KINDS): void {
  const answered = given(facts.probed) ?? {};
  const forbidden = asked.filter((kind) => {
    const [target] = given(facts[TARGETS[kind]]) ?? [];
    const status = target === undefined || answered[kind] !== undefined ? undefined : tryLoad(kind, target)?.status;
    return status !== undefined && isErrno(status, "EPERM");
  });
  if (forbidden.length === 0) return;
  const { cause } = whyRefused({ operation: "load", types: [ProgramType.TRACING], trampoline: true });
  const what = forbidden.length === asked.length ? "nothing could be probed" : `not probed: ${forbidden.join(", ")}`;
  process.stderr.write(`node-libbpf: ${what}; the kernel returned EPERM for all: ${cause}\n`);
}

/** The facts that list the targets of each kind. */
const TARGETS = {
  lsm: "lsmHooks",
  tp_btf: "tracepoints",
  fentry: "functions",
  fexit: "functions",
  fmod_ret: "functions",
} as const satisfies Record<ProbedKind, keyof KernelFacts>;
