/** Picks the package that carries the newest kernel of a series. */
import { compareVersions } from "../compare-versions";

/** Whether a release is one of a series or of a release of which less was said: 6.1.192 is of 6.1, 6.12.117 is not. */
export function isOf(wanted: string, release: string): boolean {
  return release === wanted || (release.startsWith(wanted) && !/^\d/.test(release.slice(wanted.length)));
}

/** The highest of the versions that belong to the series ("6.1" has 6.1.192, not 6.12.117), or to a release of it. */
export function newestOf(wanted: string, versions: readonly string[]): string | undefined {
  return versions
    .filter((version) => isOf(wanted, version))
    .sort(compareVersions)
    .at(-1);
}

export interface KernelPackage {
  /** What `uname -r` says in it. */
  readonly release: string;
  readonly name: string;
}

/** The releases of the cloud kernels that a suite has packages of. */
export function cloudKernels(packages: readonly string[]): string[] {
  return (
    packages
      // Three numbers at least: linux-image-6.1-cloud-amd64 is a metapackage.
      .map((name) => /^linux-image-(\d+\.\d+\.\d+.*-cloud-[a-z0-9]+)$/.exec(name)?.[1])
      // bullseye-security also carries bookworm's kernel, rebuilt as 6.1.0-0.deb11.N: another build than bookworm's own.
      .filter((release) => release !== undefined && !/-0\.deb\d/.test(release)) as string[]
  );
}

/** The packages, of those that a suite names, that hold the cloud kernels of a series: the newest first. */
export function kernelsOf(series: string, packages: readonly string[]): KernelPackage[] {
  return cloudKernels(packages)
    .filter((release) => isOf(series, release))
    .sort(compareVersions)
    .reverse()
    .map((release) => {
      // Since 6.19 linux-image-* is a shell around linux-binary-*, which has the image.
      const binary = `linux-binary-${release}`;
      return { release, name: packages.includes(binary) ? binary : `linux-image-${release}` };
    });
}
