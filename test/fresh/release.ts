/**
 * Parses and changes the text files of a Debian archive: Release, and its indexes Packages and Sources. Pure functions.
 */
import { createHash } from "node:crypto";

/** The text of a clear-signed message. */
export function unsigned(text: string): string {
  const body = text.split("\n\n").slice(1).join("\n\n").split("-----BEGIN PGP SIGNATURE-----")[0] ?? "";
  // RFC 9580, 7.2: lines that begin with a dash are prefixed with "- ".
  return body.replace(/^- /gm, "");
}

export function paragraphsOf(index: string): string[] {
  return index.split(/\n{2,}/).filter((paragraph) => paragraph.trim() !== "");
}

/** A field's value; for a multi-line field, with all following lines. */
export function fieldOf(paragraph: string, name: string): string | undefined {
  return new RegExp(`^${name}:[ \\t]*(.*(?:\\n[ \\t].*)*)`, "mi").exec(paragraph)?.[1];
}

/** The SHA-256 of each index that a Release lists, by its path below the suite. */
export function hashesOf(release: string): Map<string, string> {
  const lines = (fieldOf(release, "SHA256") ?? "").split("\n");
  return new Map(
    lines.flatMap((line) => {
      const [hash, , path] = line.trim().split(/\s+/);
      return hash && path ? [[path, hash]] : [];
    }),
  );
}

/**
 * A Release with other files in it. An index is removed in all forms that are not passed: compressed otherwise, as
 * differences.
 * @param files their bytes, by path: main/source/Sources, main/source/Sources.gz
 * @param fields to set; undefined removes one
 */
export function changedRelease(
  release: string,
  files: ReadonlyMap<string, Uint8Array>,
  fields: Readonly<Record<string, string | undefined>> = {},
): string {
  const stems = new Set([...files.keys()].map((path) => path.replace(/\.gz$/, "")));
  const kept = (fieldOf(release, "SHA256") ?? "").split("\n").filter((line) => {
    const path = line.trim().split(/\s+/)[2];
    return path !== undefined && !stems.has(path.replace(/\.(gz|xz|bz2|diff\/Index)$/, ""));
  });
  const added = [...files].map(([path, bytes]) => ` ${sha256(bytes)} ${bytes.length} ${path}`);
  const values = { ...fields, MD5Sum: undefined, SHA1: undefined, SHA256: undefined };
  let rest = `${release.trimEnd()}\n`;
  for (const name of Object.keys(values)) rest = rest.replace(new RegExp(`^${name}:.*\\n(?:[ \\t].*\\n)*`, "mi"), "");
  const set = Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}\n`]));
  return `${rest}${set.join("")}SHA256:\n${[...kept, ...added].join("\n")}\n`;
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The first byte of a Range header and the byte after its last; all bytes without a header that is understood. */
export function rangeOf(header: string | undefined, size: number): { start: number; end: number } | "unsatisfiable" {
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (first === "" && last === "") return { start: 0, end: size };
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size : Math.min(size, Number(last) + 1);
  return start < end ? { start, end } : "unsatisfiable";
}
