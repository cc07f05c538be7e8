/**
 * A private apt: reads suites that the system itself is not set up for, and leaves the system untouched.
 *
 * The mirrors' addresses come from the system's own apt, its keyring verifies them, and everything that apt writes
 * stays under one directory.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";
/** apt's lists are fetched again after this long: package names change with every kernel update. */
const LISTS_MAX_AGE_MS = 24 * 3600 * 1000;

export type Suite = `${string}-security` | `${string}-backports` | "bullseye" | "bookworm" | "trixie" | "forky";

export class PrivateApt {
  readonly #options: string[];
  readonly #directory: string;

  /**
   * @param directory where lists, sources.list and downloads are kept; made if it does not exist
   * @param architecture Debian's name of it; by default the system's own
   */
  constructor(directory: string, suites: readonly Suite[], kind: "deb" | "deb-src", architecture?: string) {
    this.#directory = directory;
    for (const part of ["lists/partial", "cache/archives/partial", "etc"])
      mkdirSync(join(directory, part), { recursive: true });
    const list = join(directory, "etc/sources.list");
    const lines = suites.map((suite) => `${kind} [signed-by=${KEYRING}] ${siteOf(suite)} ${suite} main\n`);
    writeFileSync(list, lines.join(""));
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
      // A list that can't be fetched is an error, and not a suite without packages.
      "APT::Update::Error-Mode=any",
    ].flatMap((option) => ["-o", option]);
    if (this.#listsAreOld()) this.#run("apt-get", ["update", "-q"]);
  }

  /** Names of all packages that match. */
  packages(pattern: RegExp): string[] {
    return this.#run("apt-cache", ["pkgnames"])
      .split("\n")
      .filter((name) => pattern.test(name));
  }

  /** Downloads a binary package's .deb into `into` and returns its path. */
  download(name: string, into: string): string {
    mkdirSync(into, { recursive: true });
    this.#run("apt-get", ["download", "-q", name], into);
    const file = readdirSync(into).find((entry) => entry.startsWith(`${name}_`) && entry.endsWith(".deb"));
    if (file === undefined) throw new Error(`apt-get download ${name} left no .deb in ${into}`);
    return join(into, file);
  }

  /** Downloads packages' .debs into `into`, an empty directory, and returns their paths. apt reads its lists once. */
  downloadAll(names: readonly string[], into: string): string[] {
    mkdirSync(into, { recursive: true });
    this.#run("apt-get", ["download", "-q", ...names], into);
    return readdirSync(into).map((file) => join(into, file));
  }

  /** Downloads and unpacks a suite's source package, with Debian's patches applied, into the directory `into/name`. */
  source(name: string, suite: Suite, into: string): string {
    const target = join(into, name);
    if (existsSync(target)) return target;
    const downloads = join(into, "downloads", name);
    mkdirSync(downloads, { recursive: true });
    this.#run("apt-get", ["source", "-q", "--download-only", `${name}/${suite}`], downloads);
    const dsc = readdirSync(downloads).find((entry) => entry.endsWith(".dsc"));
    if (dsc === undefined) throw new Error(`apt-get source ${name} left no .dsc in ${downloads}`);
    run("dpkg-source", ["--no-check", "-x", dsc, target], downloads);
    return target;
  }

  #listsAreOld(): boolean {
    const lists = join(this.#directory, "lists");
    const files = readdirSync(lists).filter((name) => /_(Packages|Sources)/.test(name));
    return (
      files.length === 0 || files.some((name) => Date.now() - statSync(join(lists, name)).mtimeMs > LISTS_MAX_AGE_MS)
    );
  }

  #run(command: string, args: readonly string[], cwd = this.#directory): string {
    return run(command, [...this.#options, ...args], cwd);
  }
}

/** The mirror that serves a suite: the security archive for `*-security`, else the main one. */
function siteOf(suite: Suite): string {
  const sites = run("apt-get", ["indextargets", "--format", "$(SITE)"], "/").split("\n");
  const debian = sites.filter((site) => /\/debian(-security)?\/?$/.test(site));
  const site = debian.find((address) => /-security\/?$/.test(address) === suite.endsWith("-security"));
  if (site === undefined)
    throw new Error(`this system's apt has no Debian mirror for ${suite}; if it is Debian: apt-get update`);
  return site;
}

function run(command: string, args: readonly string[], cwd: string): string {
  const result = spawnSync(command, args, { cwd, encoding: "utf8", maxBuffer: 1 << 28 });
  if (result.status === 0) return result.stdout;
  const why = result.error?.message ?? `exit status ${result.status}\n${result.stderr}`;
  throw new Error(`${command} ${args.filter((arg) => arg !== "-o" && !arg.includes("::")).join(" ")}: ${why}`);
}

/** Unpacks a .deb without installing it. */
export function unpack(deb: string, into: string): string {
  run("dpkg-deb", ["-x", deb, into], "/");
  return into;
}
