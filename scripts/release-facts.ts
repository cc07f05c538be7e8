/** What the release's checklist reads in texts. */
import type { Source } from "./sources";

/** What CHANGELOG.md says of a version; "" for nothing. */
export function changelogEntry(changelog: string, version: string): string {
  const sections = changelog.split(/^## /m);
  const section = sections.find((text) => text.startsWith(`${version}\n`)) ?? "";
  return section.slice(version.length).trim();
}

/**
 * Libraries that are built from another version than the pinned one, or have another or none in the notices.
 *
 * @param built what an addon's libraries were built from; undefined if they are not there
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
    if (found?.sha256 !== sha256) problems.push(`${name} ${found?.version} is built in, and ${version} is pinned`);
    if (!notices.includes(`${name} ${version} `)) problems.push(`the notices do not name ${name} ${version}`);
    return problems;
  });
}

/** Without these fields README's links lead nowhere in a registry, and provenance has nothing to prove. */
export function manifestProblems(manifest: Readonly<Record<string, unknown>>): string[] {
  return ["repository", "homepage", "bugs"]
    .filter((field) => !manifest[field])
    .map((field) => `package.json has no ${field}`);
}

/** Kernels of the matrix that Debian has no more: what is released is tested on all. */
export function kernelProblems(kernels: readonly string[], missing: (kernel: string) => string | undefined): string[] {
  return kernels.flatMap((kernel) => {
    const why = missing(kernel);
    return why === undefined ? [] : [`${kernel}: ${why}; scripts/kernels.ts names the kernels`];
  });
}
