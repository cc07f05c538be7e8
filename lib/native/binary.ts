/** Finds the addon's file and checks that it can be loaded here. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

/** The platform that selects the file. */
export interface Platform {
  platform: string;
  arch: string;
}

/**
 * Candidate paths of the addon, in search order. NODE_LIBBPF_PREBUILD, if set, replaces all others: a file, or a folder
 * that contains prebuilds/, as in node-gyp-build.
 */
export function places(root: string, { platform, arch }: Platform, named: string | undefined): string[] {
  const shipped = (folder: string) => join(folder, `prebuilds/${platform}-${arch}/node-libbpf.glibc.node`);
  if (named) return [named.endsWith(".node") ? resolve(named) : shipped(resolve(named))];
  return [join(root, "build/Release/node_libbpf.node"), shipped(root)];
}

/**
 * Loads an addon.
 *
 * @throws {@link Error} that says why the file can't be loaded
 */
export function loadFile(path: string, arch: string): unknown {
  checkFile(path, arch);
  // Not require(): bundlers replace it.
  return createRequire(path)(path);
}

/** Node's architecture names by e_machine, for little-endian 64-bit ELF files. */
const MACHINES: Readonly<Record<number, string>> = { 62: "x64", 183: "arm64", 243: "riscv64", 258: "loong64" };

/**
 * Checks the file first: for a file of another machine the dynamic linker reports that it does not exist, and for a
 * truncated one it kills the process.
 */
function checkFile(path: string, arch: string): void {
  const header = Buffer.alloc(64);
  const file = openSync(path, "r");
  let size: number;
  try {
    size = fstatSync(file).size;
    readSync(file, header, 0, header.length, 0);
  } finally {
    closeSync(file);
  }
  if (header.toString("latin1", 0, 4) !== "\x7fELF") throw new Error("is not an ELF file");
  const machine = MACHINES[header.readUInt16LE(18)];
  if (machine === undefined) return;
  if (machine !== arch) throw new Error(`is for ${machine}`);
  // Linkers write the section header table last.
  const end = Number(header.readBigUInt64LE(40)) + header.readUInt16LE(58) * header.readUInt16LE(60);
  if (end > size) throw new Error("is truncated");
}
