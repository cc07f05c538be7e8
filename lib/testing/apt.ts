/**
 * A private apt configuration: reads suites that the system is not set up for, without changing the system.
 *
 * It uses the system's mirrors and the one in NODE_LIBBPF_DEBIAN_MIRROR, verifies with Debian's keyring, and writes
 * only below one directory. Archives change all the time: an index can list files that are already gone or not yet
 * there, so candidates are tried newest first, on all mirrors.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { PACKAGE_ROOT } from "../package-root";
import { aptSetting, MIRROR_VARIABLE, mirrors } from "./mirrors";

/** The system's keyring is newer where it exists; the bundled one is for systems other than Debian. */
const KEYRINGS = [
  "/usr/share/keyrings/debian-archive-keyring.gpg",
  join(PACKAGE_ROOT, "lib/testing/debian-archive-keyring.gpg"),
];
/** Age after which apt's lists are fetched again: package names change with every kernel update. */
const LISTS_MAX_AGE_MS = 24 * 3600 * 1000;
/** apt retries closed connections. */
export const PATIENCE = ["-o", "Acquire::Retries=4", "-o", "Acquire::http::Timeout=60"];
/** Delays before retries if a server is busy or a file is corrupt, in milliseconds: apt 2.6 does not retry these. */
export const WAITS_MS = [1000, 3000, 9000];

const RELEASES = ["bullseye", "bookworm", "trixie", "forky", "sid", "experimental"] as const;
export type Suite = `${string}-security` | `${string}-backports` | `${string}-updates` | (typeof RELEASES)[number];

/** Receives descriptions of slow steps and of fallbacks. */
export type OnProgress = (step: string) => void;

/** No mirror has a file of that name. */
export class GoneError extends Error {}

/** apt is missing or knows no mirror: other suites would not help. */
export class NoAptError extends Error {}

export class PrivateApt {
  readonly #options: string[];
  readonly #directory: string;
  readonly #onProgress: OnProgress;
  readonly #suite: Suite;
  /** Whether this process has fetched the lists. */
  #isFresh = false;

