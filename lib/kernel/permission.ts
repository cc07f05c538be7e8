/** Why the kernel said EPERM or EACCES: the cause that is really there, found by looking, not a list of guesses. */
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { release } from "node:os";
import { isSince } from "../compare-versions";
import { MapType, ProgramType } from "../constants";

/** Bits of a capability set that matter to BPF (linux/capability.h). */
const BITS = {
  CAP_DAC_READ_SEARCH: 2n,
  CAP_NET_ADMIN: 12n,
  CAP_SYS_ADMIN: 21n,
  CAP_SYS_RESOURCE: 24n,
  CAP_SYSLOG: 34n,
  CAP_PERFMON: 38n,
  CAP_BPF: 39n,
} as const;

type Capability = keyof typeof BITS;

/** The capabilities of a set that matter to BPF, by name. */
export function capabilityNames(set: bigint): string[] {
  return Object.entries(BITS).flatMap(([name, bit]) => ((set & (1n << bit)) === 0n ? [] : [name]));
}

/** What the kernel was asked to do, and refused. */
export type Refused =
  /** A program of a type, enum bpf_prog_type, or several. */
  | { readonly operation: "load"; readonly types: readonly number[]; readonly trampoline?: boolean }
  | { readonly operation: "attach"; readonly kind: string; readonly errno: string; readonly trampoline?: boolean }
  /** Of a type, enum bpf_map_type; `types` of the programs that are to be loaded with it. */
  | { readonly operation: "map.create"; readonly type: number; readonly types?: readonly number[] }
  /** What the kernel knows by a number: a map, BTF. */
  | { readonly operation: "by-id" }
  | { readonly operation: "perf-buffer" }
  | { readonly operation: "trace-pipe" }
  /** What is there, by its descriptor or its pin. */
  | { readonly operation: "use" };

/** A cause of a refusal and what to do about it. */
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
  /** Every bpf(2) call asks for CAP_BPF: kernel.unprivileged_bpf_disabled before Linux 5.19 (commit c8644cd0efe7). */
  asksAlways: boolean;
  /** Whether this user may read tracefs, where libbpf looks tracepoints up; undefined where none is mounted. */
  tracefs: boolean | undefined;
  /** The kernel has no PMU for kprobes: they are made in tracefs. */
  kprobesInTracefs: boolean;
  /** kernel.perf_event_paranoid. From 3 on, which distributions know, perf_event_open(2) asks for CAP_SYS_ADMIN. */
  perfParanoid: number;
}

const TRACEFS = ["/sys/kernel/tracing/events", "/sys/kernel/debug/tracing/events"];

/** Reads the facts of this process and kernel. */
export function readPermissionFacts(): PermissionFacts {
  const status = read("/proc/self/status") ?? "";
  const field = (name: string) => new RegExp(`^${name}:\\s*(\\S+)`, "m").exec(status)?.[1];
  const memlock = /^Max locked memory\s+(\S+)/m.exec(read("/proc/self/limits") ?? "")?.[1];
  return {
    capabilities: BigInt(`0x${field("CapEff") ?? "0"}`),
    initialUserNamespace: /^\s*0\s+0\s+4294967295\s*$/.test(read("/proc/self/uid_map") ?? ""),
    lockdown: /\[(\w+)\]/.exec(read("/sys/kernel/security/lockdown") ?? "")?.[1],
    seccomp: Number(field("Seccomp") ?? 0),
    chargesMemlock: !isSince(release(), "5.11"),
    memlock: memlock === undefined || memlock === "unlimited" ? Number.POSITIVE_INFINITY : Number(memlock),
    asksAlways: !isSince(release(), "5.19") && read("/proc/sys/kernel/unprivileged_bpf_disabled")?.trim() !== "0",
    tracefs: tracefsReadable(),
    kprobesInTracefs: !existsSync("/sys/bus/event_source/devices/kprobe"),
    perfParanoid: Number(read("/proc/sys/kernel/perf_event_paranoid") ?? 2),
  };
}

/**
 * Explains an EPERM or EACCES. What each operation needs was measured, on Linux 5.10 to 7.3, by dropping one capability at a time:
 * test/kernel/permission.test.ts.
 *
 * @param loads whether the kernel takes a program of two instructions: asked where a seccomp filter may be in the way
 */
