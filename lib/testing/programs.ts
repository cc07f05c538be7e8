/** The base programs of each guest: busybox, Node, npm. Those of this host, or of another architecture. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, renameSync, rmSync } from "node:fs";
import { basename, delimiter, dirname, join, resolve } from "node:path";
import { PrivateApt, unpack } from "./apt";
import { type Arch, platformOf } from "./arch";
import { cacheDirectory } from "./cache";
import { nodeFromNpm } from "./node";
import type { Put } from "./tree";
import { missing, VmError } from "./vm-error";

const BUSYBOX = "/bin/busybox";
const GUEST_NODE = "/bin/node";
/** Path of npm in the guest, if present. */
export const GUEST_NPM = "/usr/lib/node_modules/npm";
/** Debian packages of the libraries that Node's official builds need. */
const LIBRARIES = ["libc6", "libgcc-s1", "libstdc++6"];
/** Suite of the programs for other architectures. Its C library is new enough for every supported Node. */
const SUITE = "bookworm";
/** The oldest supported Node: what runs on it runs on all. */
const NODE_MAJOR = 20;

/**
 * The base programs. Libraries are omitted if `ldd` can determine them: see {@link librariesOf}.
 *
 * @throws {@link VmError} ERR_BPF_VM if one is missing here, or can't be downloaded
 */
export function guestPrograms(arch: Arch, onProgress: (step: string) => void): Put[] {
  return arch === process.arch ? ownPrograms() : foreignPrograms(arch, onProgress);
}

function ownPrograms(): Put[] {
  if (!existsSync(BUSYBOX)) throw missing("busybox", "busybox-static");
  return [
    { from: BUSYBOX, to: BUSYBOX },
    { from: process.execPath, to: GUEST_NODE },
  ];
}

/** Debian's busybox and libraries, and Node from npm, downloaded once. */
function foreignPrograms(arch: Arch, onProgress: (step: string) => void): Put[] {
  const { debian, loader, libraries } = platformOf(arch);
  const root = join(cacheDirectory(), "guest", debian);
  if (!existsSync(root)) fetchPrograms(arch, root, onProgress);
  const node = nodeFromNpm(arch, NODE_MAJOR, join(root, "node"));
  return [
    { from: join(root, BUSYBOX), to: BUSYBOX },
    { from: node, to: GUEST_NODE },
    { from: join(root, "lib", libraries, basename(loader)), to: loader },
    // Not everything in the packages: most of it is for character set conversion.
    ...["lib", "usr/lib"].map((lib) => ({
      from: join(root, lib, libraries),
      to: `/lib/${libraries}`,
      filter: (path: string) => basename(path) === libraries || /\.so(\.|$)/.test(path),
    })),
  ];
}

function fetchPrograms(arch: Arch, root: string, onProgress: (step: string) => void): void {
  onProgress(`fetching busybox, libraries and Node ${NODE_MAJOR} for ${arch}`);
  mkdirSync(dirname(root), { recursive: true });
  const scratch = mkdtempSync(`${root}-`);
  try {
    const { debian } = platformOf(arch);
    const apt = new PrivateApt(join(cacheDirectory(), "apt", `${SUITE}-${debian}`), [SUITE], {
      architecture: debian,
      onProgress,
    });
    const downloads = join(scratch, "downloads");
    for (const deb of apt.downloadAll(["busybox-static", ...LIBRARIES], downloads)) unpack(deb, scratch);
    rmSync(downloads, { recursive: true });
    nodeFromNpm(arch, NODE_MAJOR, join(scratch, "node"));
    // Rename atomically, so that an interrupted run leaves nothing partial.
    renameSync(scratch, root);
  } catch (cause) {
    rmSync(scratch, { recursive: true, force: true });
    if (existsSync(root)) return; // Another process was faster.
    throw new VmError("ERR_BPF_VM", `can't download the programs of an ${arch} machine: ${(cause as Error).message}`, {
      hint: "Debian's apt and npm must reach their mirrors once; downloads are kept",
      cause,
    });
  }
}

/** This Node's npm, for guests that run a project; empty if there is none. */
export function ownNpm(): Put[] {
  const besideNode = resolve(realpathSync(process.execPath), "../../lib/node_modules/npm");
  const onPath = (process.env.PATH ?? "")
    .split(delimiter)
    .map((directory) => join(directory, "npm"))
    .filter((path) => existsSync(path))
    // A symbolic link to bin/npm-cli.js of the package.
    .map((path) => resolve(realpathSync(path), "../.."));
  const from = [besideNode, ...onPath].find(isNpm);
  return from === undefined ? [] : [{ from, to: GUEST_NPM, filter: (path) => !/\/npm\/(man|docs)$/.test(path) }];
}

function isNpm(directory: string): boolean {
  const manifest = join(directory, "package.json");
  return existsSync(manifest) && (JSON.parse(readFileSync(manifest, "utf8")) as { name?: string }).name === "npm";
}

/** The shared libraries and loader of this host's programs, at their paths on this host. */
export function librariesOf(programs: readonly string[]): Put[] {
  // The exit status is not conclusive: ldd complains about each file that is not a program, or is statically linked.
  const { stdout, error } = spawnSync("ldd", programs, { encoding: "utf8" });
  if (error) throw missing("ldd", "libc-bin", error);
  const paths = new Set([...stdout.matchAll(/(?:=>|^)\s*(\/\S+) \(0x/gm)].flatMap(([, path]) => path ?? []));
  return [...paths].map((path) => ({ from: path, to: path }));
}
