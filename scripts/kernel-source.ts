/** Debian's source of a kernel series: the package linux-source-SERIES. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { type OnProgress, PrivateApt, type Suite, unpack } from "../lib/testing/apt";
import { cacheDirectory } from "../lib/testing/cache";

/** Where lib/testing/kernels.ts finds the kernels of these series. */
const SUITES = { "5.10": "bullseye-security", "6.12": "bookworm-security", "7.3": "trixie-backports" } as const;

export class KernelSource {
  readonly #name: string;
  readonly suite: Suite;
  readonly #apt: PrivateApt;
  readonly #say: OnProgress;

  constructor(series: string, say: OnProgress) {
    const suite = Object.entries(SUITES).find(([known]) => known === series)?.[1];
    if (suite === undefined)
      throw new Error(`no source of ${series}; there is that of ${Object.keys(SUITES).join(", ")}`);
    this.#name = `linux-source-${series}`;
    this.suite = suite;
    this.#say = say;
    this.#apt = new PrivateApt(join(cacheDirectory(), "apt", suite), [suite], { onProgress: say });
  }

  /** Debian's versions, the newest first. */
  get versions(): string[] {
    return this.#apt.versions(this.#name);
  }

  /** Unpacks it, or only some of its folders, and returns the version that the mirrors had. */
  unpack(tree: string, folders: readonly string[] = []): string {
    const scratch = `${tree}.part`;
    rmSync(scratch, { recursive: true, force: true });
    mkdirSync(join(scratch, "tree"), { recursive: true });
    this.#say(`fetching ${this.#name} from ${this.suite}`);
    const deb = this.#apt.download(this.#name, scratch);
    unpack(deb, scratch);
    const archives = join(scratch, "usr/src");
    const archive = readdirSync(archives).find((file) => file.startsWith(`${this.#name}.tar`));
    if (archive === undefined) throw new Error(`${this.#name} contains no tar archive`);
    this.#say(`unpacking ${archive}`);
    const only = folders.map((folder) => `${this.#name}/${folder}`);
    const args = ["-xf", join(archives, archive), "-C", join(scratch, "tree"), "--strip-components=1", ...only];
    const { status, error, stderr } = spawnSync("tar", args, { encoding: "utf8" });
    if (status !== 0) throw new Error(`tar ${args.join(" ")} failed: ${error?.message ?? stderr.slice(-4000)}`);
    // Renamed in one step, so that an interrupted run leaves no partial tree behind.
    renameSync(join(scratch, "tree"), tree);
    rmSync(scratch, { recursive: true });
    return decodeURIComponent(basename(deb).split("_")[1] ?? "");
  }
}
