/** Checks whether an attach target exists: functions and tracepoints of the kernel and its modules. */
import { given, isKnown } from "../kernel/fact";
import { kindsWhere, type ProbedKind } from "../kinds";
import { nearest } from "../nearest";
import type { Finding, Stage } from "../verdict";
import { refused, undecided } from "./finding";
import { input, type Kernel } from "./judged-kernel";
import { SYSTEM_CALLS, TRACEPOINTS } from "./known-names";

const CHECK = "kernel/bpf/verifier.c: bpf_check_attach_target()";
const SYSTEM_CALL = /^__(x64|ia32|arm64|s390x|riscv)_sys_/;
/** Functions for BPF's own test runs (net/bpf/test_run.c). */
const TEST_FUNCTION = /^bpf_(fentry|modify_return)_test\d?$/;
/** Kinds whose measured targets are functions. */
const FUNCTION_KINDS = kindsWhere(({ probed, attach }) => probed && attach === "trampoline") as readonly ProbedKind[];

/** A function with BTF, of the kernel or, as "module:function", of a module. Undefined if it exists. */
export function functionMissing(target: string, kernel: Kernel, stage: Stage = "load"): Finding | undefined {
  const { functions, btfModules, errorInjection } = kernel.facts;
  const modules = given(btfModules);
  if (target.includes(":")) return ofModule(target, kernel, stage);
  const listed = kernel.lists("functions", target);
  if (listed === undefined && TEST_FUNCTION.test(target)) return undefined;
  if (listed || FUNCTION_KINDS.some((kind) => kernel.probed(kind, target) !== undefined)) return undefined;
  if (given(errorInjection)?.some((name) => name === target || name.endsWith(`:${target}`))) return undefined;
  const inputs = [input("functions", functions, "not listed")];
  const isCall = SYSTEM_CALL.test(target);
  // A build whose measurement covers every system call has no others.
  const asked = isCall && (given(kernel.facts.probed)?.fentry?.refused ?? []).length > 0;
  if (listed === undefined && !asked) {
    if (isCall && SYSTEM_CALLS.has(target.replace(SYSTEM_CALL, ""))) return undefined;
    return undecided(`whether this kernel has a function ${target}`, "the kernel's functions are not known here", {
      source: CHECK,
      inputs: [input("functions", functions)],
      stage,
    });
  }
  // A name without module is looked up in the BTF of every module too (libbpf: find_kernel_btf_id()).
  if (!asked && modules?.length !== 0) {
    return undecided(`whether this kernel has a function ${target}`, "a module may have it", {
      source: CHECK,
      inputs: [...inputs, input("modules", btfModules)],
      stage,
    });
  }
  const bare = target.replace(SYSTEM_CALL, "__do_sys_");
  const alias = bare !== target && kernel.lists("functions", bare) === true ? bare : undefined;
  const close = kernel.functionLike(target);
  return refused("TARGET_NOT_FOUND", `this kernel has no traceable function ${target}`, {
    source: CHECK,
    inputs,
    stage,
    remedy:
      alias !== undefined
        ? `a system call without arguments is named ${alias} in BTF`
        : close === undefined
          ? "check its name in the kernel's BTF: it may be inlined"
          : `did you mean ${close}?`,
  });
}

function ofModule(target: string, kernel: Kernel, stage: Stage): Finding | undefined {
  const { btfModules, errorInjection } = kernel.facts;
  const module = target.slice(0, target.indexOf(":"));
  if (module === "vmlinux") return functionMissing(target.slice(module.length + 1), kernel, stage);
  if (given(errorInjection)?.includes(target)) return undefined;
  const more = { source: "libbpf: load_module_btfs()", inputs: [input("modules", btfModules)], stage };
  const loaded = isKnown(btfModules) ? btfModules.value.includes(module) : undefined;
  if (loaded === false) {
    return refused("TARGET_NOT_FOUND", `no loaded module ${module} has BTF`, {
      ...more,
      remedy: `load it: modprobe ${module}`,
    });
  }
  return undecided(`whether there is a function ${target}`, "functions of modules are not checked", more);
}

/** A tracepoint of raw_tp and tp_btf programs. Undefined if it exists. */
export function tracepointMissing(name: string, kernel: Kernel, stage: Stage): Finding | undefined {
  // raw_tp targets are found by name, so the BTF need not be read for tracepoints that all kernels have.
  if (stage === "attach" && TRACEPOINTS.has(name)) return undefined;
  const listed = kernel.lists("tracepoints", name);
  if (listed || kernel.probed("tp_btf", name) !== undefined) return undefined;
  if (listed === undefined && TRACEPOINTS.has(name)) return undefined;
  const { tracepoints, btfModules } = kernel.facts;
  const inputs = [input("tracepoint", tracepoints, name), kernel.versionInput];
  if (listed === undefined || given(btfModules)?.length !== 0) {
    const why = listed === undefined ? "the kernel's tracepoints are not known here" : "a module may have it";
    return undecided(`whether this kernel has a tracepoint ${name}`, why, { source: CHECK, inputs, stage });
  }
  const close = nearest(name, given(tracepoints) ?? []);
  const remedy = close === undefined ? "check the kernel's BTF for btf_trace_NAME" : `did you mean ${close}?`;
  return refused("TRACEPOINT_NOT_FOUND", `this kernel has no tracepoint ${name}`, {
    source: CHECK,
    inputs,
    remedy,
    stage,
  });
}

/** An event in tracefs, "category/name", of tracepoint programs. Checked by its tracepoint or system call. */
export function eventMissing(event: string, kernel: Kernel): Finding | undefined {
  const [category, name = ""] = event.split("/");
  const call = category === "syscalls" ? /^sys_(?:enter|exit)_(\w+)$/.exec(name)?.[1] : undefined;
  if (call !== undefined) {
    if (SYSTEM_CALLS.has(call) || isCall(call, kernel)) return undefined;
  } else if (TRACEPOINTS.has(name) || kernel.lists("tracepoints", name)) return undefined;
  return undecided(`whether this kernel has an event ${event}`, "the kernel's events are not known here", {
    source: "kernel/trace/trace_events.c",
    inputs: [kernel.versionInput],
    stage: "attach",
  });
}

/** System calls without arguments have another name. */
function isCall(name: string, kernel: Kernel): boolean {
  return ["__x64_sys_", "__arm64_sys_", "__do_sys_"].some((prefix) => kernel.lists("functions", prefix + name));
}

/** A function for kprobes, which need its symbol but not its BTF. */
export function symbolMissing(name: string, kernel: Kernel): Finding | undefined {
  const bare = name.replace(/\+.*$/, "");
  const found = functionMissing(bare, kernel, "attach");
  if (found === undefined) return undefined;
  return undecided(`whether this kernel has a function ${bare}`, "the kernel's symbols are not known here", {
    source: "kernel/kprobes.c: kprobe_lookup_name()",
    inputs: found.inputs,
    stage: "attach",
  });
}
