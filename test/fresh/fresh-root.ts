/**
 * A machine without any trace of this project: Debian 12 with Node.js, npm, python3, make, g++ and cmake, and nothing
 * more.
 *
 * The system is built once and kept in the cache. Each root is an overlay on it: changes are in a directory of its own,
 * which can be the base of other roots. Mounts are in the namespaces of a command and end with it.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { cacheDirectory } from "../../lib/testing/cache";
import { PROJECT_ROOT } from "../../scripts/places";
import type { Archive } from "./archive";
import { sha256 } from "./release";

const SUITE = "bookworm";
/** The packages that CONTRIBUTING.md requires; Node.js and npm are this host's. */
const PACKAGES = ["python3", "make", "g++", "cmake"];
/** The path of the clone. */
export const PROJECT = "/srv/node-libbpf";
const KEYRING = "usr/share/keyrings/debian-archive-keyring.gpg";

/** The configuration with which npm and Node.js reach their registry from this host, which a user can have too. */
const PASSED = /^(npm_config_(registry|cafile|proxy|https_proxy|noproxy)|NODE_EXTRA_CA_CERTS|https?_proxy)$/i;

const ENTER = `set -e
root=$1 lower=$2 scratch=$3 directory=$4; shift 4
# volatile: a temporary tree need not be synced to disk. A new mount must first remove the mark of the previous one.
rm -rf "$scratch/work/work"
mount -t overlay overlay -o "lowerdir=$lower,upperdir=$scratch/upper,workdir=$scratch/work,volatile" "$root"
cd "$root"
mount --rbind /dev dev
mount --rbind /sys sys
mount -t proc proc proc
exec chroot . /bin/sh -c 'cd "$1"; shift; exec "$@"' sh "$directory" "$@"`;

export interface Ended {
  /** null if it was killed. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: number;
}

export class Running {
  readonly #child: ChildProcess;
  readonly #start = Date.now();
  #stdout = "";
  #stderr = "";
  readonly ended: Promise<Ended>;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
      this.#stdout += chunk;
    });
    child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
      this.#stderr += chunk;
      if (process.env.NODE_LIBBPF_VERBOSE) process.stderr.write(chunk);
    });
    // "close" is emitted when nothing holds the pipes any more: all its processes have ended.
    this.ended = once(child, "close").then(([status]) => ({
      status: status as number | null,
      stdout: this.#stdout,
      stderr: this.#stderr,
      milliseconds: Date.now() - this.#start,
    }));
  }

  /** Its output until now. */
  get stderr(): string {
    return this.#stderr;
  }

  /** Ends all its processes at once, as a power failure does. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }
}

export class FreshRoot {
  readonly #scratch: string;
  readonly #lower: readonly string[];

  /** Returns a machine with the clone and nothing else. */
  static async make(archive: Archive): Promise<FreshRoot> {
    const root = new FreshRoot([await baseSystem(archive)]);
    root.#configure(archive);
    cloneProject(join(root.upper, PROJECT));
    return root;
  }

