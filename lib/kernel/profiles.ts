/** Facts of other kernels: upstream releases by rule, measured Debian builds, and profiles from files. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { compareVersions, isSince } from "../compare-versions";
import { ArgumentError, BpfError, shown } from "../errors";
import { parseKernelName } from "../kernel-name";
import { nearest } from "../nearest";
import { anyString, checkArgument } from "../options";
import { PACKAGE_ROOT } from "../package-root";
import { type Fact, given, isKnown, known, unknown } from "./fact";
import type { KernelFacts, ProbeResults } from "./kernel-facts";
import { validateProfile } from "./profile-format";

/** Generated in virtual machines by scripts/gen-profiles.ts. */
const MEASURED = join(PACKAGE_ROOT, "profiles");

/** The last release of each major version. */
const LAST: Readonly<Record<number, number>> = { 5: 19, 6: 19, 7: 3 };

/** Upstream series whose rules are known. */
export const UPSTREAM: readonly string[] = Object.entries(LAST).flatMap(([major, last]) =>
  Array.from({ length: last + 1 }, (_, minor) => `${major}.${minor}`).filter((series) => isSince(series, "5.10")),
);

/**
 * The names that {@link kernelProfile} accepts: "5.10" … "7.3" for upstream releases, "debian-6.12.117" for measured
 * builds.
 */
export function kernelProfiles(): string[] {
  return [...UPSTREAM, ...builtInNames()];
}

/**
 * The facts of a built-in kernel. An upstream series ("6.12") or stable release ("6.12.40") is derived from rules, so
 * facts that depend on the configuration are unknown. A measured build is "debian-6.12.117", or "debian-6.12" for the
 * newest of a series.
 *
 * @throws {@link ArgumentError} for an unknown name
 */
export function kernelProfile(name: string): KernelFacts {
  checkArgument({ name: "kernelProfile", details: { operation: "profile" } }, "name", name, anyString);
  const asked = parseKernelName(name);
  const upstream = asked?.isDebian === false && /^\d+\.\d+(\.\d+)?$/.test(asked.release) ? asked : undefined;
  if (upstream !== undefined && !upstream.hasErrorInjection && UPSTREAM.includes(upstream.series))
    return byRule(upstream.release);
  const names = builtInNames();
  const measured = names.find((one) => one === name) ?? names.findLast((one) => one.startsWith(`${name}.`));
  if (measured !== undefined) return readProfile(join(MEASURED, `${measured}.json`));
  if (asked?.hasErrorInjection || name.includes("/") || existsSync(name)) {
    throw new ArgumentError(`${shown(name)} is a bootable kernel without a built-in profile`, {
      operation: "profile",
      hint: `Measure it: node-libbpf vm --kernel ${name} -- npx node-libbpf profile > kernel.json; then pass --profile kernel.json`,
    });
  }
  // 4.18 is not a misspelt 5.18, but 6.122 is a misspelt 6.12.
  const meant = [...kernelProfiles(), ...names.map((one) => one.replace(/\.\d+$/, ""))].filter(
    (one) => upstream === undefined || one.startsWith(`${Number.parseInt(upstream.series, 10)}.`),
  );
  const close = nearest(name, meant);
  throw new ArgumentError(`there is no kernel profile ${shown(name)}`, {
    operation: "profile",
    hint: `${close === undefined ? "" : `Did you mean ${close}? `}Profiles: ${UPSTREAM[0]} to ${UPSTREAM.at(-1)} and ${names.join(", ")}`,
  });
}

/**
 * Reads a profile written by `node-libbpf profile`.
 *
 * @param path path of the JSON file
 * @throws {@link BpfError} ERR_BPF_PROFILE if the file can't be read or is not a valid profile
 */
export function readProfile(path: string): KernelFacts {
  checkArgument({ name: "readProfile", details: { operation: "profile" } }, "path", path, anyString);
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const why =
      code === "ENOENT"
        ? "does not exist"
        : code === undefined
          ? `is not JSON (${message})`
          : `can't be read (${code})`;
    throw profileError(`${path} ${why}`, cause);
  }
  const problem = validateProfile(value);
  if (problem !== undefined) throw profileError(`${path} is not a kernel profile: ${problem}`);
  return value as KernelFacts;
}

function profileError(message: string, cause?: unknown): BpfError {
  const hint = "Write one with: node-libbpf profile > host.json";
  return new BpfError("ERR_BPF_PROFILE", message, { operation: "profile", hint, cause });
}

let names: readonly string[] | undefined;

function builtInNames(): readonly string[] {
  names ??= (existsSync(MEASURED) ? readdirSync(MEASURED) : [])
    .filter((file) => file.endsWith(".json"))
    .map((file) => file.slice(0, -".json".length))
    .sort(compareVersions);
  return names;
}

/**
 * Results measured on the same build. Debian's flavors of a build (cloud, rt) differ in configuration, so only results
 * that do not depend on it are used: which LSM hooks may sleep.
 */
export function probedOn({ build, version }: Pick<KernelFacts, "build" | "version">): Fact<ProbeResults> {
  const name = `debian-${given(version)}`;
  if (!isKnown(build) || !builtInNames().includes(name)) return unknown("not probed, and no measured build");
  const profile = kernelProfile(name);
  const lsm = given(profile.probed)?.lsm;
  if (given(profile.build) !== build.value || lsm === undefined) return unknown("not probed, and no measured build");
  return known({ lsm }, `measured on ${build.value}`);
}

function byRule(version: string): KernelFacts {
  const reason = unknown(`upstream ${version} is a release, not a host`);
  return {
    format: 1,
    release: reason,
    version: known(version, "the release asked for"),
    build: known(`upstream ${version}`, "the release asked for"),
    backports: known("", "the release asked for"),
    architecture: reason,
    config: reason,
    lsms: reason,
    lockdown: reason,
    capabilities: reason,
    initialUserNamespace: reason,
    seccomp: reason,
    unprivilegedBpfDisabled: reason,
    memlock: reason,
    bpffs: reason,
    securityfs: reason,
    tracefs: reason,
    debugfs: reason,
    btfSize: reason,
    lsmHooks: reason,
    iterators: reason,
    tracepoints: reason,
    functions: reason,
    structOps: reason,
    programTypes: reason,
    mapTypes: reason,
    btfModules: reason,
    errorInjection: reason,
    probed: reason,
  };
}
