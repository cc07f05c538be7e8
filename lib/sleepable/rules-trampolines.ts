/** BPF trampolines, which fentry, fexit, fmod_ret and lsm programs run through: not every architecture has them. */
import { isKnown } from "../kernel/fact";
import { refused, undecided } from "./finding";
import { input, type Kernel } from "./kernel";
import type { Finding, ProgramFacts } from "./verdict";

/**
 * The release that brought them to functions of the kernel; other architectures' are not known here. arm64 has trampolines since 6.0, and
 * ftrace's direct calls, by which they reach the kernel's functions, since 6.4 (2aa6ac03516d): in between programs load, and are not
 * attached (ENOTSUPP).
 */
const SINCE: Readonly<Record<string, string>> = { x86_64: "5.5", aarch64: "6.4" };

const KINDS: ReadonlySet<string> = new Set(["lsm", "fentry", "fexit", "fmod_ret", "fsession"]);

/** True for kinds that run through a BPF trampoline, which needs support of the architecture and the kernel. */
export function usesTrampoline(kind: string): boolean {
  return KINDS.has(kind);
}

export function judgeTrampoline({ kind }: ProgramFacts, kernel: Kernel): Finding[] {
  if (!usesTrampoline(kind)) return [];
  const { architecture } = kernel.facts;
  if (!isKnown(architecture)) return [];
  const since = SINCE[architecture.value];
  const more = {
    source: "arch_prepare_bpf_trampoline() in arch/*/net/bpf_jit_comp.c",
    inputs: [input("architecture", architecture), kernel.versionInput],
    stage: "attach" as const,
  };
  if (since === undefined) {
    const question = `whether ${architecture.value} has the BPF trampolines that ${kind} programs need`;
    return [undecided(question, "only x86_64 and aarch64 are known here", more)];
  }
  const has = kernel.since(since);
  // Without a version: x86_64 has had them longer than there have been sleepable programs.
  if (has === true || (has === undefined && architecture.value === "x86_64")) return [];
  if (has === undefined) {
    const question = `whether this kernel has the BPF trampolines that ${kind} programs need`;
    return [undecided(question, `${architecture.value} has them since Linux ${since}`, more)];
  }
  return [
    refused(
      "NO_TRAMPOLINES",
      `${kernel.label} has no BPF trampolines to kernel functions on ${architecture.value}, which ${kind} programs need`,
      {
        ...more,
        since,
        remedy: `require Linux ${since}, or use kprobes, tracepoints, uprobes or iterators`,
      },
    ),
  ];
}
