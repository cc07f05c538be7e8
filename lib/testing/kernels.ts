/**
 * Finds a kernel image by name, such as "6.12" or "6.12.117": Debian's cloud kernels, downloaded once into the cache,
 * or the "-errinj" kernels built by scripts/vm-kernel.ts.
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from "node:fs";
import { basename, join, resolve } from "node:path";
import { compareVersions } from "../compare-versions";
import { type KernelName, parseKernelName } from "../kernel-name";
import { GoneError, NoAptError, type OnProgress, PrivateApt, type Suite, unpack } from "./apt";
import { type Arch, platformOf } from "./arch";
import { cacheDirectory } from "./cache";
import { cloudKernels, isOf, type KernelPackage, kernelsOf, newestOf } from "./versions";
import { VmError } from "./vm-error";

export interface Kernel {
  /** The requested name: "6.12", "6.12.117", "5.10-errinj", or the file name. */
  readonly name: string;
  /** Path of the bootable vmlinuz. */
  readonly image: string;
}

/** Age after which a newer kernel of the series is looked for. */
const MAX_AGE_MS = 24 * 3600 * 1000;
const PREFIX = "vmlinuz-";

/**
 * Finds or downloads a kernel.
 *
 * @param onProgress receives descriptions of slow steps
 * @throws {@link VmError} ERR_BPF_VM_NO_KERNEL if there is no such kernel, ERR_BPF_VM if it can't be downloaded
 */
export function resolveKernel(spec: string, arch: Arch, onProgress: OnProgress = () => {}): Kernel {
  const wanted = existsSync(spec) ? undefined : parseKernelName(spec);
  if (wanted === undefined) return { name: spec.replace(/^.*\/(vmlinuz-)?/, ""), image: imageFile(spec) };
  return {
    name: spec,
    image: wanted.hasErrorInjection ? builtImage(wanted.series, arch) : debianImage(wanted, arch, onProgress),
  };
}

/** The cache directory of images, which are named vmlinuz-<release>. */
export function kernelDirectory(): string {
  return join(cacheDirectory(), "kernels");
}

function imageFile(path: string): string {
  if (!existsSync(path)) {
    const hint =
      path === "host"
        ? "The running kernel needs no machine: run the command itself"
        : "Name a series, such as 6.12, a release, such as 6.12.117, or a vmlinuz file";
    throw new VmError("ERR_BPF_VM_NO_KERNEL", `there is no kernel ${JSON.stringify(path)}`, { hint });
  }
  return resolve(path);
}

function builtImage(series: string, arch: Arch): string {
  const places = [process.env.NODE_LIBBPF_KERNELS, kernelDirectory()].filter((place) => place !== undefined);
  for (const place of arch === "x64" ? places : []) {
    const image = newestImage(place, series, "-errinj");
    if (image !== undefined) return image;
  }
  throw new VmError("ERR_BPF_VM_NO_KERNEL", `no ${PREFIX}${series}.*-errinj for ${arch} in ${places.join(" or ")}`, {
    hint: "Set NODE_LIBBPF_KERNELS to the directory that has it; the library's own sources build those for x64",
  });
}

function debianImage(wanted: KernelName, arch: Arch, onProgress: OnProgress): string {
  const cached = newestImage(kernelDirectory(), wanted.release, `-cloud-${platformOf(arch).debian}`);
  const isSeries = wanted.release === wanted.series;
  // The image's timestamp is when it was last known to be the newest of its series, not when it was built.
  if (cached !== undefined && !(isSeries && Date.now() - statSync(cached).mtimeMs > MAX_AGE_MS)) return cached;
  try {
    const image = fetchDebianImage(wanted, arch, cached, onProgress);
    if (!isSeries) return image;
    utimesSync(image, new Date(), new Date());
    if (cached !== undefined && cached !== image) rmSync(cached);
    return image;
  } catch (cause) {
    if (cached !== undefined) {
      onProgress(`${(cause as Error).message}: using ${basename(cached)} from the cache`);
      return cached;
    }
    if (cause instanceof VmError) throw cause;
    throw new VmError("ERR_BPF_VM", `no kernel ${wanted.release} from Debian: ${(cause as Error).message}`, {
      hint: "Kernels are fetched by Debian's apt; where that is missing, or has no network, name a vmlinuz file",
      cause,
    });
  }
}

