/**
 * The Go programs' cilium/ebpf: what Debian stable has and is installed, and the newest in Debian's archive, with the Go
 * that it is built with, fetched into the cache as the kernels are.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { PrivateApt, unpack } from "../lib/testing/apt";
import { cacheDirectory } from "../lib/testing/cache";

/** Peers' names begin with it. */
export const CILIUM = "cilium/ebpf";

const EBPF = "golang-github-cilium-ebpf-dev";
const SUITE = "sid";

export interface Cilium {
  /** In the tables. */
  readonly name: string;
  readonly go: string;
  readonly gopath: string;
  /** Whether it reads BTF with 64-bit enumerations, which the kernel's types have. */
  readonly readsKernelTypes: boolean;
  /** What its batches continue from, by which bench/maps/batches-….go differ. */
  readonly batches: "key" | "cursor";
}

let found: readonly Cilium[] | undefined;

/** @param fetch whether the newest is fetched, some 80 MB once */
export function ciliums(fetch: boolean): readonly Cilium[] {
  found ??= [installed(), ...(fetch ? [newest()] : [])].flatMap((one) => one ?? []);
  return found;
}

function installed(): Cilium | undefined {
  const gopath = "/usr/share/gocode";
  if (existsSync(join(gopath, "src/github.com/cilium/ebpf")) && spawnSync("go", ["version"]).status === 0)
    return { name: CILIUM, go: "go", gopath, readsKernelTypes: false, batches: "key" };
  return skipped("not installed: apt-get install golang-go golang-github-cilium-ebpf-dev");
}

function newest(): Cilium | undefined {
  try {
    return fetchNewest();
  } catch (error) {
    return skipped((error as Error).message);
  }
}

function fetchNewest(): Cilium {
  const apt = new PrivateApt(join(cacheDirectory(), "apt", SUITE), [SUITE], { onProgress: say });
  const [version = "none"] = apt.versions(EBPF);
  const releases = apt.packages(/^golang-1\.\d+-go$/).map((name) => Number(name.split(/[.-]/)[2]));
  const release = `golang-1.${Math.max(...releases)}`;
  const folder = join(cacheDirectory(), "go", `${EBPF}_${version}_${release}`);
  if (!existsSync(folder)) {
    const scratch = `${folder}.part`;
    rmSync(scratch, { recursive: true, force: true });
    mkdirSync(scratch, { recursive: true });
    say(`fetching ${EBPF} ${version} and ${release} from ${SUITE}`);
    const names = [EBPF, "golang-golang-x-sys-dev", `${release}-go`, `${release}-src`];
    for (const deb of apt.downloadAll(names, join(scratch, "debs"))) unpack(deb, scratch);
    rmSync(join(scratch, "debs"), { recursive: true });
    // Renamed in one step, so that an interrupted run leaves nothing partial behind.
    renameSync(scratch, folder);
  }
  const go = join(folder, "usr/lib", release.replace("golang", "go"), "bin/go");
  const gopath = join(folder, "usr/share/gocode");
  return { name: `${CILIUM} ${version.replace(/[+-].*/, "")}`, go, gopath, readsKernelTypes: true, batches: "cursor" };
}

function skipped(why: string): undefined {
  say(`skipped, ${why}`);
}

function say(text: string): void {
  process.stderr.write(`${CILIUM}: ${text}\n`);
}