export function explainPermission(facts: PermissionFacts, refused: Refused, loads: () => boolean): PermissionCause {
  const has = capabilityNames(facts.capabilities);
  const missing = needs(refused, facts).filter(({ name, itself }) =>
    itself ? !has.includes(name) : missingCapabilities(has, [name]).length > 0,
  );
  if (missing.length > 0) return lacking(missing);
  if (!facts.initialUserNamespace) {
    return {
      cause: "this process is in a user namespace, where its capabilities do not count for BPF",
      hint: "Run it in the initial user namespace (a privileged container without user remapping)",
    };
  }
  const looked = ["capabilities", "the user namespace"];
  const { operation } = refused;
  const traces = operation === "trace-pipe" || (operation === "attach" && TRACED.has(refused.kind));
  if (traces) {
    if (facts.lockdown === "confidentiality") {
      return {
        cause: "the kernel is locked down (confidentiality)",
        hint: "Boot with lockdown=integrity or without lockdown; kprobes and tracepoints are out of reach otherwise",
      };
    }
    looked.push(facts.lockdown === undefined ? "lockdown, which can't be read" : "lockdown");
  }
  if (operation === "load" || operation === "map.create") {
    if (facts.chargesMemlock && facts.memlock !== Number.POSITIVE_INFINITY) {
      return {
        cause: `RLIMIT_MEMLOCK is ${facts.memlock} bytes, and kernels before 5.11 charge BPF memory to it`,
        hint: "Raise it: ulimit -l unlimited, or LimitMEMLOCK=infinity in the service's unit",
      };
    }
    looked.push("RLIMIT_MEMLOCK");
  }
  looked.push("seccomp");
  const trampoline = "trampoline" in refused && refused.trampoline === true;
  if (facts.seccomp !== 0 && !loads()) {
    return {
      cause: "a seccomp filter refuses bpf(2)",
      hint: "Allow bpf(2) and perf_event_open(2) in the container's seccomp profile",
    };
  }
  if (facts.seccomp !== 0 && operation === "attach" && PERF.has(refused.kind) && refused.errno === "EPERM") {
    return {
      cause:
        "a seccomp filter is active, takes bpf(2), and may refuse perf_event_open(2): the kernel itself would say EACCES",
      hint: "Allow perf_event_open(2) in the container's seccomp profile",
    };
  }
  if (trampoline) {
    return {
      cause: `this kernel refuses BPF trampolines: ${list(looked)} are not in the way`,
      hint: "fentry, fexit, fmod_ret and lsm programs can't run on this kernel: use another host or a VM; kprobes, tracepoints, uprobes and iterators need no trampoline",
    };
  }
  return {
    cause: `it could not be told why: ${list(looked)} were looked at and are not in the way`,
    hint: "Look for a denial in the kernel log and the audit log: a security module (SELinux, AppArmor) or the platform may forbid it",
  };
}

/** What a process with some capabilities lacks of others. */
export function missingCapabilities(
  has: readonly string[],
  needed: readonly Capability[] = TRACING_CAPABILITIES,
): Capability[] {
  const admin = has.includes("CAP_SYS_ADMIN");
  return needed.filter((name) => !has.includes(name) && !(admin && ADMIN.has(name)));
}

/** What loading a program for tracing or LSM takes. */
const TRACING_CAPABILITIES = ["CAP_BPF", "CAP_PERFMON"] as const;

/** What CAP_SYS_ADMIN counts for. */
const ADMIN: ReadonlySet<Capability> = new Set(["CAP_BPF", "CAP_PERFMON", "CAP_NET_ADMIN"] as const);

/** Program types: is_net_admin_prog_type(), is_perfmon_prog_type() in kernel/bpf/syscall.c. */
const NET_TYPES: ReadonlySet<number> = new Set([
  ...[ProgramType.SCHED_CLS, ProgramType.SCHED_ACT, ProgramType.XDP, ProgramType.LWT_IN, ProgramType.LWT_OUT],
  ...[ProgramType.LWT_XMIT, ProgramType.LWT_SEG6LOCAL, ProgramType.SK_SKB, ProgramType.SK_MSG],
  ...[ProgramType.FLOW_DISSECTOR, ProgramType.CGROUP_DEVICE, ProgramType.CGROUP_SOCK, ProgramType.CGROUP_SOCK_ADDR],
  ...[ProgramType.CGROUP_SOCKOPT, ProgramType.CGROUP_SYSCTL, ProgramType.SOCK_OPS, ProgramType.SK_LOOKUP],
  ...[ProgramType.NETFILTER, ProgramType.EXT],
]);
const PERF_TYPES: ReadonlySet<number> = new Set([
  ...[ProgramType.KPROBE, ProgramType.TRACEPOINT, ProgramType.PERF_EVENT, ProgramType.RAW_TRACEPOINT],
  ...[
    ProgramType.RAW_TRACEPOINT_WRITABLE,
    ProgramType.TRACING,
    ProgramType.LSM,
    ProgramType.STRUCT_OPS,
    ProgramType.EXT,
  ],
]);
/** map_create() in kernel/bpf/syscall.c; before Linux 6.5 each type's own function. */
const NET_MAPS: ReadonlySet<number> = new Set([
  ...[MapType.SOCKMAP, MapType.SOCKHASH, MapType.DEVMAP, MapType.DEVMAP_HASH, MapType.XSKMAP],
]);

