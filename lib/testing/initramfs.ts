/** The guest's file system: the init script, base programs, the files of a run, and libraries. */
import { readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { PACKAGE_ROOT } from "../package-root";
import type { Arch } from "./arch";
import { CpioWriter } from "./cpio";
import { GUEST_NPM, guestPrograms, librariesOf } from "./programs";
import { type Item, itemsOf, memoryOf, type Put, writeItem } from "./tree";
import { VmError } from "./vm-error";

export interface Guest {
  readonly arch: Arch;
  /** The script to run: see init.sh. */
  readonly command: string;
  /** Guest paths to send back. */
  readonly collect: readonly string[];
  readonly put: readonly Put[];
}

/** The script is not compiled, so it stays in lib/. */
const INIT = join(PACKAGE_ROOT, "lib/testing/init.sh");
const MIB = 1 << 20;
/** Memory for the kernel and a small command. */
const SYSTEM_MIB = 256;

/**
 * All files of the guest.
 *
 * @throws {@link VmError} ERR_BPF_VM if something is missing, or the files do not fit into memory
 */
export function guestItems({ arch, put }: Guest, memoryMib: number, onProgress: (step: string) => void): Item[] {
  const programs = guestPrograms(arch, onProgress);
  const items = [...programs, ...put].flatMap((tree) => [...itemsOf(tree)]);
  if (arch === process.arch) {
    // Files that are only inside a directory are not taken for programs.
    const named = put.map(({ from }) => realpathSync(from));
    const addons = items.map(({ from }) => from).filter((path) => path.endsWith(".node"));
    const libraries = librariesOf([...programs.map(({ from }) => from), ...named, ...addons]);
    items.push(...libraries.flatMap((library) => [...itemsOf(library)]));
  }
  const size = Math.ceil(items.reduce((sum, item) => sum + memoryOf(item), 0) / MIB);
  // The archive is in memory together with its unpacked content, in a file system that may use half of the rest.
  const needed = 3 * size + SYSTEM_MIB;
  if (needed <= memoryMib) return items;
  throw new VmError("ERR_BPF_VM", `the machine has ${memoryMib} MiB of memory and gets ${size} MiB of files`, {
    hint: `Raise its memory to ${needed} (--memory, memoryMib), or put fewer files`,
  });
}

/** Writes the archive to a file descriptor, without intermediate copies. */
export function writeInitramfs(fd: number, guest: Guest, items: readonly Item[]): void {
  const archive = new CpioWriter(fd);
  for (const path of ["/proc", "/sys", "/dev", "/run", "/var"]) archive.directory(path);
  archive.directory("/root", 0o700);
  archive.directory("/tmp", 0o1777);
  // The kernel opens it before /init can mount devtmpfs.
  archive.characterDevice("/dev/console", [5, 1]);
  archive.text("/init", readFileSync(INIT, "utf8"), 0o755);
  archive.text("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n");
  archive.text("/etc/group", "root:x:0:\nnogroup:x:65534:\n");
  archive.text("/etc/hosts", "127.0.0.1 localhost vm\n::1 localhost\n");
  archive.link("/bin/sh", "busybox");
  archive.link("/usr/bin/env", "/bin/busybox");
  for (const name of ["npm", "npx"]) archive.link(`/usr/bin/${name}`, `${GUEST_NPM}/bin/${name}-cli.js`);
  archive.text("/vm/command", guest.command, 0o755);
  archive.text("/vm/collect", guest.collect.map((path) => `${path}\n`).join(""));
  for (const item of items) writeItem(archive, item);
  archive.end();
}
