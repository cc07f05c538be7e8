/** How kernels are named on command lines and in options: the same for a kernel that is judged and one that is booted. */

/** What a name asks for: "6.12", "v6.12.40", "debian-6.12", "debian-6.12.117", "6.1.0-56", "6.12.117+deb13", "6.12-errinj". */
export interface KernelName {
  /** "6.12" */
  readonly series: string;
  /** "6.12.117", as much as was said: "6.12" for any of its series. */
  readonly release: string;
  /** Debian's build, as "debian-6.12". */
  readonly isDebian: boolean;
  /** A kernel of the series that is built with error injection. */
  readonly hasErrorInjection: boolean;
}

/** @returns undefined for what is no kernel's name; a path, for example */
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
