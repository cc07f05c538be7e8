/**
 * Debian's newest bpftool with the libraries that it needs, to compare with: fetched once into the cache, as kernels
 * are. The system's own is as old as the system, and knows fewer links.
 */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
} from "node:fs";
import { basename, join } from "node:path";
import { PrivateApt, type Suite, unpack } from "../lib/testing/apt";
import { type Arch, platformOf } from "../lib/testing/arch";
import { cacheDirectory } from "../lib/testing/cache";

/** The newest first; the last has the libraries. */
const SUITES: readonly Suite[] = ["trixie-backports", "trixie"];
const LIBRARIES = ["libc6", "libcap2", "libelf1t64", "libssl3t64", "zlib1g", "libzstd1"];
const FILES = /^usr\/(s?bin\/bpftool|lib\/[\w-]+\/(ld-linux.*|lib(c|m|cap|elf|crypto|z|zstd)\.so\.\d+))$/;

/** The directory with bpftool, its loader and its libraries. */
export function bpftoolDirectory(arch: Arch, onProgress: (step: string) => void = () => {}): string {
  const directory = join(cacheDirectory(), "bpftool", platformOf(arch).debian);
  if (!existsSync(directory)) fetchInto(directory, arch, onProgress);
  return directory;
}

/** The command that runs the bpftool of such a directory, wherever it is. */
export function bpftoolCommand(directory: string): string[] {
  const loader = readdirSync(directory).find((name) => name.startsWith("ld-linux"));
  return [join(directory, loader ?? "ld.so"), "--library-path", directory, join(directory, "bpftool")];
}

function fetchInto(directory: string, arch: Arch, onProgress: (step: string) => void): void {
  onProgress("fetching bpftool");
  const { debian } = platformOf(arch);
  const parent = join(directory, "..");
  mkdirSync(parent, { recursive: true });
  const scratch = mkdtempSync(`${directory}-`);
  try {
    const aptOf = (suite: Suite) => {
      const lists = arch === "x64" ? suite : `${suite}-${debian}`;
      return new PrivateApt(join(cacheDirectory(), "apt", lists), [suite], { architecture: debian, onProgress });
    };
    const root = join(scratch, "root");
    unpack(newest(aptOf, join(scratch, "bpftool")), root);
    for (const deb of aptOf("trixie").downloadAll(LIBRARIES, join(scratch, "libraries"))) unpack(deb, root);
    const made = join(scratch, "made");
    mkdirSync(made);
    for (const entry of readdirSync(root, { recursive: true, encoding: "utf8" })) {
      if (!FILES.test(entry)) continue;
      const target = join(made, basename(entry));
      copyFileSync(realpathSync(join(root, entry)), target);
      chmodSync(target, 0o755);
    }
    // Rename atomically, so that an interrupted run leaves nothing partial.
    renameSync(made, directory);
  } catch (error) {
    if (!existsSync(directory)) throw error; // Another process was faster.
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function newest(aptOf: (suite: Suite) => PrivateApt, into: string): string {
  const failures: string[] = [];
  for (const suite of SUITES) {
    try {
      return aptOf(suite).download("bpftool", join(into, suite));
    } catch (error) {
      failures.push((error as Error).message);
    }
  }
  throw new Error(`no bpftool from Debian: ${failures.join("; ")}`);
}
