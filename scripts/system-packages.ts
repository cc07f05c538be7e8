/** The system packages that set-up needs, by purpose, and their installation. */
import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { firstError, isGone, PATIENCE, retriesOf, versionsOf, WAITS_MS, withoutAddress } from "../lib/testing/apt";
import { aptSetting, configuredMirrors } from "../lib/testing/mirrors";
import type { Progress } from "./progress";

/** Debian's names. */
const BUILD = ["clang", "bzip2", "libuv1-dev", "linux-libc-dev"];
const MACHINES = [process.arch === "arm64" ? "qemu-system-arm" : "qemu-system-x86", "busybox-static"];
/** For building the published addons: scripts/toolchain.ts. */
const SHIPPED = ["clang-19", "lld-19", "llvm-19", "bzip2"];
/** clang 16 or newer supports enum64. */
const UNIT_TESTS = [...BUILD, "clang-19", "binutils", "util-linux"];
const ALL = [
  ...[...UNIT_TESTS, ...SHIPPED, ...MACHINES, "qemu-system-arm", "btrfs-progs", "debootstrap", "gnupg", "git"],
  ...["clang-format", "xz-utils", "dpkg-dev", "pkg-config", "libbpf-dev"],
  ...["strace", "chromium", "chromium-headless-shell"],
];
/** For `npm run bench`, where it is optional: a peer to compare with. */
const GO = ["golang-go", "golang-github-cilium-ebpf-dev"];

export const PACKAGES = {
  build: BUILD,
  machines: MACHINES,
  shipped: SHIPPED,
  unit: UNIT_TESTS,
  all: ALL,
  go: GO,
} as const;

/** Names in Fedora and related systems, if they differ from Debian's; "" for a part of another package. */
const FEDORA: Readonly<Record<string, string>> = {
  "libuv1-dev": "libuv-devel",
  "linux-libc-dev": "kernel-headers",
  "qemu-system-x86": "qemu-system-x86-core",
  "qemu-system-arm": "qemu-system-aarch64-core",
  "busybox-static": "busybox",
  "clang-19": "clang",
  "lld-19": "lld",
  "llvm-19": "llvm",
  "clang-format": "clang-tools-extra",
  "xz-utils": "xz",
  "dpkg-dev": "dpkg",
  "pkg-config": "pkgconf-pkg-config",
  "libbpf-dev": "libbpf-devel",
  gnupg: "gnupg2",
  "chromium-headless-shell": "",
  "golang-go": "golang",
  "golang-github-cilium-ebpf-dev": "golang-github-cilium-ebpf-devel",
};
/** The programs with which set-up downloads from Debian's archive, on a system that is not Debian. */
const FEDORA_FETCHES = ["apt", "dpkg"];

/** Installs missing packages. On a system without apt it prints what is missing, and continues with what exists. */
export async function installPackages(names: readonly string[], progress: Progress): Promise<void> {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholders
  const format = "${Package} ${db:Status-Status}\n";
  const query = spawnSync("dpkg-query", ["-W", "-f", format, ...names], { encoding: "utf8" });
  if (query.error || !existsSync("/var/lib/dpkg/status")) return tellOthers(names, progress);
  const installed = new Set(query.stdout.split("\n").flatMap((line) => /^(\S+) installed$/.exec(line)?.[1] ?? []));
  const missing = [...new Set(names)].filter((name) => !installed.has(name));
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0)
    throw new Error(`packages are missing; run as root: apt-get install --no-install-recommends ${missing.join(" ")}`);
  progress.step(`installing ${missing.join(" ")}`);
  await new Installation(progress).install(missing);
}

function tellOthers(names: readonly string[], progress: Progress): void {
  const wanted = [...new Set([...names.map((name) => FEDORA[name] ?? name), ...FEDORA_FETCHES])].filter(Boolean);
  const missing = wanted.filter((name) => spawnSync("rpm", ["-q", "--whatprovides", name]).status !== 0);
  if (missing.length === 0) return;
  progress.note(`this system has no apt and may lack packages; with Fedora's names: dnf install ${missing.join(" ")}`);
}

/** One installation, with what it has learned about the archive. */
class Installation {
  readonly #progress: Progress;
  /** Versions that the archive lists but does not have, as apt_preferences(5). */
  readonly #gone: string[] = [];
  #hasUpdated = false;
  #hasRepaired = false;

  constructor(progress: Progress) {
    this.#progress = progress;
  }

