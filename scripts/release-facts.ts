/** Facts that the release's checklist reads from texts. */
import type { Source } from "./sources";

/** CHANGELOG.md's section of a version; "" for none. */
export function changelogEntry(changelog: string, version: string): string {
  const sections = changelog.split(/^## /m);
  const section = sections.find((text) => text.startsWith(`${version}\n`)) ?? "";
  return section.slice(version.length).trim();
}

/**
 * Returns the libraries that were built from another version than the pinned one, or whose version in the notices
 * differs or is missing.
 *
 * @param built the sources of an addon's libraries; undefined if they are missing
 */
export function sourceProblems(
  pinned: readonly Source[],
  built: readonly Source[] | undefined,
  notices: string,
): string[] {
  if (built === undefined) return ["the libraries are not built: npm run prebuild"];
  return pinned.flatMap(({ name, version, sha256 }) => {
    const found = built.find((source) => source.name === name);
    const problems: string[] = [];
    if (found?.sha256 !== sha256) problems.push(`${name} ${found?.version} is built in, but ${version} is pinned`);
    if (!notices.includes(`${name} ${version} `)) problems.push(`the notices do not name ${name} ${version}`);
    return problems;
  });
}

/** Without these fields README's links are broken in a registry, and npm can't verify provenance. */
export function manifestProblems(manifest: Readonly<Record<string, unknown>>): string[] {
  return ["repository", "homepage", "bugs"]
    .filter((field) => !manifest[field])
    .map((field) => `package.json has no ${field}`);
}

/** Kernels of the matrix that Debian no longer has: a release must be tested on all. */
export function kernelProblems(kernels: readonly string[], missing: (kernel: string) => string | undefined): string[] {
  return kernels.flatMap((kernel) => {
    const why = missing(kernel);
    return why === undefined ? [] : [`${kernel}: ${why}; scripts/kernels.ts names the kernels`];
  });
}
