/** The addon's file: where it may lie, and whether it can be loaded here. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

/** What decides which file it is. */
export interface Platform {
  platform: string;
  arch: string;
}

/**
 * Where the addon is looked for, in this order. What NODE_LIBBPF_PREBUILD names is all there is then: a file, or a folder that has
 * prebuilds/, as node-gyp-build understands it.
 */
export function places(root: string, { platform, arch }: Platform, named: string | undefined): string[] {
  const shipped = (folder: string) => join(folder, `prebuilds/${platform}-${arch}/node-libbpf.glibc.node`);
  if (named) return [named.endsWith(".node") ? resolve(named) : shipped(resolve(named))];
  return [join(root, "build/Release/node_libbpf.node"), shipped(root)];
}

/** @throws {@link Error} that says why the file can't be loaded */
export function loadFile(path: string, arch: string): unknown {
  checkFile(path, arch);
  // Not require(): bundlers put something of theirs in its place.
  return createRequire(path)(path);
}

/** Node's names of architectures by e_machine, of ELF files of 64 bits and little-endian. */
const MACHINES: Readonly<Record<number, string>> = { 62: "x64", 183: "arm64", 243: "riscv64", 258: "loong64" };

/** The dynamic linker says of a file for another machine that it does not exist, and ends the process for one that is cut off. */
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
  if (header.toString("latin1", 0, 4) !== "\x7fELF") throw new Error("is no ELF file");
  const machine = MACHINES[header.readUInt16LE(18)];
  if (machine === undefined) return;
  if (machine !== arch) throw new Error(`is for ${machine}`);
  // The table of sections is the last that a linker writes.
  const end = Number(header.readBigUInt64LE(40)) + header.readUInt16LE(58) * header.readUInt16LE(60);
  if (end > size) throw new Error("is cut off");
}
