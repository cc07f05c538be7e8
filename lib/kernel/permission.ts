/** Finds the actual cause of an EPERM or EACCES by checking the system, instead of listing possible causes. */
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { release } from "node:os";
import { isSince } from "../compare-versions";
import { attachOf, trampolineKinds } from "../kinds";
import { listed } from "../listed";
import { mapTypeRowOf } from "../map-types";
import { programTypeRow } from "../program-types";

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

/** The names of the capabilities in a set that matter to BPF. */
export function capabilityNames(set: bigint): string[] {
  return Object.entries(BITS).flatMap(([name, bit]) => ((set & (1n << bit)) === 0n ? [] : [name]));
}

/** The operation that the kernel refused. */
export type Refused =
  /** Loading a program; enum bpf_prog_type, or several. */
  | { readonly operation: "load"; readonly types: readonly number[]; readonly trampoline?: boolean }
  | { readonly operation: "attach"; readonly kind: string; readonly errno: string; readonly trampoline?: boolean }
  /** Creating a map; enum bpf_map_type. `types`: the programs that are to be loaded with it. */
  | { readonly operation: "map.create"; readonly type: number; readonly types?: readonly number[] }
  /** Looking up an object by its id, or enabling statistics. */
  | { readonly operation: "by-id" }
  /** Asking what is attached. */
  | { readonly operation: "query" }
  | { readonly operation: "perf-buffer" }
  | { readonly operation: "trace-pipe" }
  /** Using an existing object through its descriptor or pin. */
  | { readonly operation: "use" };

/** The cause of a refusal, and its remedy. */
export interface PermissionCause {
  cause: string;
  hint: string;
}

