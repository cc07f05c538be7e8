/** Names of kernels in command lines and options; the same for kernels to judge and kernels to boot. */

/** A parsed name: "6.12", "v6.12.40", "debian-6.12", "debian-6.12.117", "6.1.0-56", "6.12.117+deb13", "6.12-errinj". */
export interface KernelName {
  /** "6.12" */
  readonly series: string;
  /** The release as given, such as "6.12.117"; "6.12" means any of the series. */
  readonly release: string;
  /** Whether it is a build by Debian, such as "debian-6.12". */
  readonly isDebian: boolean;
  /** Whether it is a kernel built with error injection. */
  readonly hasErrorInjection: boolean;
}

/**
 * Parses a name.
 *
 * @returns undefined if it is not the name of a kernel, but for example a path
 */
export function parseKernelName(text: string): KernelName | undefined {
  const match = /^(debian-)?v?((\d+\.\d+)(?:\.\d+[\w.+~-]*?)?)(-errinj)?$/.exec(text);
  if (match === null) return undefined;
  const [, debian, release, series, errorInjection] = match;
  return {
    series: series as string,
    release: release as string,
    isDebian: debian !== undefined,
    hasErrorInjection: errorInjection !== undefined,
  };
}
