/**
 * The sources of the libraries that the addon is linked with, pinned by upstream version and hash: the build is the
 * same on every machine and at any time. Debian's mirrors serve upstream's own tarballs, the same bytes in all of
 * Debian's revisions and suites. Debian's patches are not applied (none of them is for Linux on x64 or arm64).
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { compareVersions } from "../lib/compare-versions";
import { fetchFile, GoneError, PrivateApt } from "../lib/testing/apt";
import { cacheDirectory } from "../lib/testing/cache";
import { MIRROR_VARIABLE } from "../lib/testing/mirrors";

export interface Source {
  readonly name: "libbpf" | "elfutils" | "zlib";
  /** Upstream's version. */
  readonly version: string;
  /** Relative to a mirror's address. */
  readonly file: string;
  readonly sha256: string;
}

/** A change of these triggers a new build; THIRD_PARTY_NOTICES.md names them too. */
export const PINNED: readonly Source[] = [
  {
    name: "zlib",
    version: "1.3.1",
    file: "pool/main/z/zlib/zlib_1.3.dfsg+really1.3.1.orig.tar.gz",
    sha256: "60dd315c07f616887caa029408308a018ace66e3d142726a97db164b3b8f69fb",
  },
  {
    name: "elfutils",
    version: "0.192",
    file: "pool/main/e/elfutils/elfutils_0.192.orig.tar.bz2",
    sha256: "616099beae24aba11f9b63d86ca6cc8d566d968b802391334c91df54eab416b4",
  },
  {
    name: "libbpf",
    version: "1.7.0",
    file: "pool/main/libb/libbpf/libbpf_1.7.0.orig.tar.gz",
    sha256: "7ab5feffbf78557f626f2e3e3204788528394494715a30fc2070fcddc2051b7b",
  },
];

/** The folder for tarballs. A tarball may be put there by hand: its hash is checked. */
function tarball(source: Source): string {
  return join(cacheDirectory(), "sources", basename(source.file));
}

/**
 * Downloads a source: the pinned version, or if no mirror has it any more, the next newer one that Debian lists.
 *
 * @param say called with the version, if it is not the pinned one
 * @throws if no mirror has a version, with what to do
 */
export function fetchSource(pinned: Source, say: (text: string) => void): Source {
  if (isThere(pinned)) return pinned;
  try {
    fetchFile(pinned.file, pinned.sha256, tarball(pinned), say);
    return pinned;
  } catch (error) {
    if (!(error instanceof GoneError)) throw error;
    const newer = newerSource(pinned, say);
    if (newer === undefined) throw gone(pinned, error);
    if (!isThere(newer)) fetchFile(newer.file, newer.sha256, tarball(newer), say);
    say(`${error.message}: took ${newer.name} ${newer.version} instead of ${pinned.version}`);
    return newer;
  }
}

function gone({ name, version, file, sha256 }: Source, { message }: Error): Error {
  return new Error(
    `${name} ${version} is on no mirror, and neither is a newer version (${message}). Name a mirror that has it in ${MIRROR_VARIABLE}, ` +
      `or put ${basename(file)} (SHA-256 ${sha256}) into ${join(cacheDirectory(), "sources")}`,
  );
}

function isThere(source: Source): boolean {
  const path = tarball(source);
  return existsSync(path) && createHash("sha256").update(readFileSync(path)).digest("hex") === source.sha256;
}

/** The lowest version above the pinned one, in the suites that still change. */
function newerSource(pinned: Source, onProgress: (text: string) => void): Source | undefined {
  const apt = new PrivateApt(join(cacheDirectory(), "apt/sources"), ["trixie", "forky", "sid"], {
    kind: "deb-src",
    onProgress,
  });
  return parseSources(pinned.name, apt.sources(pinned.name))
    .filter(({ version }) => compareVersions(version, pinned.version) > 0)
    .sort((a, b) => compareVersions(a.version, b.version))[0];
}

/** The upstream tarballs of a library in the stanzas of a Sources index. */
export function parseSources(name: Source["name"], stanzas: readonly string[]): Source[] {
  return stanzas.flatMap((stanza) => {
    const directory = /^Directory: (\S+)$/m.exec(stanza)?.[1];
    const hashes = /^Checksums-Sha256:\s*\n((?: .*\n?)+)/m.exec(stanza)?.[1] ?? "";
    const [, sha256, file] = /^ ([0-9a-f]{64}) \d+ (\S+\.orig\.tar\.\w+)$/m.exec(hashes) ?? [];
    // If a version went down, Debian writes both: zlib_1.3.dfsg+really1.3.1.orig.tar.gz.
    const version = /_(?:.*really)?([\d.]+?)(?:\.dfsg|\+\w+)?\.orig\.tar\./.exec(file ?? "")?.[1];
    if (directory === undefined || sha256 === undefined || version === undefined) return [];
    return [{ name, version, file: `${directory}/${file}`, sha256 }];
  });
}

/** Unpacks a downloaded source into a folder below `into`, and returns its path. */
export function unpackSource(source: Source, into: string): string {
  const target = join(into, `${source.name}-${source.version}`);
  if (existsSync(target)) return target;
  const scratch = `${target}.part`;
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  const args = ["-xf", tarball(source), "-C", scratch, "--strip-components=1", "--no-same-owner"];
  const { status, stderr, error } = spawnSync("tar", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`tar ${args.join(" ")}: ${error?.message ?? stderr}`);
  // Renamed in one step, so that an interrupted run leaves no partial tree behind.
  renameSync(scratch, target);
  return target;
}
