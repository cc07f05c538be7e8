/**
 * A private apt: reads suites that the system itself is not set up for, and leaves the system untouched.
 *
 * The mirrors are the system's own and the one that NODE_LIBBPF_DEBIAN_MIRROR names, Debian's keyring verifies them, and
 * everything that apt writes stays under one directory. An archive is a moving thing: its index may name files that are gone
 * or not there yet, so that what it lists is tried, newest first, on all mirrors.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { aptSetting, MIRROR_VARIABLE, mirrors } from "./mirrors";

/** The system's is newer where there is one; ours is for systems that are not Debian. */
const KEYRINGS = [
  "/usr/share/keyrings/debian-archive-keyring.gpg",
  join(__dirname, "../../../lib/testing/debian-archive-keyring.gpg"),
];
/** apt's lists are fetched again after this long: package names change with every kernel update. */
const LISTS_MAX_AGE_MS = 24 * 3600 * 1000;
/** A connection that is closed is opened again by apt. */
export const PATIENCE = ["-o", "Acquire::Retries=4", "-o", "Acquire::http::Timeout=60"];
/** A server that is busy, or a file that came wrong, is asked again after so long: apt 2.6 does not. */
export const WAITS_MS = [1000, 3000, 9000];

const RELEASES = ["bullseye", "bookworm", "trixie", "forky", "sid", "experimental"] as const;
export type Suite = `${string}-security` | `${string}-backports` | `${string}-updates` | (typeof RELEASES)[number];

/** Told of what takes long, and of what was done instead of what was asked for. */
export type OnProgress = (step: string) => void;

/** apt has no file of that name on any mirror. */
export class GoneError extends Error {}

/** There is no apt, or it knows no mirror: other suites are not to be had either. */
export class NoAptError extends Error {}

export class PrivateApt {
  readonly #options: string[];
  readonly #directory: string;
  readonly #onProgress: OnProgress;
  readonly #suite: Suite;
  /** Whether this process has fetched the lists. */
  #isFresh = false;

