/** kernelFacts(): the facts of the running kernel, each with its origin. */
import { readdirSync, readFileSync } from "node:fs";
import { machine, release, version } from "node:os";
import { BpfError } from "../errors";
import { lazy } from "../lazy";
import { btfFacts } from "./btf-facts";
import { readConfig } from "./config";
import { readErrorInjection } from "./error-injection";
import { type Fact, factOf, known, mapFact, unknown } from "./fact";
import type { KernelFacts } from "./kernel-facts";
import { readLsms } from "./lsm";
import { capabilityNames, type PermissionFacts, readPermissionFacts } from "./permission";
import { probedOn } from "./profiles";
import { identify } from "./version";

/**
 * Reads the facts of the running kernel and this process. Changes nothing, makes no bpf(2) call and needs no privilege,
 * but root can read more facts. Takes some 60 ms with 5 MB of BTF.
 *
 * @throws {@link BpfError} ERR_BPF_NOT_SUPPORTED if the kernel is not Linux
 */
export function kernelFacts(): KernelFacts {
  return ofRunning({ ...lazyFacts() });
}

const running = new WeakSet<KernelFacts>();

/** Marks facts as those of the running kernel. */
export function ofRunning(facts: KernelFacts): KernelFacts {
  running.add(facts);
  return facts;
}

/** Whether these are the running kernel's facts, so that rules can check more than the facts contain. */
export function isRunning(facts: KernelFacts): boolean {
  return running.has(facts);
}

/** The same facts, each read at first use: few programs need all. */
export function lazyFacts(): KernelFacts {
  if (process.platform !== "linux") throw noKernel();
  const status = "/proc/self/status";
  const sysctl = "/proc/sys/kernel/unprivileged_bpf_disabled";
  const host = lazy({
    permission: () => readPermissionFacts(),
    identity: () => identify({ release: release(), version: version(), signature: signature() }),
    mounts: () => factOf("/proc/self/mounts", () => readFileSync("/proc/self/mounts", "utf8")),
  });
  const mounted = (type: string): Fact<string> =>
    mapFact(host.mounts, (text) => new RegExp(`^\\S+ (\\S+) ${type} `, "m").exec(text)?.[1] ?? "");
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
    probed: () => probedOn(host.identity),
  });
  return ofRunning(facts);
}

function noKernel(): BpfError {
  const hint = "Choose another: kernelProfile(), readProfile(); on the command line --kernel, --profile";
  return new BpfError("ERR_BPF_NOT_SUPPORTED", `the running kernel is ${process.platform}, not Linux`, { hint });
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

/** Ubuntu's file with the upstream version. */
function signature(): string | undefined {
  try {
    return readFileSync("/proc/version_signature", "utf8").trim();
  } catch {
    return undefined;
  }
}