  /**
   * Prepares the configuration.
   *
   * @param directory for lists, sources.list and downloads; created if missing
   * @param suites lists of the first are required, the others optional
   * @param architecture Debian's architecture name; default: the system's
   * @param kind packages or their sources
   */
  constructor(
    directory: string,
    suites: readonly [Suite, ...Suite[]],
    {
      architecture,
      kind = "deb",
      onProgress = () => {},
    }: { architecture?: string | undefined; kind?: "deb" | "deb-src"; onProgress?: OnProgress } = {},
  ) {
    this.#directory = directory;
    this.#suite = suites[0];
    this.#onProgress = onProgress;
    for (const part of ["lists/partial", "cache/archives/partial", "etc"])
      mkdirSync(join(directory, part), { recursive: true });
    const list = join(directory, "etc/sources.list");
    this.#options = [
      `Dir::State::lists=${join(directory, "lists")}`,
      `Dir::Cache=${join(directory, "cache")}`,
      `Dir::Etc::sourcelist=${list}`,
      "Dir::Etc::sourceparts=/dev/null",
      // By default root's downloads run as the user _apt, who can't access this directory.
      "APT::Sandbox::User=root",
      // Otherwise apt would look only for newer versions than those installed.
      "Dir::State::status=/dev/null",
      ...(architecture === undefined
        ? []
        : [`APT::Architecture=${architecture}`, `APT::Architectures=${architecture}`]),
      "Acquire::Languages=none",
    ].flatMap((option) => ["-o", option]);
    this.#readLists(list, suites, kind);
  }

  /** Names of all packages that match. */
  packages(pattern: RegExp): string[] {
    return this.#run("apt-cache", ["pkgnames"])
      .split("\n")
      .filter((name) => pattern.test(name));
  }

  /** Downloads the newest available version of a binary package into `into`. Returns the path of the .deb. */
  download(name: string, into: string): string {
    mkdirSync(into, { recursive: true });
    const versions = this.versions(name);
    const failures: string[] = [];
    for (const version of versions) {
      const failure = this.#fetch([`${name}=${version}`], into);
      if (failure !== undefined) {
        failures.push(failure);
        continue;
      }
      if (failures.length > 0)
        this.#onProgress(`${name} ${versions[0]} can't be downloaded (${failures[0]}): using ${version}`);
      const file = readdirSync(into).find((entry) => entry.startsWith(`${name}_`) && entry.endsWith(".deb"));
      if (file === undefined) throw new Error(`apt-get download ${name} left no .deb in ${into}`);
      return join(into, file);
    }
    if (this.refresh()) return this.download(name, into);
    const why = versions.length === 0 ? "no suite has it" : failures.join("; ");
    throw new GoneError(`can't download package ${name}: ${why}`);
  }

  /** Downloads the .debs of packages into `into`, an empty directory, and returns their paths. */
  downloadAll(names: readonly string[], into: string): string[] {
    mkdirSync(into, { recursive: true });
    // All at once, so that apt reads its lists once. If that fails, each package is downloaded separately.
    if (this.#fetch(names, into) === undefined) return readdirSync(into).map((file) => join(into, file));
    rmSync(into, { recursive: true });
    return names.map((name) => this.download(name, into));
  }

  /** The stanzas of a package in the Sources of all suites. */
  sources(name: string): string[] {
    return this.#run("apt-cache", ["showsrc", "--only-source", name]).split(/\n\n+/);
  }

  /** Versions of a package in apt's order, newest first. */
  versions(name: string): string[] {
    return versionsOf(this.#run("apt-cache", ["madison", name]));
  }

  /**
   * Downloads packages. Returns why the archive lacks them, or undefined on success.
   *
   * @throws if the archive could not be asked
   */
  #fetch(names: readonly string[], into: string): string | undefined {
    const args = [...this.#options, ...PATIENCE, "download", "-q", ...names];
    return patiently(() => spawnApt("apt-get", args, into), names.join(" "), this.#onProgress);
  }

  /**
   * Fetches the lists again, whatever their age. Returns false if that was already done, so that listed files are
   * really missing.
   */
  refresh(): boolean {
    if (this.#isFresh) return false;
    this.#update();
    return true;
  }

  /** Fetches lists that are missing, outdated, or of other suites and mirrors. */
  #readLists(list: string, suites: readonly Suite[], kind: string): void {
    const text = sourcesList(suites, kind);
    const age = Date.now() - (statSync(this.#stamp, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    const same = existsSync(list) && readFileSync(list, "utf8") === text;
    if (same && age < LISTS_MAX_AGE_MS && this.#hasLists()) return;
    writeFileSync(list, text);
    this.#update();
  }

  #update(): void {
    this.#isFresh = true;
    const lock = join(this.#directory, "lock");
    // apt-get does not wait for its own lock.
    const { stderr } = spawnApt("flock", [lock, "apt-get", ...this.#options, ...PATIENCE, "update", "-q"], "/");
    // The exit status is not conclusive: a list that can't be fetched can be a warning or fail everything.
    if (!this.#hasLists()) throw new Error(`can't fetch the lists of Debian's ${this.#suite}: ${firstError(stderr)}`);
    if (/^[EW]: /m.test(stderr))
      this.#onProgress(`apt-get update: ${firstError(stderr)}; continuing with the existing lists`);
    writeFileSync(this.#stamp, "");
  }

  #hasLists(): boolean {
    const list = new RegExp(`_dists_${this.#suite}_.*_(Packages|Sources)`);
    return readdirSync(join(this.#directory, "lists")).some((name) => list.test(name));
  }

  get #stamp(): string {
    return join(this.#directory, "updated");
  }

  #run(command: string, args: readonly string[]): string {
    const { status, stdout, stderr } = spawnApt(command, [...this.#options, ...args], this.#directory);
    if (status === 0) return stdout;
    throw new Error(`${command} ${args.join(" ")}: ${firstError(stderr)}`);
  }
}

function sourcesList(suites: readonly Suite[], kind: string): string {
  const keyrings = KEYRINGS.filter((path) => existsSync(path)).join(",");
  const { main, security } = mirrors();
  const lines = suites.flatMap((suite) =>
    (suite.endsWith("-security") ? security : main).map(
      (site) => `${kind} [signed-by=${keyrings}] ${site} ${suite} main\n`,
    ),
  );
  if (lines.length > 0) return lines.join("");
  spawnApt("apt-get", ["--version"], "/");
  throw new NoAptError(
    `this system's apt has no Debian mirror for ${suites.join(", ")}; set one in ${MIRROR_VARIABLE}, such as http://mirror.example/debian`,
  );
}

/**
 * Fetches a file with a known hash, trying the base addresses in turn.
 *
 * @param file path below each base address, such as pool/main/z/zlib/zlib_1.3.1.orig.tar.gz
 * @throws {@link GoneError} if no mirror has it; another error if a mirror could not be asked
 */
export function fetchFile(
  file: string,
  sha256: string,
  target: string,
  onProgress: OnProgress,
  bases: readonly string[] = mirrors().main,
): void {
  const helper = join(aptSetting("Dir::Bin::methods/d") ?? "/usr/lib/apt/methods", "../apt-helper");
  const path = file.split("/").map(encodeURIComponent).join("/");
  const part = `${target}.part`;
  const failures: string[] = [];
  let broken: Error | undefined;
  mkdirSync(dirname(target), { recursive: true });
  for (const base of bases) {
    const args = ["-o", "APT::Sandbox::User=root", ...PATIENCE, "download-file"];
    const fetch = () => {
      rmSync(part, { force: true });
      const result = spawnApt(helper, [...args, `${base}/${path}`, part, `SHA256:${sha256}`], "/");
      rmSync(`${part}.FAILED`, { force: true });
      return result;
    };
    try {
      const failure = patiently(fetch, basename(file), onProgress);
      if (failure !== undefined) {
        failures.push(failure);
        continue;
      }
      renameSync(part, target);
      if (failures.length > 0) onProgress(`${basename(file)}: ${failures.join("; ")}: used another mirror`);
      return;
    } catch (error) {
      // Another mirror may work.
      broken ??= error as Error;
      failures.push((error as Error).message);
    }
  }
  if (broken !== undefined) throw broken;
  const why = bases.length === 0 ? `no mirror is known; set one in ${MIRROR_VARIABLE}` : failures.join("; ");
  throw new GoneError(`can't fetch ${file}: ${why}`);
}

/**
 * Runs apt until it succeeds or the archive reports that it lacks the file, which is returned. Retries after transient
 * errors, and reports them.
 *
 * @throws if the errors persist: that does not mean that the archive lacks the file
 */
function patiently(fetch: () => ReturnType<typeof spawnApt>, what: string, onProgress: OnProgress): string | undefined {
  for (let attempt = 0; ; attempt++) {
    const { status, stdout, stderr } = fetch();
    for (const text of retriesOf(stdout)) onProgress(text);
    if (status === 0) return undefined;
    const failure = firstError(stderr);
    if (isGone(stderr)) return failure;
    const wait = WAITS_MS[attempt];
    if (wait === undefined) {
      if (isWrong(stderr)) return failure;
      throw new Error(failure);
    }
    onProgress(`${what}: retried (${failure})`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, wait);
  }
}

/** Whether the archive has no such file. */
export function isGone(stderr: string): boolean {
  return /^E: .*(\b4(04|10)\b|was not found|Unable to (find|locate))/m.test(stderr);
}

/** Whether the archive has a different file by that name. */
function isWrong(stderr: string): boolean {
  return /Hash Sum mismatch|unexpected size/.test(stderr);
}

/** The versions in the output of `apt-cache madison`, which lists the newest first. */
export function versionsOf(madison: string): string[] {
  return [...new Set(madison.split("\n").flatMap((row) => row.split("|")[1]?.trim() || []))];
}

/** Transient errors in apt's output: "Ign:1 http://mirror/debian bookworm/main amd64 clang amd64 1:14.0". */
export function retriesOf(stdout: string): string[] {
  return [...stdout.matchAll(/^Ign:\d+ \S*?([^/\s]*)(?: (.+))?\n(?: {2}(.*))?/gm)].map(([, file, listed, why]) => {
    const reason = why && withoutAddress(why).trim();
    return `${listed ?? file}: retried${reason ? ` (${reason})` : ", a transfer failed"}`;
  });
}

/** apt's first error, without the addresses it tried. */
export function firstError(stderr: string): string {
  const line = stderr.split("\n").find((text) => /^[EW]: /.test(text)) ?? stderr.trim().split("\n").at(-1) ?? "";
  return withoutAddress(line.replace(/^[EW]: /, ""));
}

/** Removes the server's address, which apt appends to messages. */
export function withoutAddress(text: string): string {
  return text.replace(/ \[IP: [^\]]*\]/, "");
}

function spawnApt(command: string, args: readonly string[], cwd: string) {
  const { error, status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    env: { ...process.env, LC_ALL: "C.UTF-8" },
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (error) throw new NoAptError(`${command} can't be run (${error.message}): install Debian's apt`);
  return { status, stdout, stderr };
}

/** Unpacks a .deb without installing it. */
export function unpack(deb: string, into: string): string {
  const { status, stderr, error } = spawnSync("dpkg-deb", ["-x", deb, into], { encoding: "utf8" });
  if (status !== 0) throw new Error(`dpkg-deb -x ${deb}: ${error?.message ?? stderr}`);
  return into;
}