  /**
   * @param directory where lists, sources.list and downloads are kept; made if it does not exist
   * @param suites lists of the first must be had; the others are taken if they can
   * @param architecture Debian's name of it; by default the system's own
   * @param kind what to look for: packages, or their sources
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
      // Root's downloads are otherwise handed to the _apt user, who may not enter this directory.
      "APT::Sandbox::User=root",
      // Else a package that is installed here in a newer version would be looked for in that version.
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

  /** Downloads a binary package's .deb into `into` and returns its path: the newest version that can be had. */
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
        this.#onProgress(`${name} ${versions[0]} can't be had (${failures[0]}): took ${version}`);
      const file = readdirSync(into).find((entry) => entry.startsWith(`${name}_`) && entry.endsWith(".deb"));
      if (file === undefined) throw new Error(`apt-get download ${name} left no .deb in ${into}`);
      return join(into, file);
    }
    if (this.refresh()) return this.download(name, into);
    const why = versions.length === 0 ? "no suite has it" : failures.join("; ");
    throw new GoneError(`package ${name} can't be had: ${why}`);
  }

  /** Downloads packages' .debs into `into`, an empty directory, and returns their paths. */
  downloadAll(names: readonly string[], into: string): string[] {
    mkdirSync(into, { recursive: true });
    // All at once, so that apt reads its lists once. Where that fails, each is looked after by itself.
    if (this.#fetch(names, into) === undefined) return readdirSync(into).map((file) => join(into, file));
    rmSync(into, { recursive: true });
    return names.map((name) => this.download(name, into));
  }

  /** The stanzas of a package in the Sources of all suites. */
  sources(name: string): string[] {
    return this.#run("apt-cache", ["showsrc", "--only-source", name]).split(/\n\n+/);
  }

  /** Versions of a package, as apt orders them: the newest first. */
  versions(name: string): string[] {
    return versionsOf(this.#run("apt-cache", ["madison", name]));
  }

  /** Why the archive has not got them; undefined if they are there now. @throws if that could not be found out */
  #fetch(names: readonly string[], into: string): string | undefined {
    const args = [...this.#options, ...PATIENCE, "download", "-q", ...names];
    return patiently(() => spawnApt("apt-get", args, into), names.join(" "), this.#onProgress);
  }

  /** Fetches the lists again, whatever their age; false if that was done already: what they name is not there. */
  refresh(): boolean {
    if (this.#isFresh) return false;
    this.#update();
    return true;
  }

  /** Fetches lists that are missing, old, or of other suites and mirrors. */
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
    // apt-get's own lock is not waited for.
    const { stderr } = spawnApt("flock", [lock, "apt-get", ...this.#options, ...PATIENCE, "update", "-q"], "/");
    // Its status says little: a list that can't be fetched is a warning, or the failure of all.
    if (!this.#hasLists()) throw new Error(`the lists of Debian's ${this.#suite} can't be had: ${firstError(stderr)}`);
    if (/^[EW]: /m.test(stderr))
      this.#onProgress(`apt-get update: ${firstError(stderr)}; going on with the lists that are there`);
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
    `this system's apt names no Debian mirror for ${suites.join(", ")}; name one in ${MIRROR_VARIABLE}, such as http://mirror.example/debian`,
  );
}

/**
 * Fetches one file that is known by its hash, from wherever it is: the base addresses are tried in turn.
 *
 * @param file below each base address, such as pool/main/z/zlib/zlib_1.3.1.orig.tar.gz
 * @throws {@link GoneError} if no mirror has it; another error if one could not be asked
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
      if (failures.length > 0) onProgress(`${basename(file)}: ${failures.join("; ")}: took it from another mirror`);
      return;
    } catch (error) {
      // Another mirror may be better.
      broken ??= error as Error;
      failures.push((error as Error).message);
    }
  }
  if (broken !== undefined) throw broken;
  const why = bases.length === 0 ? `no mirror is known; name one in ${MIRROR_VARIABLE}` : failures.join("; ");
  throw new GoneError(`${file} can't be had: ${why}`);
}

/**
 * Runs apt until it has fetched something or the archive says that it has not got it, which is returned. What passes by itself is
 * waited for, and told.
 *
 * @throws if it does not pass: that says nothing of what the archive has
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
    onProgress(`${what}: fetched again (${failure})`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, wait);
  }
}

/** The archive has no such file. */
export function isGone(stderr: string): boolean {
  return /^E: .*(\b4(04|10)\b|was not found|Unable to (find|locate))/m.test(stderr);
}

/** It has another one by that name. */
function isWrong(stderr: string): boolean {
  return /Hash Sum mismatch|unexpected size/.test(stderr);
}

/** The versions in the output of `apt-cache madison`, which has the newest first. */
export function versionsOf(madison: string): string[] {
  return [...new Set(madison.split("\n").flatMap((row) => row.split("|")[1]?.trim() || []))];
}

/** What apt's output says of faults that passed: "Ign:1 http://mirror/debian bookworm/main amd64 clang amd64 1:14.0". */
export function retriesOf(stdout: string): string[] {
  return [...stdout.matchAll(/^Ign:\d+ \S*?([^/\s]*)(?: (.+))?\n(?: {2}(.*))?/gm)].map(([, file, listed, why]) => {
    const reason = why && withoutAddress(why).trim();
    return `${listed ?? file}: fetched again${reason ? ` (${reason})` : ", a transfer failed"}`;
  });
}

/** What apt says of the first thing that went wrong, without the addresses that it tried. */
export function firstError(stderr: string): string {
  const line = stderr.split("\n").find((text) => /^[EW]: /.test(text)) ?? stderr.trim().split("\n").at(-1) ?? "";
  return withoutAddress(line.replace(/^[EW]: /, ""));
}

/** apt names the server's address behind what it says. */
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