/** Searches the suites that may have it. The first that lists it decides, unless its files are gone. */
function fetchDebianImage(
  { series, release }: KernelName,
  arch: Arch,
  cached: string | undefined,
  onProgress: OnProgress,
): string {
  const { debian } = platformOf(arch);
  const failures: Error[] = [];
  const others = new Set(Object.keys(SUITES));
  for (const suite of suitesOf(series)) {
    onProgress(`looking for kernel ${release} in ${suite}`);
    try {
      const lists = arch === "x64" ? suite : `${suite}-${debian}`;
      const apt = new PrivateApt(join(cacheDirectory(), "apt", lists), [suite], { architecture: debian, onProgress });
      const packages = apt.packages(new RegExp(`^linux-(image|binary)-.*-cloud-${debian}$`));
      for (const other of cloudKernels(packages)) others.add(other.split(".", 2).join("."));
      const builds = kernelsOf(series, packages);
      const named = builds.filter((build) => isOf(release, build.release));
      if (named.length > 0) return fetchNewest(apt, suite, named, cached, onProgress);
      // Until 6.11 packages are named by ABI, and only the package version has the stable release.
      const stable = builds.map(({ name }) => apt.versions(name)[0]?.replace(/-.*/, "") ?? "");
      const kernels = builds.filter((_, index) => stable[index] === release);
      if (kernels.length > 0) return fetchNewest(apt, suite, kernels, cached, onProgress);
      for (const version of stable.filter(Boolean)) others.add(version);
    } catch (error) {
      if (error instanceof NoAptError) throw error;
      failures.push(error as Error);
      onProgress(`${suite}: ${(error as Error).message}`);
    }
  }
  const [failure] = failures;
  if (failure !== undefined) throw failure;
  const known = [...others].sort(compareVersions).join(", ");
  throw new VmError("ERR_BPF_VM_NO_KERNEL", `Debian has no kernel ${release}`, {
    hint: `Debian has ${known}: name one of these, or a vmlinuz file`,
  });
}

/** The newest kernel that the mirrors can deliver: an index can be ahead of the files or behind them. */
function fetchNewest(
  apt: PrivateApt,
  suite: Suite,
  kernels: readonly KernelPackage[],
  cached: string | undefined,
  onProgress: OnProgress,
): string {
  const failures: string[] = [];
  for (const kernel of kernels) {
    const image = join(kernelDirectory(), PREFIX + kernel.release);
    if (existsSync(image)) return image;
    // Nothing older than the cached one.
    if (cached !== undefined && compareVersions(PREFIX + kernel.release, basename(cached)) < 0) return cached;
    try {
      onProgress(`fetching ${kernel.name} from ${suite}`);
      fetchImage(apt, kernel, image);
      if (failures.length > 0) onProgress(`${failures[0]}: using ${kernel.release}`);
      return image;
    } catch (error) {
      if (!(error instanceof GoneError)) throw error;
      failures.push(error.message);
    }
  }
  throw new GoneError(failures.join("; "));
}

function fetchImage(apt: PrivateApt, { release, name }: KernelPackage, image: string): void {
  mkdirSync(kernelDirectory(), { recursive: true });
  const scratch = mkdtempSync(join(kernelDirectory(), ".unpack-"));
  try {
    const unpacked = unpack(apt.download(name, scratch), join(scratch, "root"));
    // 7.3 uses the second path.
    const places = [`boot/${PREFIX}${release}`, `usr/lib/modules/${release}/vmlinuz`];
    const source = places.map((place) => join(unpacked, place)).find((path) => existsSync(path));
    if (source === undefined) throw new Error(`${name} holds no vmlinuz`);
    copyFileSync(source, join(scratch, "image"));
    utimesSync(join(scratch, "image"), 0, 0);
    // Rename atomically, so that an interrupted run leaves no partial image.
    renameSync(join(scratch, "image"), image);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** Suites that maintain a series, the best first. Other series appear in {@link NEWEST} for a while. */
const SUITES: Readonly<Record<string, readonly Suite[]>> = {
  // bullseye-security still lists arm64 kernels, but their files are gone.
  "5.10": ["bullseye-security", "bullseye"],
  "6.1": ["bookworm-security", "bookworm"],
  "6.12": ["bookworm-security", "trixie-security", "trixie"],
};
const NEWEST: readonly Suite[] = ["trixie-backports", "forky", "experimental"];

/** The suites that may have a series, the best first. */
export function suitesOf(series: string): readonly Suite[] {
  return SUITES[series] ?? NEWEST;
}

function newestImage(directory: string, release: string, ending: string): string | undefined {
  if (!existsSync(directory)) return undefined;
  const images = readdirSync(directory).filter((name) => name.startsWith(PREFIX) && name.endsWith(ending));
  const newest = newestOf(
    release,
    images.map((name) => name.slice(PREFIX.length)),
  );
  return newest && join(directory, PREFIX + newest);
}
