/** Parses and compares versions of kernels and packages. */

/** A version as numbers; `patch` is absent if only the series is known. */
export interface Version {
  major: number;
  minor: number;
  patch?: number;
}

/** @returns undefined for a text that is not a version, such as "6.12-rc1" */
export function parseVersion(text: string): Version | undefined {
  const match = /^(\d+)\.(\d+)(?:\.(\d+))?$/.exec(text);
  if (match === null) return undefined;
  const [major, minor, patch] = match.slice(1).map((part) => (part === undefined ? undefined : Number(part)));
  return { major: major as number, minor: minor as number, ...(patch !== undefined && { patch }) };
}

/** The series as a sortable number: 6012 for 6.12, 6.12.117 and the release "6.12.0-56-amd64". */
export function seriesNumber(version: Version | string): number {
  if (typeof version !== "string") return version.major * 1000 + version.minor;
  // Judging a program compares hundreds.
  const dot = version.indexOf(".");
  const minor = dot < 0 ? 0 : Number.parseInt(version.slice(dot + 1), 10);
  return Number.parseInt(version, 10) * 1000 + minor;
}

/** Whether a version belongs to a series or a later one. */
export function isSince(version: Version | string, series: string): boolean {
  return seriesNumber(version) >= seriesNumber(series);
}

/** Compares runs of digits as numbers and the rest as text, so that 6.12.9 < 6.12.117 and 5.10.0-9 < 5.10.0-46. */
export function compareVersions(left: string, right: string): number {
  const parts = (version: string): readonly string[] => version.match(/\d+|\D+/g) ?? [];
  const [a, b] = [parts(left), parts(right)];
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const [x, y] = [a[index] ?? "", b[index] ?? ""];
    if (x === y) continue;
    const difference = Number(x) - Number(y);
    return Number.isNaN(difference) ? (x < y ? -1 : 1) : difference;
  }
  return 0;
}