/** Kinds that are attached by perf events. */
const PERF = new Set(["kprobe", "kretprobe", "uprobe", "uretprobe", "tracepoint", "ksyscall", "kretsyscall", "usdt"]);
const UPROBES = new Set(["uprobe", "uretprobe", "usdt"]);
/** Kinds that need tracefs: tracepoints have their numbers there, kprobes where the kernel has no PMU for them. */
const TRACED = new Set(["tracepoint", "kprobe", "kretprobe", "ksyscall", "kretsyscall"]);

interface Need {
  readonly name: Capability;
  /** What is not said by the name. */
  readonly because?: string;
  /** CAP_SYS_ADMIN does not count for it. */
  readonly itself?: true;
}

const BPF: Need = { name: "CAP_BPF" };
const PERFMON: Need = { name: "CAP_PERFMON" };
const NET_ADMIN: Need = { name: "CAP_NET_ADMIN" };
/** Since Linux 6.9 CAP_SYS_ADMIN counts (BPF tokens): such a kernel refuses nobody who has it. */
const NET_ADMIN_FOR_MAPS: Need = { name: "CAP_NET_ADMIN", itself: true };

function needs(refused: Refused, facts: PermissionFacts): Need[] {
  switch (refused.operation) {
    case "load":
      return ofTypes(refused.types);
    case "map.create": {
      const ofMap = NET_MAPS.has(refused.type) ? [BPF, NET_ADMIN_FOR_MAPS] : [BPF];
      const types = refused.types ?? [];
      return unique([...ofMap, ...(types.length > 0 ? ofTypes(types) : [])]);
    }
    case "by-id":
      return [{ name: "CAP_SYS_ADMIN", because: "the kernel asks for it to find things by their id" }];
    case "trace-pipe":
      return [{ name: "CAP_DAC_READ_SEARCH", because: "only root may read trace_pipe" }];
    case "perf-buffer":
      return ofPerf(PERFMON, facts);
    case "attach":
      return [...(facts.asksAlways ? [BPF] : []), ...ofAttaching(refused.kind, facts)];
    case "use":
      return facts.asksAlways ? [BPF] : [];
  }
}

function unique(all: readonly Need[]): Need[] {
  return all.filter(({ name }, index) => all.findIndex((other) => other.name === name) === index);
}

function ofTypes(types: readonly number[]): Need[] {
  const any = (set: ReadonlySet<number>) => types.some((type) => set.has(type));
  return [BPF, ...(any(PERF_TYPES) ? [PERFMON] : []), ...(any(NET_TYPES) ? [NET_ADMIN] : [])];
}

function ofAttaching(kind: string, facts: PermissionFacts): Need[] {
  if (UPROBES.has(kind)) {
    // A kernel before ba677dbe77af refuses nobody who has CAP_PERFMON.
    const because = "uprobes need it since Linux 6.16 and the stable releases of July 2025; before, CAP_PERFMON";
    return ofPerf({ name: "CAP_SYS_ADMIN", because }, facts);
  }
  if (!PERF.has(kind)) return [];
  const inTracefs = kind === "tracepoint" || facts.kprobesInTracefs;
  const because = "tracefs can't be read by this user";
  const search: Need[] = inTracefs && facts.tracefs === false ? [{ name: "CAP_DAC_READ_SEARCH", because }] : [];
  return [...ofPerf(PERFMON, facts), ...search];
}

function ofPerf(need: Need, { perfParanoid }: PermissionFacts): Need[] {
  if (perfParanoid < 3) return [need];
  const because = `perf_event_open(2) asks for it while kernel.perf_event_paranoid is ${perfParanoid}`;
  return [{ name: "CAP_SYS_ADMIN", because }];
}

function lacking(missing: readonly Need[]): PermissionCause {
  const what = list(missing.map(({ name }) => name));
  const why = missing.flatMap(({ because }) => because ?? []).join("; ");
  const isOld = missing.some(({ name }) => name === "CAP_BPF" || name === "CAP_PERFMON");
  return {
    cause: `this process lacks ${what}${why && ` (${why})`}`,
    hint: `Run it as root, or give it ${what}${isOld ? " (before Linux 5.8: CAP_SYS_ADMIN)" : ""}`,
  };
}

function list(items: readonly string[]): string {
  return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}

function tracefsReadable(): boolean | undefined {
  const access = TRACEFS.map((path) => {
    try {
      accessSync(path, constants.R_OK | constants.X_OK);
      return "ok";
    } catch (error) {
      return (error as NodeJS.ErrnoException).code;
    }
  });
  if (access.includes("ok")) return true;
  return access.includes("EACCES") ? false : undefined;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
