/** What the release's checklist reads in texts. */

/** What CHANGELOG.md says of a version; "" for nothing. */
export function changelogEntry(changelog: string, version: string): string {
  const sections = changelog.split(/^## /m);
  const section = sections.find((text) => text.startsWith(`${version}\n`)) ?? "";
  return section.slice(version.length).trim();
}

/** Debian's names of source archives: elfutils_0.192.orig.tar.bz2, zlib_1.3.dfsg+really1.3.1.orig.tar.gz. */
const ARCHIVE = /(?:^|\/)(libbpf|elfutils|zlib)_(?:[^/]*really)?([\d.]+?)\.orig\.tar\.\w+$/;

/**
 * Libraries that are built from one version, and have another or none in the notices.
 *
 * @param files paths of what was downloaded
 */
export function noticeProblems(notices: string, files: readonly string[]): string[] {
  const built = new Map(
    files.map((file) => ARCHIVE.exec(file)).flatMap((found) => (found ? [[found[1], found[2]]] : [])),
  );
  return ["libbpf", "elfutils", "zlib"].flatMap((library) => {
    const version = built.get(library);
    if (version === undefined) return [`the source of ${library} is not there`];
    const named = new RegExp(`${library} ([\\d.]*\\d)`).exec(notices)?.[1];
    // "1.7" stands for 1.7.0.
    if (named !== undefined && `${version}.`.startsWith(`${named}.`)) return [];
    return [`${library} ${version} is built in, and the notices say ${named ?? "nothing"}`];
  });
}