  private constructor(lower: readonly string[]) {
    const place = folder();
    this.#lower = lower;
    this.#scratch = mkdtempSync(join(place, `case-${process.pid}-`));
    for (const name of ["upper", "work", "root"]) mkdirSync(join(this.#scratch, name));
  }

  /** Returns a root that starts with this one's current state; this one must not be written to any more. */
  copy(): FreshRoot {
    return new FreshRoot([this.upper, ...this.#lower]);
  }

  /** The changes, as an overlay on the system. */
  get upper(): string {
    return join(this.#scratch, "upper");
  }

  start(command: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
    const passed = Object.entries(process.env).filter(([name]) => PASSED.test(name));
    return new Running(
      // The processes are a tree with one root, in their own namespaces, which ends with this process.
      spawn(
        "setpriv",
        [
          ...["--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child"],
          ...["sh", "-c", ENTER, "sh", join(this.#scratch, "root"), this.#lower.join(":"), this.#scratch, PROJECT],
          ...command,
        ],
        {
          env: {
            ...Object.fromEntries(passed),
            no_proxy: "127.0.0.1",
            HOME: "/root",
            PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
            LANG: "C.UTF-8",
            ...env,
          },
          stdio: ["ignore", "pipe", "pipe"],
        },
      ),
    );
  }

  run(command: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
    return this.start(command, env).ended;
  }

  /** Runs shell commands in the project. @throws if one fails */
  async sh(commands: string): Promise<string> {
    const { status, stdout, stderr } = await this.run(["sh", "-ec", commands]);
    if (status !== 0) throw new Error(`${commands}: exit status ${status}\n${stderr}`);
    return stdout;
  }

  [Symbol.dispose](): void {
    rmSync(this.#scratch, { recursive: true, force: true });
  }

  #configure(archive: Archive): void {
    const base = this.#lower[0] ?? "";
    const write = (path: string, text: string) => {
      const file = join(this.upper, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    };
    // The configuration of a Debian 12 image.
    const signed = `Components: main\nSigned-By: /${KEYRING}\n`;
    write(
      "etc/apt/sources.list.d/debian.sources",
      `Types: deb\nURIs: ${archive.address}/debian\nSuites: ${SUITE} ${SUITE}-updates\n${signed}\n` +
        `Types: deb\nURIs: ${archive.address}/debian-security\nSuites: ${SUITE}-security\n${signed}`,
    );
    mkdirSync(join(this.upper, dirname(KEYRING)), { recursive: true });
    copyFileSync(join(base, KEYRING), join(this.upper, KEYRING));
    appendFileSync(join(this.upper, KEYRING), archive.publicKey);
    mkdirSync(join(this.upper, "srv"), { recursive: true });
    this.#network(write);
  }

  /** Uses this host's access to npm's registry. */
  #network(write: (path: string, text: string) => void): void {
    for (const file of ["/etc/resolv.conf", "/etc/hosts"])
      if (existsSync(file)) write(file, readFileSync(file, "utf8"));
    const get = (name: string) => npm(["config", "get", name]).trim();
    const settings = ["globalconfig", "userconfig"].map(get).filter((file) => existsSync(file));
    write("usr/etc/npmrc", settings.map((file) => `${readFileSync(file, "utf8").trimEnd()}\n`).join(""));
    const certificates = [get("cafile"), process.env.NODE_EXTRA_CA_CERTS];
    for (const file of certificates) if (file && existsSync(file)) write(file, readFileSync(file, "utf8"));
  }
}

function folder(): string {
  const place = join(cacheDirectory(), "fresh");
  mkdirSync(place, { recursive: true });
  // Left behind by tests that were killed.
  for (const name of readdirSync(place)) {
    const pid = /^(?:case|part)-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) rmSync(join(place, name), { recursive: true, force: true });
  }
  return place;
}

/** The system's tree, built if it is not in the cache. */
async function baseSystem(archive: Archive): Promise<string> {
  const include = join(dirname(process.execPath), "../include/node");
  const recipe = [SUITE, ...PACKAGES, process.version, npm(["--version"]).trim(), existsSync(include), "2"].join(" ");
  const place = folder();
  const base = join(place, `base-${sha256(Buffer.from(recipe)).slice(0, 16)}`);
  if (existsSync(base)) return base;
  process.stderr.write(`fresh: making a Debian ${SUITE} with ${PACKAGES.join(", ")}\n`);
  const scratch = join(mkdtempSync(join(place, `part-${process.pid}-`)), "root");
  const debootstrap = new Running(
    spawn(
      "setpriv",
      [
        ...["--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child", "debootstrap"],
        ...["--variant=minbase", `--include=${PACKAGES.join(",")}`, SUITE, scratch, `${archive.address}/debian`],
      ],
      { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, no_proxy: "127.0.0.1" } },
    ),
  );
  const { status, stdout, stderr } = await debootstrap.ended;
  if (status !== 0) throw new Error(`debootstrap: exit status ${status}\n${stdout.slice(-2000)}${stderr}`);
  for (const emptied of ["var/lib/apt/lists", "var/cache/apt/archives", "root"]) {
    for (const name of readdirSync(join(scratch, emptied)))
      rmSync(join(scratch, emptied, name), { recursive: true, force: true });
  }
  rmSync(join(scratch, "etc/apt/sources.list"), { force: true });
  installNode(scratch, include);
  // Renamed in one step, so that an interrupted run leaves no partial tree behind.
  renameSync(scratch, base);
  rmSync(dirname(scratch), { recursive: true });
  for (const name of readdirSync(place))
    if (name.startsWith("base-") && join(place, name) !== base) rmSync(join(place, name), { recursive: true });
  return base;
}

function installNode(root: string, include: string): void {
  const bin = join(root, "usr/bin");
  copyFileSync(process.execPath, join(bin, "node"));
  const modules = join(root, "usr/lib/node_modules/npm");
  cpSync(npmFolder(), modules, { recursive: true, verbatimSymlinks: true });
  // Each root gets a registry's address; it is not part of the system.
  rmSync(join(modules, "npmrc"), { force: true });
  for (const name of ["npm", "npx"]) symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, join(bin, name));
  if (existsSync(include)) cpSync(include, join(root, "usr/include/node"), { recursive: true });
}

/** npm's folder, next to this Node.js. */
function npmFolder(): string {
  const beside = join(dirname(process.execPath), "../lib/node_modules/npm");
  if (existsSync(beside)) return realpathSync(beside);
  return dirname(dirname(realpathSync(spawnSync("which", ["npm"], { encoding: "utf8" }).stdout.trim())));
}

function npm(args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(npmFolder(), "bin/npm-cli.js"), ...args], {
    encoding: "utf8",
    cwd: PROJECT_ROOT,
  });
  if (status !== 0) throw new Error(`npm ${args.join(" ")}:\n${stderr}`);
  return stdout;
}

/** A clone of the project with the developer's uncommitted changes, so that the test covers them. */
function cloneProject(into: string): void {
  git(["clone", "--quiet", PROJECT_ROOT, into]);
  const list = (...options: string[]) =>
    git(["ls-files", "-z", ...options], PROJECT_ROOT)
      .split("\0")
      .filter(Boolean);
  for (const file of list("--deleted")) rmSync(join(into, file), { force: true });
  for (const file of list("--modified", "--others", "--exclude-standard"))
    if (existsSync(join(PROJECT_ROOT, file)))
      cpSync(join(PROJECT_ROOT, file), join(into, file), { recursive: true, verbatimSymlinks: true });
}

function git(args: readonly string[], cwd = "/"): string {
  const { status, stdout, stderr } = spawnSync("git", args, { cwd, encoding: "utf8", maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`git ${args.join(" ")}:\n${stderr}`);
  return stdout;
}
