/** The guest's file system: busybox, this Node, the init script, what a run asks for, and the libraries of these. */
import { spawnSync } from "node:child_process";
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { CpioWriter } from "./cpio";

export interface Put {
  /** A file or a directory of the host. Inside directories symbolic links stay links. */
  readonly from: string;
  /** The absolute path that it gets in the guest. */
  readonly to: string;
  /** Leaves out what it says no to; asked with host paths, those of directories too. */
  readonly filter?: (path: string) => boolean;
}

export interface Guest {
  /** The script to run: see init.sh. */
  readonly command: string;
  /** Guest paths to send back. */
  readonly collect: readonly string[];
  readonly put: readonly Put[];
}

/** The compiler leaves it where it is. */
const INIT = join(__dirname, "../../../lib/testing/init.sh");
const BUSYBOX = "/bin/busybox";

/** Writes the archive into an open file, without a copy of anything on the way. */
export function writeInitramfs(fd: number, guest: Guest): void {
  const archive = new CpioWriter(fd);
  writeSystem(archive);
  archive.text("/vm/command", guest.command, 0o755);
  archive.text("/vm/collect", guest.collect.map((path) => `${path}\n`).join(""));
  const node = realpathSync(process.execPath);
  if (node !== "/bin/node") archive.link("/bin/node", node);
  const programs: string[] = [];
  for (const put of [{ from: node, to: node }, ...guest.put]) {
    if (!isAbsolute(put.to)) throw new Error(`a guest path must be absolute: ${put.to}`);
    // What is named itself is followed, as `cp -H` does.
    const from = realpathSync(put.from);
    if (statSync(from).isFile()) programs.push(from);
    writeTree(archive, from, put.to.replace(/\/+$/, ""), put.filter, (path) => programs.push(path));
  }
  for (const path of librariesOf(programs)) writeTree(archive, realpathSync(path), path);
  archive.end();
}

function writeSystem(archive: CpioWriter): void {
  for (const path of ["/proc", "/sys", "/dev", "/run", "/var"]) archive.directory(path);
  archive.directory("/root", 0o700);
  archive.directory("/tmp", 0o1777);
  // The kernel opens it before /init can mount a devtmpfs.
  archive.characterDevice("/dev/console", [5, 1]);
  archive.text("/init", readFileSync(INIT, "utf8"), 0o755);
  archive.text("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n");
  archive.text("/etc/group", "root:x:0:\nnogroup:x:65534:\n");
  archive.text("/etc/hosts", "127.0.0.1 localhost vm\n::1 localhost\n");
  if (!existsSync(BUSYBOX)) throw new Error("busybox is missing: apt-get install busybox-static");
  writeTree(archive, realpathSync(BUSYBOX), "/bin/busybox");
  const applets = spawnSync(BUSYBOX, ["--list"], { encoding: "utf8" }).stdout.trim().split("\n");
  for (const applet of applets) if (applet !== "busybox") archive.link(`/bin/${applet}`, "busybox");
  archive.link("/usr/bin/env", "/bin/busybox");
}

/** @param onAddon told of each native addon: nothing else that lies in a directory is taken for a program */
function writeTree(
  archive: CpioWriter,
  from: string,
  to: string,
  filter: Put["filter"] = () => true,
  onAddon: (path: string) => void = () => {},
): void {
  if (!filter(from)) return;
  const stats = lstatSync(from);
  const permissions = stats.mode & 0o7777;
  if (stats.isSymbolicLink()) archive.link(to, readlinkSync(from));
  else if (stats.isFile()) {
    archive.file(to, from, stats.size, permissions);
    if (from.endsWith(".node")) onAddon(from);
  } else if (stats.isDirectory()) {
    if (to !== "") archive.directory(to, permissions);
    for (const name of readdirSync(from)) writeTree(archive, join(from, name), `${to}/${name}`, filter, onAddon);
  } else throw new Error(`${from} is neither a file nor a directory nor a symbolic link`);
}

/** The shared libraries that programs need and their loader, at the paths where these look for them. */
function librariesOf(programs: readonly string[]): Set<string> {
  // Its status tells nothing: it complains about each file that is no program, or is linked statically.
  const { stdout } = spawnSync("ldd", programs, { encoding: "utf8" });
  return new Set([...stdout.matchAll(/(?:=>|^)\s*(\/\S+) \(0x/gm)].flatMap(([, path]) => path ?? []));
}
