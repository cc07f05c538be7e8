/** Selects the package with the newest kernel of a series. */
import { compareVersions } from "../compare-versions";

/** Whether a release belongs to a series or is a more specific release: 6.1.192 belongs to 6.1, 6.12.117 does not. */
export function isOf(wanted: string, release: string): boolean {
  return release === wanted || (release.startsWith(wanted) && !/^\d/.test(release.slice(wanted.length)));
}

/** The highest of the versions that belong to the series ("6.1" has 6.1.192, not 6.12.117) or release. */
export function newestOf(wanted: string, versions: readonly string[]): string | undefined {
  return versions
    .filter((version) => isOf(wanted, version))
    .sort(compareVersions)
    .at(-1);
}

export interface KernelPackage {
  /** The output of `uname -r`. */
  readonly release: string;
  readonly name: string;
}

/** The releases of the cloud kernels in a suite. */
export function cloudKernels(packages: readonly string[]): string[] {
  return (
    packages
      // At least three numbers: linux-image-6.1-cloud-amd64 is a metapackage.
      .map((name) => /^linux-image-(\d+\.\d+\.\d+.*-cloud-[a-z0-9]+)$/.exec(name)?.[1])
      // bullseye-security also has bookworm's kernel, rebuilt as 6.1.0-0.deb11.N, which differs from bookworm's own.
      .filter((release) => release !== undefined && !/-0\.deb\d/.test(release)) as string[]
  );
}

/** The packages of a suite with the cloud kernels of a series, newest first. */
export function kernelsOf(series: string, packages: readonly string[]): KernelPackage[] {
  return cloudKernels(packages)
    .filter((release) => isOf(series, release))
    .sort(compareVersions)
    .reverse()
    .map((release) => {
      // Since 6.19 linux-image-* only depends on linux-binary-*, which has the image.
      const binary = `linux-binary-${release}`;
      return { release, name: packages.includes(binary) ? binary : `linux-image-${release}` };
    });
}
