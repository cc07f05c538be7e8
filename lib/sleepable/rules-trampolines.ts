/** BPF trampolines, which programs for functions and LSM hooks need, and which not every architecture has. */
import { given, isKnown } from "../kernel/fact";
import { usesTrampoline } from "../kinds";
import type { Finding, ProgramFacts } from "../verdict";
import { type More, refused, undecided } from "./finding";
import { input, type Kernel } from "./judged-kernel";

/**
 * The release with trampolines to kernel functions, by architecture; others are unknown here. arm64 has trampolines
 * since 6.0, and ftrace's direct calls, which they need to reach kernel functions, since 6.4 (2aa6ac03516d): in between
 * programs load, but fail to attach (ENOTSUPP).
 */
const SINCE: Readonly<Record<string, string>> = { x86_64: "5.5", aarch64: "6.4" };

export function judgeTrampoline(program: ProgramFacts, kernel: Kernel): Finding[] {
  const { kind } = program;
  if (!usesTrampoline(kind)) return [];
  return [...signatureFindings(program, kernel), ...trampolineFindings(kind, kernel)];
}

/** Structs by value as arguments (720e6a435194). */
const STRUCTS = { since: "6.1", commit: "720e6a435194", most: 16 };
/** Arguments beyond the registers: the number of registers, and since when trampolines support more (473e3150e30a). */
const STACKED: Readonly<Record<string, { registers: number; since: string; unsure: string; source: string }>> = {
  x86_64: {
    registers: 6,
    since: "6.6",
    unsure: "6.6",
    source: "arch/x86/net/bpf_jit_comp.c: arch_prepare_bpf_trampoline()",
  },
  // Not measured between 6.12 and 7.3.
  aarch64: {
    registers: 8,
    since: "7.3",
    unsure: "6.13",
    source: "arch/arm64/net/bpf_jit_comp.c: arch_prepare_bpf_trampoline()",
  },
};
/** MAX_BPF_FUNC_ARGS. */
const MOST_ARGUMENTS = 12;

/**
 * Signatures that trampolines do not support (btf_distill_func_proto() in kernel/bpf/btf.c;
 * arch_prepare_bpf_trampoline()).
 */
export function signatureFindings({ kind, target = "", signature }: ProgramFacts, kernel: Kernel): Finding[] {
  if (signature === undefined) return [];
  const { registers, arguments: count, struct, returnsStruct, variadic } = signature;
  const inputs = [{ name: "signature", value: target, origin: "the kernel's BTF" }, kernel.versionInput];
  const more = {
    source: "kernel/bpf/btf.c: btf_distill_func_proto()",
    inputs,
    remedy: `use ${kind === "lsm" ? "another hook" : "another function, or a kprobe"}`,
  };
  const refusal = (what: string, also: Partial<More> = {}) => [
    refused("TARGET_SIGNATURE", `${target} ${what}, which BPF trampolines of ${kernel.label} do not support`, {
      ...more,
      ...also,
    }),
  ];
  if (variadic) return refusal("takes a variable number of arguments");
  if (count > MOST_ARGUMENTS) return refusal(`takes ${count} arguments`);
  if (returnsStruct) return refusal("returns a struct");
  if (struct > STRUCTS.most) return refusal(`takes a struct of ${struct} bytes`);
  if (struct > 0) {
    const can = kernel.since(STRUCTS.since);
    const also = { source: { file: more.source, commit: STRUCTS.commit }, since: STRUCTS.since };
    if (can === false) return refusal("takes a struct", also);
    if (can === undefined)
      return [
        undecided(`whether BPF programs can be attached to ${target}`, "it takes a struct", { ...more, ...also }),
      ];
  }
  const stacked = STACKED[given(kernel.facts.architecture) ?? ""];
  if (stacked === undefined || registers <= stacked.registers || kernel.since(stacked.since)) return [];
  const also: Partial<More> = { source: stacked.source, since: stacked.since, stage: "attach" };
  if (kernel.since(stacked.unsure) === false) return refusal(`takes ${registers} words of arguments`, also);
  const question = `whether BPF programs can be attached to ${target}`;
  return [undecided(question, `it takes ${registers} words of arguments`, { ...more, ...also })];
}

const DIRECT_CALLS = "DYNAMIC_FTRACE_WITH_DIRECT_CALLS";

function noDirectCalls(kind: string, kernel: Kernel, value: string, more: More): Finding {
  const cfi = ["CFI", "CFI_CLANG"].find((option) => kernel.config(option) === "y");
  // arch/arm64/Kconfig: HAVE_DYNAMIC_FTRACE_WITH_CALL_OPS.
  const why =
    cfi !== undefined && given(kernel.facts.architecture) === "aarch64"
      ? `, as CONFIG_${cfi} rules them out there`
      : "";
  const message = `this kernel is built without CONFIG_${DIRECT_CALLS}${why}: BPF trampolines, which ${kind} programs need, can't reach its functions`;
  return refused("NO_TRAMPOLINES", message, {
    ...more,
    inputs: [...(more.inputs ?? []), input(`CONFIG_${DIRECT_CALLS}`, kernel.facts.config, value)],
    remedy: "build the kernel with it, or use kprobes, tracepoints, uprobes or iterators",
  });
}

function trampolineFindings(kind: string, kernel: Kernel): Finding[] {
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
  // The build itself decides, if known: trampolines reach kernel functions through ftrace's direct calls.
  const direct = kernel.config(DIRECT_CALLS);
  if (direct === "y") return [];
  if (direct !== undefined && kernel.since(since) !== false) return [noDirectCalls(kind, kernel, direct, more)];
  const has = kernel.since(since);
  // If the version is unknown: x86_64 has had them for longer than sleepable programs exist.
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
