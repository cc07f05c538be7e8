/** The programs that each guest has: busybox, Node, npm. This host's own, or those of another architecture. */
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
/** Where the guest has npm, if it has it. */
export const GUEST_NPM = "/usr/lib/node_modules/npm";
/** Debian's names of the libraries that Node's own builds need. */
const LIBRARIES = ["libc6", "libgcc-s1", "libstdc++6"];
/** The suite of the programs for other architectures: its C library is new enough for each supported Node. */
const SUITE = "bookworm";
/** The oldest Node that the library supports: what runs on it runs on all. */
const NODE_MAJOR = 20;

/**
 * What to put into a guest. Libraries are left out where `ldd` can tell them: see {@link librariesOf}.
 *
 * @throws {@link VmError} ERR_BPF_VM if one is missing here, or can't be fetched
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

/** Debian's busybox and libraries, npm's Node; fetched once. */
function foreignPrograms(arch: Arch, onProgress: (step: string) => void): Put[] {
  const { debian, loader, libraries } = platformOf(arch);
  const root = join(cacheDirectory(), "guest", debian);
  if (!existsSync(root)) fetchPrograms(arch, root, onProgress);
  const node = nodeFromNpm(arch, NODE_MAJOR, join(root, "node"));
  return [
    { from: join(root, BUSYBOX), to: BUSYBOX },
    { from: node, to: GUEST_NODE },
    { from: join(root, "lib", libraries, basename(loader)), to: loader },
    // Not all that the packages hold: most of it converts character sets.
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
    // In one step, so that a run that is cut short leaves nothing half done behind.
    renameSync(scratch, root);
  } catch (cause) {
    rmSync(scratch, { recursive: true, force: true });
    if (existsSync(root)) return; // Another process was faster.
    throw new VmError(
      "ERR_BPF_VM",
      `the programs of an ${arch} machine can't be fetched: ${(cause as Error).message}`,
      {
        hint: "Debian's apt and npm must reach their mirrors once; what they bring is kept",
        cause,
      },
    );
  }
}

/** This Node's npm, for guests that run a project; nothing if there is none. */
export function ownNpm(): Put[] {
  const besideNode = resolve(realpathSync(process.execPath), "../../lib/node_modules/npm");
  const onPath = (process.env.PATH ?? "")
    .split(delimiter)
    .map((directory) => join(directory, "npm"))
    .filter((path) => existsSync(path))
    // A link to bin/npm-cli.js of the package.
    .map((path) => resolve(realpathSync(path), "../.."));
  const from = [besideNode, ...onPath].find(isNpm);
  return from === undefined ? [] : [{ from, to: GUEST_NPM, filter: (path) => !/\/npm\/(man|docs)$/.test(path) }];
}

function isNpm(directory: string): boolean {
  const manifest = join(directory, "package.json");
  return existsSync(manifest) && (JSON.parse(readFileSync(manifest, "utf8")) as { name?: string }).name === "npm";
}

/** The shared libraries that this host's programs need and their loader, at the paths where these look for them. */
export function librariesOf(programs: readonly string[]): Put[] {
  // Its status tells nothing: it complains about each file that is no program, or is linked statically.
  const { stdout, error } = spawnSync("ldd", programs, { encoding: "utf8" });
  if (error) throw missing("ldd", "libc-bin", error);
  const paths = new Set([...stdout.matchAll(/(?:=>|^)\s*(\/\S+) \(0x/gm)].flatMap(([, path]) => path ?? []));
  return [...paths].map((path) => ({ from: path, to: path }));
}
