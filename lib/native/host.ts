/** What there is to know of where the addon could not be loaded; looked at only then. */
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import type { Platform } from "./binary";

export interface Host extends Platform {
  /** Node's version. */
  node: string;
  /** Node is linked with musl. */
  musl: boolean;
  /** The version of glibc that Node runs with. A function: to find it takes milliseconds. */
  glibc: () => string | undefined;
  /** Node's permission model is on. */
  permissions: boolean;
  /** NODE_LIBBPF_PREBUILD */
  named: string | undefined;
  /** The folder that is taken for the package's, and whether it is that. */
  root: string;
  isPackage: boolean;
}

export function readHost(root: string): Host {
  const { platform, arch, versions, env } = process;
  return {
    ...{ platform, arch, node: versions.node, musl: isMusl(), glibc, root, isPackage: isPackage(root) },
    // Not in the types of Node 20's process.
    permissions: "permission" in process && process.permission !== undefined,
    named: env.NODE_LIBBPF_PREBUILD,
  };
}

/** The dynamic linker's path stands at the beginning of an executable. */
function isMusl(): boolean {
  const start = Buffer.alloc(4096);
  try {
    const file = openSync(process.execPath, "r");
    readSync(file, start);
    closeSync(file);
  } catch {
    // Not to be told where it may not be read.
  }
  return start.includes("/ld-musl-");
}

function glibc(): string | undefined {
  // Else it looks up the names of all addresses that this process is connected to.
  const report = Object.assign(process.report, { excludeNetwork: true }).getReport();
  return (report as unknown as { header: { glibcVersionRuntime?: string } }).header.glibcVersionRuntime;
}

function isPackage(root: string): boolean {
  try {
    const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { name?: unknown };
    return manifest.name === "node-libbpf";
  } catch {
    return false;
  }
}
