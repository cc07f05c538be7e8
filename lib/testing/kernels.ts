/**
 * Finds a kernel image for a name such as "6.12": Debian's cloud kernels, fetched once into the cache, or the
 * "-errinj" ones that scripts/vm-kernel.ts builds.
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
import { join, resolve } from "node:path";
import { PrivateApt, type Suite, unpack } from "./apt";
import { type Arch, platformOf } from "./arch";
import { cacheDirectory } from "./cache";
import { cloudKernels, compareVersions, newestCloudKernel, newestOf } from "./versions";
import { VmError } from "./vm-error";

export interface Kernel {
  /** As asked for: "6.12", "5.10-errinj", or the file's name. */
  readonly name: string;
  /** The bootable vmlinuz. */
  readonly image: string;
}

/** A new kernel is looked for after this long. */
const MAX_AGE_MS = 24 * 3600 * 1000;
const PREFIX = "vmlinuz-";

/**
 * @param onProgress told of what takes long
 * @throws {@link VmError} ERR_BPF_VM if there is no such kernel, or it can't be fetched
 */
export function resolveKernel(spec: string, arch: Arch, onProgress: (step: string) => void = () => {}): Kernel {
  const [, series, kind] = /^(\d+\.\d+)(-errinj)?$/.exec(spec) ?? [];
  if (series === undefined) return { name: spec.replace(/^.*\/(vmlinuz-)?/, ""), image: imageFile(spec) };
  return { name: spec, image: kind ? builtImage(series, arch) : debianImage(series, arch, onProgress) };
}

/** Where images lie in the cache, as vmlinuz-<release>. */
export function kernelDirectory(): string {
  return join(cacheDirectory(), "kernels");
}

function imageFile(path: string): string {
  if (!existsSync(path)) {
    const hint = "Name a series, such as 6.12, or a vmlinuz file";
    throw new VmError("ERR_BPF_VM", `there is no kernel ${JSON.stringify(path)}`, { hint });
  }
  return resolve(path);
}

function builtImage(series: string, arch: Arch): string {
  const places = [process.env.NODE_LIBBPF_KERNELS, kernelDirectory()].filter((place) => place !== undefined);
  for (const place of arch === "x64" ? places : []) {
    const image = newestImage(place, series, "-errinj");
    if (image !== undefined) return image;
  }
  throw new VmError("ERR_BPF_VM", `no ${PREFIX}${series}.*-errinj for ${arch} in ${places.join(" or ")}`, {
    hint: "Name the directory that has it in NODE_LIBBPF_KERNELS; the library's own sources build those for x64",
  });
}

function debianImage(series: string, arch: Arch, onProgress: (step: string) => void): string {
  const cached = newestImage(kernelDirectory(), series, `-cloud-${platformOf(arch).debian}`);
  // The image's time is that of the last look, not of the build.
  if (cached !== undefined && Date.now() - statSync(cached).mtimeMs < MAX_AGE_MS) return cached;
  try {
    const image = fetchDebianImage(series, arch, onProgress);
    utimesSync(image, new Date(), new Date());
    if (cached !== undefined && cached !== image) rmSync(cached);
    return image;
  } catch (cause) {
    if (cached !== undefined) return cached;
    if (cause instanceof VmError) throw cause;
    throw new VmError("ERR_BPF_VM", `no kernel ${series} from Debian: ${(cause as Error).message}`, {
      hint: "Kernels are fetched by Debian's apt; where that is missing, or has no network, name a vmlinuz file",
      cause,
    });
  }
}

function fetchDebianImage(series: string, arch: Arch, onProgress: (step: string) => void): string {
  const { debian } = platformOf(arch);
  const suite = suiteOf(series, arch);
  onProgress(`looking for kernel ${series} in ${suite}`);
  const lists = arch === "x64" ? suite : `${suite}-${debian}`;
  const apt = new PrivateApt(join(cacheDirectory(), "apt", lists), [suite], "deb", debian);
  const packages = apt.packages(new RegExp(`^linux-(image|binary)-.*-cloud-${debian}$`));
  const found = newestCloudKernel(series, packages);
  if (found === undefined) throw unknownSeries(series, suite, packages);
  const image = join(kernelDirectory(), PREFIX + found.release);
  if (existsSync(image)) return image;
  onProgress(`fetching ${found.name} from ${suite}`);
  mkdirSync(kernelDirectory(), { recursive: true });
  const scratch = mkdtempSync(join(kernelDirectory(), ".unpack-"));
  try {
    const unpacked = unpack(apt.download(found.name, scratch), join(scratch, "root"));
    const { release } = found;
    // The second place is 7.3's.
    const places = [`boot/${PREFIX}${release}`, `usr/lib/modules/${release}/vmlinuz`];
    const source = places.map((place) => join(unpacked, place)).find((path) => existsSync(path));
    if (source === undefined) throw new Error(`${found.name} holds no vmlinuz`);
    copyFileSync(source, join(scratch, "image"));
    // Renamed in one step, so that a run that is cut short leaves no half image behind.
    renameSync(join(scratch, "image"), image);
    return image;
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function unknownSeries(series: string, suite: Suite, packages: readonly string[]): VmError {
  const others = new Set(cloudKernels(packages).map((release) => release.split(".", 2).join(".")));
  const known = [...new Set([...Object.keys(SUITES), ...others])].sort(compareVersions).join(", ");
  return new VmError("ERR_BPF_VM", `Debian's ${suite} has no kernel ${series}`, {
    hint: `Debian has ${known}: name one of these, or a vmlinuz file`,
  });
}

/** The suites that keep a series up to date; the others come and go in {@link NEWEST}. */
const SUITES: Readonly<Record<string, Suite>> = {
  "5.10": "bullseye-security",
  "6.1": "bookworm-security",
  "6.12": "bookworm-security",
};
const NEWEST = "trixie-backports";

function suiteOf(series: string, arch: Arch): Suite {
  // The files of bullseye-security's arm64 kernels are gone, though it still lists them.
  if (series === "5.10" && arch === "arm64") return "bullseye";
  return SUITES[series] ?? NEWEST;
}

function newestImage(directory: string, series: string, ending: string): string | undefined {
  if (!existsSync(directory)) return undefined;
  const images = readdirSync(directory).filter((name) => name.startsWith(PREFIX) && name.endsWith(ending));
  const newest = newestOf(
    series,
    images.map((name) => name.slice(PREFIX.length)),
  );
  return newest && join(directory, PREFIX + newest);
}
