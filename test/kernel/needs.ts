/**
 * The needs of kernel tests. A test is skipped only if the kernel lacks something; if the kernel should have it, a
 * missing need is a failure.
 */
import { existsSync, readFileSync } from "node:fs";
import { release } from "node:os";
import { activeLsms, libbpf } from "node-libbpf";
import { isSince as isVersionSince } from "../../lib/compare-versions";
import { open } from "../bpf/flags.bpf";
import { only } from "../bpf/objects";

/** The virtual machine's kernel by its name in the harness ("6.12-errinj"); undefined on a host. */
export const vmKernel = process.env.NODE_LIBBPF_TEST_KERNEL;
/** Directory in bpffs for the tests' pins; empty after each test file. */
export const PINS = "/sys/fs/bpf/node-libbpf-test";

export interface Need {
  what: string;
  present(): boolean;
  /** True if its absence is a failure and no reason to skip. */
  expected: boolean;
}

/** Whether the running kernel is of this series or newer. */
export function isSince(series: string): boolean {
  return isVersionSince(release(), series);
}

/** A system call's function in the kernel. */
export function systemCall(name: string): string {
  return `__${process.arch}_sys_${name}`;
}

/** Linux X.Y or newer. */
export function since(series: string): Need {
  return { what: `Linux ${series}`, present: () => isSince(series), expected: false };
}

/** Linux before X.Y. */
export function before(series: string): Need {
  return { what: `a kernel before ${series}`, present: () => !isSince(series), expected: false };
}

const errorInjection = vmKernel?.endsWith("-errinj") ?? false;

/** Sanitizers keep freed memory, and end the process if memory is exhausted: npm run test:debug. */
export const unsanitized: Need = {
  what: "an addon without sanitizers",
  present: () => process.env.NODE_LIBBPF_SANITIZED === undefined,
  expected: vmKernel !== undefined,
};

/** The system's libbpf may be years older: it knows fewer sections, and has other messages. */
export const bundled: Need = {
  what: "the bundled libbpf",
  present: () => libbpf.linkage === "bundled",
  expected: vmKernel !== undefined,
};

export const root: Need = {
  what: "root",
  present: () => process.getuid?.() === 0,
  expected: vmKernel !== undefined,
};

/**
 * Without it, fentry, fexit, fmod_ret and lsm programs load but can't be attached: arm64 has ftrace's direct calls
 * since 6.4 (2aa6ac03516d).
 */
const architectureHasTrampolines = process.arch !== "arm64" || isSince("6.4");

/** fentry, fexit, fmod_ret and lsm programs can be loaded and attached. */
export const trampolines: Need = {
  what: "BPF trampolines",
  present: memo(() => {
    if (!architectureHasTrampolines) return false;
    const spec = only(open(), "lsm_plain");
    try {
      // Tests the kernel, not the precheck: without bpf as an active LSM the program is unsafe, but loads.
      spec.loadSync({ precheck: "off" }).close();
      return true;
    } catch {
      return false;
    }
  }),
  expected: vmKernel !== undefined && architectureHasTrampolines,
};

/** arm64 before Linux 6.4. */
export const architectureWithoutTrampolines: Need = {
  what: "an architecture without BPF trampolines",
  present: () => !architectureHasTrampolines,
  expected: false,
};

/** Trampolines are forbidden: hardened and sandboxed kernels. */
export const noTrampolines: Need = {
  what: "a kernel that refuses BPF trampolines",
  present: () => architectureHasTrampolines && !trampolines.present(),
  expected: false,
};

/** LSM programs run. */
export const bpfLsm: Need = {
  what: "bpf among the active LSMs",
  present: () => trampolines.present() && (activeLsms()?.includes("bpf") ?? false),
  expected: trampolines.expected,
};

/** Kprobes of many functions. Debian's kernels for the cloud before 6.6, and those of arm64, are built without. */
export const fprobe: Need = {
  what: "CONFIG_FPROBE",
  present: memo(() => /(?:^|\s)fprobe_| [tT] register_fprobe/m.test(readFileSync("/proc/kallsyms", "utf8"))),
  expected: vmKernel !== undefined && process.arch === "x64" && isSince("6.6"),
};

/** CONFIG_FUNCTION_ERROR_INJECTION, and its list. */
export const errorInjectionList: Need = {
  what: "CONFIG_FUNCTION_ERROR_INJECTION",
  present: () => existsSync("/sys/kernel/debug/error_injection/list"),
  expected: errorInjection,
};

/** System calls are sleepable targets of fentry, fexit and fmod_ret: by error injection, or by name since 7.1. */
export const sleepableSystemCalls: Need = {
  what: "sleepable tracing of system calls",
  present: () => trampolines.present() && (errorInjectionList.present() || isSince("7.1")),
  expected: errorInjection || (vmKernel !== undefined && isSince("7.1")),
};

/** CONFIG_KPROBES. */
export const kprobes: Need = {
  what: "kprobes",
  present: () => existsSync("/sys/bus/event_source/devices/kprobe"),
  expected: vmKernel !== undefined,
};

/** Event tracing of system calls (CONFIG_FTRACE_SYSCALLS). */
export const systemCallTracepoints: Need = {
  what: "system call tracepoints",
  present: () => existsSync("/sys/kernel/tracing/events/syscalls"),
  expected: vmKernel !== undefined,
};

/** A mounted bpffs. */
export const bpffs: Need = {
  what: "bpffs on /sys/fs/bpf",
  present: memo(() => / \/sys\/fs\/bpf bpf /.test(readFileSync("/proc/mounts", "utf8"))),
  expected: vmKernel !== undefined,
};

/** Declares a test on a real kernel. */
export function kernelTest(name: string, needs: readonly Need[], run: () => Promise<void>, timeout?: number): void {
  const missing = [root, ...needs].filter((need) => !need.present());
  const failing = missing.find((need) => need.expected);
  if (failing !== undefined) {
    test(name, () => {
      throw new Error(`this kernel should have ${failing.what}, and has not`);
    });
  } else if (missing.length > 0) test.skip(`${name} [needs ${missing.map((need) => need.what).join(", ")}]`, run);
  else test(name, run, timeout);
}

/** Computes once. */
export function memo<T>(compute: () => T): () => T {
  let value: { is: T } | undefined;
  return () => {
    value ??= { is: compute() };
    return value.is;
  };
}