  async install(names: readonly string[]): Promise<void> {
    if (!hasLists()) await this.#update();
    let wanted = [...names];
    while (wanted.length > 0) {
      const failure = await this.#try(wanted);
      if (failure === undefined) return;
      if (this.#repair(failure)) continue;
      const unknown = wanted.filter((name) => failure.match(noCandidate(name)));
      // The package lists may be older than the archive.
      if (!this.#hasUpdated) await this.#update();
      else if (unknown.length > 0) {
        this.#progress.note(`this system's archive has no ${unknown.join(", ")}: continuing without`);
        wanted = wanted.filter((name) => !unknown.includes(name));
      } else if (!this.#avoid(failure))
        throw new Error(
          `apt-get install ${wanted.join(" ")} failed:\n${failure.trim().split("\n").slice(-20).join("\n")}`,
        );
    }
  }

  /** Completes an interrupted installation; false if there was none, or this was done already. */
  #repair(failure: string): boolean {
    if (this.#hasRepaired || !failure.includes("dpkg was interrupted")) return false;
    this.#hasRepaired = true;
    this.#progress.note("an installation was interrupted: running dpkg --configure -a");
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    return spawnSync("dpkg", ["--configure", "-a", "--force-confold"], { env, stdio: "ignore" }).status === 0;
  }

  async #update(): Promise<void> {
    this.#hasUpdated = true;
    this.#progress.count("apt-get update");
    const { status, stderr } = await aptGet(["update", "-q"]);
    // The existing lists may suffice.
    if (status !== 0) this.#progress.note(`apt-get update: ${stderr.split("\n")[0]}`);
  }

  /** Returns the error's text, if it failed. */
  async #try(names: readonly string[]): Promise<string | undefined> {
    for (const wait of WAITS_MS) {
      const failure = await this.#once(names);
      // The error is not from the archive, or permanent.
      if (failure === undefined || !failure.includes("Failed to fetch") || isGone(failure)) return failure;
      this.#progress.note(`${firstError(failure)}: fetched again`);
      await sleep(wait);
    }
    return this.#once(names);
  }

  async #once(names: readonly string[]): Promise<string | undefined> {
    const scratch = mkdtempSync(join(tmpdir(), "apt-"));
    try {
      const preferences = join(scratch, "preferences");
      writeFileSync(preferences, this.#gone.join("\n"));
      const avoid = this.#gone.length > 0 ? ["-o", `Dir::Etc::preferences=${preferences}`] : [];
      const args = ["install", "-y", "-q", "--no-install-recommends", ...avoid, ...names];
      const { status, stdout, stderr } = await aptGet(args, (howFar) => this.#progress.count(howFar));
      for (const text of retriesOf(stdout)) this.#progress.note(text);
      return status === 0 ? undefined : stderr || `status ${status}`;
    } finally {
      rmSync(scratch, { recursive: true });
    }
  }

  /**
   * Records files that could not be downloaded, so that apt chooses another version of the package and of everything
   * built with it. Returns false if there was none, or no other version is listed.
   */
  #avoid(failure: string): boolean {
    const files = [...failure.matchAll(/Failed to fetch \S*\/([^/\s]+)_([^_\s]+)_[^_\s]+\.deb\s+(.*)/g)];
    const before = this.#gone.length;
    for (const [, name = "", encoded = "", why = ""] of files) {
      const version = decodeURIComponent(encoded);
      const listed = versionsOf(spawnSync("apt-cache", ["madison", name], { encoding: "utf8" }).stdout);
      // File names have no epoch.
      const full = listed.find((candidate) => candidate.replace(/^\d+:/, "") === version);
      if (full === undefined || listed.length < 2) continue;
      const upstream = full.replace(/\+b\d+$/, "");
      const pin = `Package: src:${sourceOf(name, full)}\nPin: version ${upstream}*\nPin-Priority: -1\n`;
      if (this.#gone.includes(pin)) continue;
      this.#gone.push(pin);
      const next = listed.find((candidate) => !candidate.startsWith(upstream));
      this.#progress.note(`${name} ${full} can't be had (${withoutAddress(why)}): taking ${next}`);
    }
    return this.#gone.length > before;
  }
}

function noCandidate(name: string): RegExp {
  const quoted = name.replace(/[.+]/g, "\\$&");
  return new RegExp(`(Unable to locate package ${quoted}$|Package '?${quoted}'? has no installation candidate)`, "m");
}

function sourceOf(name: string, version: string): string {
  const { stdout } = spawnSync("apt-cache", ["show", `${name}=${version}`], { encoding: "utf8" });
  return /^Source: (\S+)/m.exec(stdout)?.[1] ?? name;
}

/** Whether there are lists of every mirror in the system's configuration. */
function hasLists(): boolean {
  const directory = aptSetting("Dir::State::lists/d");
  if (directory === undefined || !existsSync(directory)) return false;
  const lists = readdirSync(directory).filter((name) => /_(Packages|InRelease|Release)/.test(name));
  return configuredMirrors().every((mirror) => {
    const start = mirror.replace(/^\w+:\/*/, "").replaceAll("/", "_");
    return lists.some((name) => name.startsWith(start));
  });
}

/** @param onCount called with the progress */
async function aptGet(args: readonly string[], onCount: (howFar: string) => void = () => {}) {
  const child = spawn("apt-get", ["-o", "APT::Status-Fd=3", ...PATIENCE, ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C.UTF-8" },
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const { stdout, stderr: errors, stdio } = child as ChildProcessByStdio<null, Readable, Readable>;
  let output = "";
  let size = "";
  stdout.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
    size = /^Need to get (?:\S+ \S+ ?\/ ?)?(\S+ \S+) of archives/m.exec(chunk)?.[1] ?? size;
  });
  const status = stdio[3] as Readable;
  status.setEncoding("utf8").on("data", (chunk: string) => {
    // dlstatus:3:12.5:Retrieving file ..., pmstatus:clang:45.0:Unpacking ...
    const [, kind, percent] = /^(dl|pm)status:[^:]*:([\d.]+)/m.exec(chunk.trimEnd().split("\n").at(-1) ?? "") ?? [];
    if (kind === "dl") onCount(`fetched ${Number(percent).toFixed(0)} % of ${size}`);
    if (kind === "pm") onCount(`unpacked ${Number(percent).toFixed(0)} %`);
  });
  const ended = new Promise<number | null>((resolve, reject) => child.on("close", resolve).on("error", reject));
  const [stderr, code] = await Promise.all([text(errors), ended]);
  return { status: code, stdout: output, stderr };
}
