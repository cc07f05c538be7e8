/** The options --kernel and --profile, which select kernels. */
import { basename, resolve } from "node:path";
import type { Command } from "commander";
import { ArgumentError } from "../errors";
import { given } from "../kernel/fact";
import type { KernelFacts } from "../kernel/kernel-facts";
import { kernelProfile, readProfile } from "../kernel/profiles";
import { lazyFacts } from "../kernel/running-kernel";
import { native } from "../native";

/** The name of the running kernel in --kernel, tables and JSON. */
export const HOST = "host";

export interface NamedKernel {
  name: string;
  facts: KernelFacts;
}

export interface KernelOptions {
  kernel?: string[];
  profile?: string[];
}

export function addKernelOptions(command: Command): Command {
  return command
    .option(
      "--kernel <names>",
      `${HOST}, a release (6.12, 6.12.40) or a measured build (debian-6.12), comma-separated; repeatable`,
      (names: string, before: string[] = []) => [...before, ...names.split(",").map((name) => name.trim())],
    )
    .option(
      "--profile <file>",
      "a profile that node-libbpf profile wrote on another host; repeatable",
      (path: string, before: string[] = []) => [...before, path],
    );
}

/**
 * The facts of this kernel. With the addon its BTF is searched in a tenth of the time; without, as on another operating
 * system, what needs the addon says why it can't be loaded.
 */
export function hostFacts(): KernelFacts {
  try {
    native.libbpfVersion;
  } catch {
    // Slower.
  }
  return lazyFacts();
}

/** The selected kernels, by default the running one. Duplicates are merged. */
export function kernelsOf({ kernel = [], profile = [] }: KernelOptions): NamedKernel[] {
  const names = kernel.length + profile.length === 0 ? [HOST] : kernel;
  const found = new Map(names.map((name) => [name, name === HOST ? hostFacts() : kernelProfile(name)]));
  for (const path of new Set(profile)) {
    const name = basename(path, ".json");
    // A file host.json is not this host.
    found.set(found.has(name) || name === HOST ? resolve(path) : name, readProfile(path));
  }
  return Array.from(found, ([name, facts]) => ({ name, facts }));
}

/**
 * Checks that this host is among the kernels.
 *
 * @throws {@link ArgumentError} if it is not
 */
export function needHost(kernels: readonly NamedKernel[], option: string): void {
  if (kernels.some(({ name }) => name === HOST)) return;
  throw new ArgumentError(`${option} probes the running kernel, which is not among the selected ones`, {
    operation: "probe",
    hint: `Add it: --kernel ${HOST},…`,
  });
}

/** A kernel in JSON output. */
export interface KernelSummary {
  name: string;
  version: string | null;
  release: string | null;
  build: string | null;
  architecture: string | null;
}

export function summary({ name, facts }: NamedKernel): KernelSummary {
  const { version, release, build, architecture } = facts;
  return {
    name,
    version: given(version) ?? null,
    release: given(release) ?? null,
    build: given(build) ?? null,
    architecture: given(architecture) ?? null,
  };
}
