/** Why the kernel said EPERM: the cause that is really there, found by looking, not a list of guesses. */
import { readFileSync } from "node:fs";

/** Bits of a capability set (linux/capability.h). */
const CAP_SYS_ADMIN = 21n;
const CAP_PERFMON = 38n;
const CAP_BPF = 39n;
const NAMES: readonly (readonly [string, bigint])[] = [
  ["CAP_NET_ADMIN", 12n],
  ["CAP_SYS_ADMIN", CAP_SYS_ADMIN],
  ["CAP_SYS_RESOURCE", 24n],
  ["CAP_SYSLOG", 34n],
  ["CAP_PERFMON", CAP_PERFMON],
  ["CAP_BPF", CAP_BPF],
];

/** The capabilities of a set that matter to BPF, by name. */
export function capabilityNames(set: bigint): string[] {
  return NAMES.filter(([, bit]) => (set & (1n << bit)) !== 0n).map(([name]) => name);
}

/** A cause of EPERM and what to do about it. */
export interface PermissionCause {
  cause: string;
  hint: string;
}

/** What the explanation is made of; see {@link readPermissionFacts}. */
export interface PermissionFacts {
  /** The effective capability set. */
  capabilities: bigint;
  /** False in a user namespace: capabilities there do not count for bpf(2). */
  initialUserNamespace: boolean;
  /** "none", "integrity" or "confidentiality"; undefined where it can't be read. */
  lockdown: string | undefined;
  /** 0: no seccomp filter. */
  seccomp: number;
  /** Kernels before 5.11 charge BPF memory to RLIMIT_MEMLOCK (commit d5299b67dd59 and its series). */
  chargesMemlock: boolean;
  /** Soft limit in bytes; Infinity for none. */
  memlock: number;
}

/** Reads the facts of this process and kernel. */
export function readPermissionFacts(): PermissionFacts {
  const status = read("/proc/self/status") ?? "";
  const field = (name: string) => new RegExp(`^${name}:\\s*(\\S+)`, "m").exec(status)?.[1];
  const memlock = /^Max locked memory\s+(\S+)/m.exec(read("/proc/self/limits") ?? "")?.[1];
  const [major = 0, minor = 0] = (read("/proc/sys/kernel/osrelease") ?? "").split(".").map(Number.parseFloat);
  return {
    capabilities: BigInt(`0x${field("CapEff") ?? "0"}`),
    initialUserNamespace: /^\s*0\s+0\s+4294967295\s*$/.test(read("/proc/self/uid_map") ?? ""),
    lockdown: /\[(\w+)\]/.exec(read("/sys/kernel/security/lockdown") ?? "")?.[1],
    seccomp: Number(field("Seccomp") ?? 0),
    chargesMemlock: major < 5 || (major === 5 && minor < 11),
    memlock: memlock === undefined || memlock === "unlimited" ? Number.POSITIVE_INFINITY : Number(memlock),
  };
}

/**
 * Explains an EPERM. `needsTrampoline`: the program is attached by a BPF trampoline (fentry, fexit, fmod_ret, lsm).
 */
export function explainPermission(facts: PermissionFacts, needsTrampoline: boolean): PermissionCause {
  const has = (capability: bigint) => (facts.capabilities & (1n << capability)) !== 0n;
  const admin = has(CAP_SYS_ADMIN);
  const missing = [has(CAP_BPF) || admin ? "" : "CAP_BPF", has(CAP_PERFMON) || admin ? "" : "CAP_PERFMON"].filter(
    Boolean,
  );
  if (missing.length > 0) {
    return {
      cause: `this process lacks ${missing.join(" and ")}`,
      hint: `Run it as root, or give it ${missing.join(" and ")} (before Linux 5.8: CAP_SYS_ADMIN)`,
    };
  }
  if (!facts.initialUserNamespace) {
    return {
      cause: "this process is in a user namespace, where its capabilities do not count for BPF",
      hint: "Run it in the initial user namespace (a privileged container without user remapping)",
    };
  }
  if (facts.lockdown === "confidentiality") {
    return {
      cause: "the kernel is locked down (confidentiality)",
      hint: "Boot with lockdown=integrity or without lockdown; tracing programs can't read kernel memory otherwise",
    };
  }
  if (facts.chargesMemlock && facts.memlock !== Number.POSITIVE_INFINITY) {
    return {
      cause: `RLIMIT_MEMLOCK is ${facts.memlock} bytes, and kernels before 5.11 charge BPF memory to it`,
      hint: "Raise it: ulimit -l unlimited, or LimitMEMLOCK=infinity in the service's unit",
    };
  }
  if (facts.seccomp !== 0) {
    return {
      cause: "a seccomp filter is active, and capabilities and lockdown are not in the way",
      hint: "Allow bpf(2) and perf_event_open(2) in the container's seccomp profile",
    };
  }
  const innocent =
    facts.lockdown === undefined
      ? "capabilities and limits are not in the way, and lockdown can't be read"
      : "capabilities, lockdown and limits are not in the way";
  if (needsTrampoline) {
    return {
      cause: `this kernel refuses BPF trampolines: ${innocent}`,
      hint: "fentry, fexit, fmod_ret and lsm programs can't run on this kernel: use another host or a VM; kprobes, tracepoints, uprobes and iterators need no trampoline",
    };
  }
  return {
    cause: `a security module or the platform forbids it: ${innocent}`,
    hint: "Look for a denial in the kernel log and the audit log",
  };
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
