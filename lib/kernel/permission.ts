/** Finds the actual cause of an EPERM or EACCES by checking the system, instead of listing possible causes. */
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { release } from "node:os";
import { isSince, seriesNumber } from "../compare-versions";
import { ProgramType } from "../constants";
import { attachOf, trampolineKinds } from "../kinds";
import { listed } from "../listed";
import { mapTypeName } from "../map-types";
import { attachRow, type Capability, loadRow, type Needs, type NeedsOf, neededBy } from "./privileges";

/** Bits of a capability set that matter to BPF (linux/capability.h). */
const BITS = {
  CAP_DAC_READ_SEARCH: 2n,
  CAP_NET_ADMIN: 12n,
  CAP_SYS_ADMIN: 21n,
  CAP_SYS_RESOURCE: 24n,
  CAP_SYSLOG: 34n,
  CAP_PERFMON: 38n,
  CAP_BPF: 39n,
} as const satisfies Record<Capability, bigint>;

/** In the order in which messages name them. */
const CAPABILITIES = (Object.keys(BITS) as Capability[]).reverse();

/** The names of the capabilities in a set that matter to BPF. */
export function capabilityNames(set: bigint): string[] {
  return Object.entries(BITS).flatMap(([name, bit]) => ((set & (1n << bit)) === 0n ? [] : [name]));
}

/** The operation that the kernel refused. */
export type Refused =
  /** Loading a program; enum bpf_prog_type, or several. `ofProgram`: it traces another program. */
  | {
      readonly operation: "load";
      readonly types: readonly number[];
      readonly trampoline?: boolean;
      readonly ofProgram?: boolean;
    }
  | {
      readonly operation: "attach";
      readonly kind: string;
      /** enum bpf_attach_type. */
      readonly attachType: number;
      readonly errno: string;
      readonly trampoline?: boolean;
    }
  /** Creating a map; enum bpf_map_type. `types`: the programs that are to be loaded with it. */
  | { readonly operation: "map.create"; readonly type: number; readonly types?: readonly number[] }
  /** Looking up an object by its id, or enabling statistics. */
  | { readonly operation: "by-id" }
  /** Asking what is attached. */
  | { readonly operation: "query" }
  | { readonly operation: "perf-buffer" }
  | { readonly operation: "trace-pipe" }
  /** Making a map constant for user space. */
  | { readonly operation: "freeze" }
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
  /** The running kernel's release. */
  release: string;
  /** Whether sysctl kernel.unprivileged_bpf_disabled is 0, so that some operations need no privilege. */
  unprivileged: boolean;
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
    release: release(),
    unprivileged: read("/proc/sys/kernel/unprivileged_bpf_disabled")?.trim() === "0",
    tracefs: tracefsReadable(),
    kprobesInTracefs: !existsSync("/sys/bus/event_source/devices/kprobe"),
    perfParanoid: Number(read("/proc/sys/kernel/perf_event_paranoid") ?? 2),
  };
}

/**
 * Explains an EPERM or EACCES by what kernels were seen to need: privileges.ts.
 *
 * @param loads whether the kernel loads a minimal program; called only if a seccomp filter could be the cause
 */
export function explainPermission(facts: PermissionFacts, refused: Refused, loads: () => boolean): PermissionCause {
  const missing = missingFor(refused, facts);
  if (missing.length > 0) return lacking(missing);
  if (!facts.initialUserNamespace) {
    return {
      cause: "this process is in a user namespace, where its capabilities do not count for BPF",
      hint: "Run it in the initial user namespace (a privileged container without user remapping)",
    };
  }
  const looked = ["capabilities", "the user namespace"];
  const { operation } = refused;
  const perfEvent = operation === "attach" ? perfEventOf(refused) : undefined;
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
  return has.includes("CAP_SYS_ADMIN") ? [] : needed.filter((name) => !has.includes(name));
}

/** The capabilities needed to load tracing and LSM programs; CAP_SYS_ADMIN stands for both. */
const TRACING_CAPABILITIES = ["CAP_BPF", "CAP_PERFMON"] as const;

/** A capability that is missing, and the reason if its name does not make it clear. */
interface Missing {
  readonly name: Capability;
  readonly because: string | undefined;
}

/** The rows of the table that tell what an operation needs. */
function rowsOf(refused: Refused): string[] {
  switch (refused.operation) {
    case "load":
      // Without a program there are maps: what the least of programs needs.
      return (refused.types.length === 0 ? [ProgramType.SOCKET_FILTER] : refused.types).map((type) =>
        loadRow(type, refused.ofProgram),
      );
    case "attach":
      return [attachRow(refused.kind, refused.attachType)];
    case "map.create":
      return [`create ${mapTypeName(refused.type)}`, ...(refused.types ?? []).map((type) => loadRow(type))];
    default:
      return [refused.operation];
  }
}

