/** kernelFacts(): what there is to know about the running kernel, each fact with its origin. */
import { readdirSync, readFileSync } from "node:fs";
import { machine, release, version } from "node:os";
import { BpfError } from "../errors";
import { lazy } from "../lazy";
import { type BtfFacts, btfFacts } from "./btf-facts";
import { readConfig } from "./config";
import { readErrorInjection } from "./error-injection";
import { type Fact, factOf, known, mapFact, unknown } from "./fact";
import { readLsms } from "./lsm";
import { capabilityNames, type PermissionFacts, readPermissionFacts } from "./permission";
import { measuredOn } from "./profiles";
import { identify } from "./version";

/** Names that one kernel accepted and refused for one kind of program. */
export interface Answers {
  accepted: string[];
  refused: string[];
}

/** Kinds of programs whose targets can be probed by loading. */
export type ProbedKind = "lsm" | "tp_btf" | "fentry" | "fexit" | "fmod_ret";

/** What a kernel answered when it was asked to load sleepable programs. */
export type Measured = Partial<Record<ProbedKind, Answers>>;

/**
 * Facts about one kernel and host, as plain JSON: what a profile holds, and what verdicts are made of.
 * A fact that could not be read is `unknown`, with the reason.
 */
export interface KernelFacts extends BtfFacts {
  /** The version of this format. */
  format: 1;
  /** `uname -r`, which is not the version. */
  release: Fact<string>;
  /** The upstream version, such as "6.12.117"; a series alone ("6.12") where the stable release is not known. */
  version: Fact<string>;
  /** The distribution's name for the build, such as "Debian 6.12.117-1~deb12u1". */
  build: Fact<string>;
  /** A vendor that takes BPF over from newer kernels, so that the version says little; "" for none. */
  backports: Fact<string>;
  /** `uname -m`, such as "x86_64". */
  architecture: Fact<string>;
  /** Options by their names without CONFIG_: "y", "m", "n" or a text. */
  config: Fact<Record<string, string>>;
  /** The active security modules, in order. */
  lsms: Fact<string[]>;
  /** "none", "integrity" or "confidentiality". */
  lockdown: Fact<string>;
  /** The effective ones of this process that BPF asks for. */
  capabilities: Fact<string[]>;
  /** False in a user namespace, where capabilities do not count for bpf(2). */
  initialUserNamespace: Fact<boolean>;
  /** A seccomp filter is active. */
  seccomp: Fact<boolean>;
  /** kernel.unprivileged_bpf_disabled: 0, 1 or 2. */
  unprivilegedBpfDisabled: Fact<number>;
  /** Whether BPF memory counts against RLIMIT_MEMLOCK (before Linux 5.11), and the soft limit in bytes; null for none. */
  memlock: Fact<{ charged: boolean; limit: number | null }>;
  /** Where file systems are mounted; an empty text if they are not. */
  bpffs: Fact<string>;
  securityfs: Fact<string>;
  tracefs: Fact<string>;
  debugfs: Fact<string>;
  /** Modules with BTF of their own, whose functions can be traced too. */
  btfModules: Fact<string[]>;
  /** Functions that errors may be injected into, by every name they have; a module's as "module:function". */
  errorInjection: Fact<string[]>;
  /** What this kernel, or another of the same build, answered to sleepable programs. */
  measured: Fact<Measured>;
}

/**
 * Reads the facts of the running kernel and this process. Changes nothing, makes no bpf(2) call, and needs no privilege; root
 * sees more. Takes some 60 ms with 5 MB of BTF.
 *
 * @throws {@link BpfError} ERR_BPF_NOT_SUPPORTED where the kernel is not Linux
 */
export function kernelFacts(): KernelFacts {
  return ofRunning({ ...lazyFacts() });
}

const running = new WeakSet<KernelFacts>();

/** Marks facts as the running kernel's. */
export function ofRunning(facts: KernelFacts): KernelFacts {
  running.add(facts);
  return facts;
}

/** True for facts of the running kernel, of which there is more to look at than they hold. */
export function isRunning(facts: KernelFacts): boolean {
  return running.has(facts);
}

/** The same; each fact is read when it is first looked at, as few programs hang on all. */
export function lazyFacts(): KernelFacts {
  if (process.platform !== "linux") throw noKernel();
  const status = "/proc/self/status";
  const sysctl = "/proc/sys/kernel/unprivileged_bpf_disabled";
  const host = lazy({
    permission: readPermissionFacts,
    identity: () => identify({ release: release(), version: version(), signature: signature() }),
  });
  const mounts = factOf("/proc/self/mounts", () => readFileSync("/proc/self/mounts", "utf8"));
  const mounted = (type: string): Fact<string> =>
    mapFact(mounts, (text) => new RegExp(`^\\S+ (\\S+) ${type} `, "m").exec(text)?.[1] ?? "");
  const facts = lazy<KernelFacts>({
    format: () => 1,
    release: () => known(release(), "uname -r"),
    version: () => host.identity.version,
    build: () => host.identity.build,
    backports: () => host.identity.backports,
    architecture: () => known(machine(), "uname -m"),
    config: readConfig,
    lsms: readLsms,
    lockdown: () => lockdown(host.permission.lockdown),
    capabilities: () => known(capabilityNames(host.permission.capabilities), status),
    initialUserNamespace: () => known(host.permission.initialUserNamespace, "/proc/self/uid_map"),
    seccomp: () => known(host.permission.seccomp !== 0, status),
    unprivilegedBpfDisabled: () => factOf(sysctl, () => Number(readFileSync(sysctl, "utf8"))),
    memlock: () => memlock(host.permission),
    bpffs: () => mounted("bpf"),
    securityfs: () => mounted("securityfs"),
    tracefs: () => mounted("tracefs"),
    debugfs: () => mounted("debugfs"),
    ...btfFacts(),
    btfModules: () =>
      factOf("/sys/kernel/btf", () => readdirSync("/sys/kernel/btf").filter((name) => name !== "vmlinux")),
    errorInjection: readErrorInjection,
    measured: () => measuredOn(host.identity),
  });
  return ofRunning(facts);
}

function noKernel(): BpfError {
  const hint = "Name another: kernelProfile(), readProfile(); on the command line --kernel, --profile";
  return new BpfError("ERR_BPF_NOT_SUPPORTED", `the running kernel is not Linux, but ${process.platform}`, { hint });
}

function lockdown(state: string | undefined): Fact<string> {
  const path = "/sys/kernel/security/lockdown";
  if (state !== undefined) return known(state, path);
  return unknown(`${path} can't be read: securityfs is not mounted, or the kernel has no lockdown`);
}

function memlock({ chargesMemlock, memlock }: PermissionFacts): KernelFacts["memlock"] {
  const limit = memlock === Number.POSITIVE_INFINITY ? null : memlock;
  return known({ charged: chargesMemlock, limit }, "/proc/self/limits");
}

/** Ubuntu's, which has the upstream version. */
function signature(): string | undefined {
  try {
    return readFileSync("/proc/version_signature", "utf8").trim();
  } catch {
    return undefined;
  }
}
