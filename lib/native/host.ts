/** Facts about a host where the addon could not be loaded. Read only then. */
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import type { Platform } from "./binary";

export interface Host extends Platform {
  /** Node's version. */
  node: string;
  /** Whether Node is linked with musl. */
  musl: boolean;
  /** The version of glibc that Node runs with. A function, because finding it takes milliseconds. */
  glibc: () => string | undefined;
  /** Whether Node's permission model is on. */
  permissions: boolean;
  /** Value of NODE_LIBBPF_PREBUILD. */
  named: string | undefined;
  /** The folder taken as the package root, and whether it is the package. */
  root: string;
  isPackage: boolean;
}

export function readHost(root: string): Host {
  const { platform, arch, versions, env } = process;
  return {
    ...{ platform, arch, node: versions.node, musl: isMusl(), glibc, root, isPackage: isPackage(root) },
    // Not declared in the types of Node 20.
    permissions: "permission" in process && process.permission !== undefined,
    named: env.NODE_LIBBPF_PREBUILD,
  };
}

/** An executable has the dynamic linker's path near its start. */
function isMusl(): boolean {
  const start = Buffer.alloc(4096);
  try {
    const file = openSync(process.execPath, "r");
    readSync(file, start);
    closeSync(file);
  } catch {
    // Unknown if the executable can't be read.
  }
  return start.includes("/ld-musl-");
}

function glibc(): string | undefined {
  // Otherwise the report resolves the names of all addresses that this process is connected to.
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
