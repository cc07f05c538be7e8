/** Checks that sleepable LSM programs do not need, but other programs do. */
import { given, isKnown } from "../kernel/fact";
import type { KernelFacts } from "../kernel/kernel-facts";
import { familiesWhere, OLDEST } from "../kinds";
import { MOUNT_BPFFS } from "../native/pins";
import { Kernel } from "../sleepable/judged-kernel";
import { hasErrorInjection } from "../sleepable/rules-tracing";
import { factLine, isKernelSince, type Line, line } from "./doctor-line";

export function extras(facts: KernelFacts): Line[] {
  return [hooks(facts), lockdown(facts), ...mounts(facts), errorInjection(facts)];
}

function hooks(facts: KernelFacts): Line {
  const since = isKernelSince("5.11", facts);
  if (since) return line("hooks", "ok", facts.version, "more than one LSM hook may sleep");
  const message = "only the LSM hook bprm_committed_creds may sleep before Linux 5.11";
  return line("hooks", since === undefined ? "unknown" : "bad", facts.version, message, "Use Linux 5.11 or newer");
}

function lockdown({ lockdown }: KernelFacts): Line {
  return factLine("lockdown", lockdown, (state) => state !== "confidentiality", {
    ok: "lockdown does not restrict BPF",
    bad: "the kernel is locked down (confidentiality): programs can't read its memory, and kprobes can't be attached",
    unknown: "can't determine whether the kernel is locked down",
    remedy: isKnown(lockdown)
      ? "Boot with lockdown=integrity or without lockdown"
      : `Mount securityfs: ${MOUNT.securityfs}`,
  });
}

export const MOUNT = {
  securityfs: "mount -t securityfs securityfs /sys/kernel/security",
  bpffs: MOUNT_BPFFS,
  tracefs: "mount -t tracefs tracefs /sys/kernel/tracing",
};
const USE = {
  securityfs: "which shows active LSMs and lockdown",
  bpffs: "where programs, maps and links are pinned",
  tracefs: "which tracepoints need",
};

function mounts(facts: KernelFacts): Line[] {
  return (["securityfs", "bpffs", "tracefs"] as const).map((name) =>
    factLine(name, facts[name], (place) => place !== "", {
      ok: `${name} is mounted`,
      bad: `${name}, ${USE[name]}, is not mounted`,
      unknown: `can't determine whether ${name}, ${USE[name]}, is mounted`,
      remedy: MOUNT[name],
      show: given(facts[name]) || "not mounted",
    }),
  );
}

const KINDS = familiesWhere(({ attach, since }) => attach === "trampoline" && since === OLDEST, ".s");

/** Targets of these: functions with error injection, and since 7.1 system calls by name (16d9c5660692). */
function errorInjection(facts: KernelFacts): Line {
  const { value, input } = hasErrorInjection(Kernel.of(facts));
  const fact = { ...input, value: `${input.name}: ${input.value}` };
  const ok = (what: string) => `${what} may sleep in ${KINDS} programs`;
  if (value) return line("error-injection", "ok", fact, ok("functions with error injection"));
  if (isKernelSince("7.1", facts)) return line("error-injection", "ok", facts.version, ok("system calls"));
  const [state, message] =
    value === undefined
      ? (["unknown", `can't determine whether functions may sleep in ${KINDS} programs`] as const)
      : (["bad", `no function may sleep in ${KINDS} programs`] as const);
  const remedy = "Use Linux 7.1 or newer, or a kernel with CONFIG_FUNCTION_ERROR_INJECTION=y";
  return line("error-injection", state, fact, message, remedy);
}
