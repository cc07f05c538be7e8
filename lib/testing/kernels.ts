/**
 * Finds a kernel image for a name such as "6.12": Debian's cloud kernels, fetched once into the cache, or the
 * "-errinj" ones that scripts/vm-kernel.ts builds.
 */
import { spawnSync } from "node:child_process";
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
import { PrivateApt, type Suite } from "./apt";
import { cacheDirectory } from "./cache";
import { newestCloudKernel, newestOf } from "./versions";

export interface Kernel {
  /** As asked for: "6.12", "5.10-errinj", or the file's name. */
  readonly name: string;
  /** The bootable vmlinuz. */
  readonly image: string;
}

/** A new kernel is looked for after this long. */
const MAX_AGE_MS = 24 * 3600 * 1000;
const PREFIX = "vmlinuz-";

export async function resolveKernel(spec: string): Promise<Kernel> {
  const [, series, kind] = /^(\d+\.\d+)(-errinj)?$/.exec(spec) ?? [];
  if (series === undefined) return { name: spec.replace(/^.*\/(vmlinuz-)?/, ""), image: imageFile(spec) };
  return { name: spec, image: kind ? builtImage(series) : debianImage(series) };
}

/** Where images lie in the cache, as vmlinuz-<release>. */
export function kernelDirectory(): string {
  return join(cacheDirectory(), "kernels");
}

function imageFile(path: string): string {
  if (!existsSync(path)) {
    throw new Error(`no kernel "${path}": name a series (6.12), a built one (6.12-errinj), or a vmlinuz file`);
  }
  return resolve(path);
}

function builtImage(series: string): string {
  const places = [process.env.NODE_LIBBPF_KERNELS, kernelDirectory()].filter((place) => place !== undefined);
  for (const place of places) {
    const image = newestImage(place, series, "-errinj");
    if (image !== undefined) return image;
  }
  throw new Error(
    `no ${PREFIX}${series}.*-errinj in ${places.join(" or ")}: ` +
      `build it with "npm run vm:kernel -- ${series}", or name the directory that has it in NODE_LIBBPF_KERNELS`,
  );
}

function debianImage(series: string): string {
  const cached = newestImage(kernelDirectory(), series, "-cloud-amd64");
  // The image's time is that of the last look, not of the build.
  if (cached !== undefined && Date.now() - statSync(cached).mtimeMs < MAX_AGE_MS) return cached;
  try {
    const image = fetchDebianImage(series);
    utimesSync(image, new Date(), new Date());
    if (cached !== undefined && cached !== image) rmSync(cached);
    return image;
  } catch (error) {
    if (cached !== undefined) return cached;
    const remedy = "name another series or a vmlinuz file, or look at the network";
    throw new Error(`no kernel ${series} from Debian (${remedy}): ${(error as Error).message}`, { cause: error });
  }
}

function fetchDebianImage(series: string): string {
  const suite = suiteOf(series);
  const apt = new PrivateApt(join(cacheDirectory(), "apt", suite), [suite], "deb");
  const found = newestCloudKernel(series, apt.packages(/^linux-(image|binary)-.*-cloud-amd64$/));
  if (found === undefined) throw new Error(`${suite} has no linux-image-${series}.*-cloud-amd64`);
  const image = join(kernelDirectory(), PREFIX + found.release);
  if (existsSync(image)) return image;
  process.stderr.write(`fetching ${found.name} from ${suite}\n`);
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

/** The suite that keeps a series up to date. */
function suiteOf(series: string): Suite {
  if (series === "5.10") return "bullseye-security";
  return series === "6.1" || series === "6.12" ? "bookworm-security" : "trixie-backports";
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

/** Unpacks a .deb without installing it. */
export function unpack(deb: string, into: string): string {
  const { status, stderr, error } = spawnSync("dpkg-deb", ["-x", deb, into], { encoding: "utf8" });
  if (status !== 0) throw new Error(`dpkg-deb -x ${deb}: ${error?.message ?? stderr}`);
  return into;
}