/** The input of the explanation; see {@link readPermissionFacts}. */
export interface PermissionFacts {
  /** The effective capability set. */
  capabilities: bigint;
  /** False in a user namespace, where capabilities do not count for bpf(2). */
  initialUserNamespace: boolean;
  /** "none", "integrity" or "confidentiality"; undefined if it can't be read. */
  lockdown: string | undefined;
  /** Seccomp mode of the process; 0: no filter. */
  seccomp: number;
  /** Whether BPF memory is charged to RLIMIT_MEMLOCK, as before Linux 5.11 (commit d5299b67dd59 and its series). */
  chargesMemlock: boolean;
  /** Soft limit in bytes; Infinity if unlimited. */
  memlock: number;
  /**
   * Whether every bpf(2) call needs CAP_BPF: kernel.unprivileged_bpf_disabled before Linux 5.19 (commit c8644cd0efe7).
   */
  asksAlways: boolean;
  /** Whether this user can read tracefs, where libbpf looks up tracepoints; undefined if not mounted. */
  tracefs: boolean | undefined;
  /** Whether the kernel has no PMU for kprobes, so that they are created through tracefs. */
  kprobesInTracefs: boolean;
  /**
   * Sysctl kernel.perf_event_paranoid. From 3, a value of distributions' kernels, perf_event_open(2) needs
   * CAP_SYS_ADMIN.
   */
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
 * Explains an EPERM or EACCES. The needs of each operation were measured on Linux 5.10 to 7.3 by dropping one
 * capability at a time: test/kernel/permission.test.ts.
 *
 * @param loads whether the kernel loads a minimal program; called only if a seccomp filter could be the cause
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
  const perfEvent = operation === "attach" ? attachOf(refused.kind).perfEvent : undefined;
  // Tracepoint ids are files of tracefs, and kprobes are created there if the kernel has no PMU for them.
  const traces = operation === "trace-pipe" || perfEvent === "tracepoint" || perfEvent === "kprobe";
  if (traces) {
    if (facts.lockdown === "confidentiality") {
      return {
        cause: "the kernel is locked down (confidentiality)",
        hint: "Boot with lockdown=integrity or without lockdown; otherwise kprobes and tracepoints can't be used",
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
  const filtered = facts.seccomp === 0 ? undefined : filteredBySeccomp(refused, perfEvent !== undefined, loads);
  if (filtered !== undefined) return filtered;
  if (trampoline) {
    return {
      cause: `this kernel refuses BPF trampolines: ${listed(looked)} are not the cause`,
      hint: `${trampolineKinds()} programs can't run on this kernel: use another host or a VM; kprobes, tracepoints, uprobes and iterators need no trampoline`,
    };
  }
  return {
    cause: `the cause is unknown: ${listed(looked)} were checked and are not the cause`,
    hint: "Look for a denial in the kernel log and the audit log: a security module (SELinux, AppArmor) or the platform may forbid it",
  };
}

function filteredBySeccomp(refused: Refused, isPerfEvent: boolean, loads: () => boolean): PermissionCause | undefined {
  if (!loads()) {
    return {
      cause: "a seccomp filter refuses bpf(2)",
      hint: "Allow bpf(2) and perf_event_open(2) in the container's seccomp profile",
    };
  }
  if (refused.operation !== "attach" || !isPerfEvent || refused.errno !== "EPERM") return undefined;
  return {
    cause:
      "a seccomp filter is active; it allows bpf(2) but may refuse perf_event_open(2): the kernel itself would return EACCES",
    hint: "Allow perf_event_open(2) in the container's seccomp profile",
  };
}

/** The capabilities of `needed` that a process with the capabilities `has` lacks. */
export function missingCapabilities(
  has: readonly string[],
  needed: readonly Capability[] = TRACING_CAPABILITIES,
): Capability[] {
  const admin = has.includes("CAP_SYS_ADMIN");
  return needed.filter((name) => !has.includes(name) && !(admin && ADMIN.has(name)));
}

/** The capabilities needed to load tracing and LSM programs. */
const TRACING_CAPABILITIES = ["CAP_BPF", "CAP_PERFMON"] as const;

/** Capabilities that CAP_SYS_ADMIN includes. */
const ADMIN: ReadonlySet<Capability> = new Set(["CAP_BPF", "CAP_PERFMON", "CAP_NET_ADMIN"] as const);

interface Need {
  readonly name: Capability;
  /** The reason, if the name does not make it clear. */
  readonly because?: string;
  /** Whether CAP_SYS_ADMIN does not include it. */
  readonly itself?: true;
}

const BPF: Need = { name: "CAP_BPF" };
const PERFMON: Need = { name: "CAP_PERFMON" };
const NET_ADMIN: Need = { name: "CAP_NET_ADMIN" };
/** Since Linux 6.9 CAP_SYS_ADMIN is sufficient (BPF tokens). Such a kernel refuses nobody who has it. */
const NET_ADMIN_FOR_MAPS: Need = { name: "CAP_NET_ADMIN", itself: true };

function needs(refused: Refused, facts: PermissionFacts): Need[] {
  switch (refused.operation) {
    case "load":
      return ofTypes(refused.types);
    case "map.create": {
      // map_create() in kernel/bpf/syscall.c; before Linux 6.5 each map type's own function.
      const ofMap = mapTypeRowOf(refused.type)?.needs === "CAP_NET_ADMIN" ? [BPF, NET_ADMIN_FOR_MAPS] : [BPF];
      const types = refused.types ?? [];
      return unique([...ofMap, ...(types.length > 0 ? ofTypes(types) : [])]);
    }
    case "by-id":
      return [
        { name: "CAP_SYS_ADMIN", because: "the kernel requires it to look up objects by id and to count run times" },
      ];
    case "query":
      return [...(facts.asksAlways ? [BPF] : []), NET_ADMIN];
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
  const more = new Set(types.flatMap((type) => programTypeRow(type)?.capabilities ?? []));
  return [BPF, ...(more.has("CAP_PERFMON") ? [PERFMON] : []), ...(more.has("CAP_NET_ADMIN") ? [NET_ADMIN] : [])];
}

function ofAttaching(kind: string, facts: PermissionFacts): Need[] {
  const { perfEvent } = attachOf(kind);
  if (perfEvent === "uprobe") {
    // A kernel before ba677dbe77af refuses nobody who has CAP_PERFMON.
    const because = "uprobes need it since Linux 6.16 and the stable releases of July 2025; before that, CAP_PERFMON";
    return ofPerf({ name: "CAP_SYS_ADMIN", because }, facts);
  }
  if (perfEvent === undefined) return [];
  const inTracefs = perfEvent === "tracepoint" || facts.kprobesInTracefs;
  const because = "this user can't read tracefs";
  const search: Need[] = inTracefs && facts.tracefs === false ? [{ name: "CAP_DAC_READ_SEARCH", because }] : [];
  return [...ofPerf(PERFMON, facts), ...search];
}

function ofPerf(need: Need, { perfParanoid }: PermissionFacts): Need[] {
  if (perfParanoid < 3) return [need];
  const because = `perf_event_open(2) requires it while kernel.perf_event_paranoid is ${perfParanoid}`;
  return [{ name: "CAP_SYS_ADMIN", because }];
}

function lacking(missing: readonly Need[]): PermissionCause {
  const what = listed(missing.map(({ name }) => name));
  const why = missing.flatMap(({ because }) => because ?? []).join("; ");
  const isOld = missing.some(({ name }) => name === "CAP_BPF" || name === "CAP_PERFMON");
  return {
    cause: `this process lacks ${what}${why && ` (${why})`}`,
    hint: `Run it as root, or give it ${what}${isOld ? " (before Linux 5.8: CAP_SYS_ADMIN)" : ""}`,
  };
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