/** What the process lacks for an operation. */
function missingFor(refused: Refused, facts: PermissionFacts): Missing[] {
  const has = capabilityNames(facts.capabilities);
  const missing = new Map<Capability, Missing>();
  for (const row of rowsOf(refused))
    for (const one of missingIn(neededBy(row, facts), has, refused, facts))
      if (!missing.has(one.name)) missing.set(one.name, one);
  return CAPABILITIES.flatMap((name) => missing.get(name) ?? []);
}

/** By one row: what all the kernels that tell about this one need; where they differ, what either needs. */
function missingIn(
  told: readonly NeedsOf[],
  has: readonly string[],
  refused: Refused,
  facts: PermissionFacts,
): Missing[] {
  const lacks = told.map((needs) => lackingOf(onThisHost(needs, refused, facts), has));
  const [first = [], second = first] = lacks;
  const certain = first.filter((name) => second.includes(name));
  if (certain.length > 0) return certain.map((name) => ({ name, because: reasonFor(name, refused, facts) }));
  const [older, newer] = told.map(({ version }) => `Linux ${version}`);
  const differ = (names: readonly Capability[], needing = "", other = "") =>
    names.map((name) => ({
      name,
      because: `${needing} requires it and ${other} does not; this is ${facts.release}, which was not measured`,
    }));
  return [...differ(first, older, newer), ...differ(second, newer, older)];
}

function lackingOf({ needs, besidesAdmin }: Needs, has: readonly string[]): Capability[] {
  return (has.includes("CAP_SYS_ADMIN") ? besidesAdmin : needs).filter((name) => !has.includes(name));
}

/** What is known of releases that are not in the table. */
function onThisRelease(told: NeedsOf, { operation }: Refused, facts: PermissionFacts): Needs {
  if (seriesNumber(told.version) === seriesNumber(facts.release)) return told;
  const { needs, besidesAdmin } = told;
  // Every bpf(2) call needs it while kernel.unprivileged_bpf_disabled is set: until c8644cd0efe7.
  const always = !facts.unprivileged && !isSince(facts.release, "5.19") && operation !== "trace-pipe";
  // CAP_SYS_ADMIN stands for it since maps can be created with a token: 35f96de04127.
  const itself = operation === "map.create" && !isSince(facts.release, "6.9");
  return {
    needs: always && !needs.includes("CAP_SYS_ADMIN") ? [...new Set([...needs, "CAP_BPF" as const])] : needs,
    besidesAdmin: itself ? needs.filter((name) => name === "CAP_NET_ADMIN") : besidesAdmin,
  };
}

/** The table is of kernels with perf_event_paranoid 2, a PMU for kprobes, and tracefs for root alone. */
function onThisHost(told: NeedsOf, refused: Refused, facts: PermissionFacts): Needs {
  const { needs, besidesAdmin } = onThisRelease(told, refused, facts);
  const { tracefs, kprobesInTracefs } = facts;
  const inTracefs = kprobesInTracefs && perfEventOf(refused) === "kprobe";
  const files = (names: readonly Capability[]): Capability[] => {
    if (refused.operation === "trace-pipe") return [...names];
    const others = names.filter((name) => name !== "CAP_DAC_READ_SEARCH");
    return tracefs === false && (inTracefs || others.length < names.length)
      ? [...others, "CAP_DAC_READ_SEARCH"]
      : others;
  };
  const perf = (names: readonly Capability[]) => names.filter((name) => name !== "CAP_PERFMON");
  return isParanoid(refused, facts)
    ? { needs: [...perf(files(needs)), "CAP_SYS_ADMIN"], besidesAdmin: files(besidesAdmin) }
    : { needs: files(needs), besidesAdmin: files(besidesAdmin) };
}

/** The PMU of perf_event_open(2), if that does it. */
function perfEventOf(refused: Refused) {
  if (refused.operation === "perf-buffer") return "event";
  return refused.operation === "attach" ? attachOf(refused.kind).perfEvent : undefined;
}

function isParanoid(refused: Refused, { perfParanoid }: PermissionFacts): boolean {
  return perfParanoid >= 3 && perfEventOf(refused) !== undefined;
}

/** Why a capability is needed, if its name does not make it clear. */
function reasonFor(name: Capability, refused: Refused, facts: PermissionFacts): string | undefined {
  const { operation } = refused;
  if (name === "CAP_DAC_READ_SEARCH")
    return operation === "trace-pipe" ? "only root may read trace_pipe" : "this user can't read tracefs";
  if (name !== "CAP_SYS_ADMIN") return undefined;
  if (isParanoid(refused, facts))
    return `perf_event_open(2) requires it while kernel.perf_event_paranoid is ${facts.perfParanoid}`;
  if (operation === "by-id") return "the kernel requires it to look up objects by id and to count run times";
  if (operation === "load") return "libbpf reads the other program's BTF by its id";
  // A kernel before ba677dbe77af refuses nobody who has CAP_PERFMON.
  return "uprobes need it since Linux 6.16 and the stable releases of July 2025; before that, CAP_PERFMON";
}

function lacking(missing: readonly Missing[]): PermissionCause {
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
