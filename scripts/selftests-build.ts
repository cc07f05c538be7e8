/**
 * Builds the BPF programs of the kernel's own selftests (tools/testing/selftests/bpf/progs) from Debian's source of a kernel,
 * as its Makefile does, with the types of that kernel as Debian built it. All is kept in the cache.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { text } from "node:stream/consumers";
import { native } from "../lib/native";
import { runInVm } from "../lib/testing";
import { PrivateApt, unpack } from "../lib/testing/apt";
import { cacheDirectory } from "../lib/testing/cache";
import { resolveKernel } from "../lib/testing/kernels";
import { KernelSource } from "./kernel-source";
import { COMMAND, PROJECT_ROOT } from "./places";
import { PINNED } from "./sources";
import { toolchain } from "./toolchain";

export interface Selftests {
  /** Debian's version of the source. */
  version: string;
  /** The kernel's `uname -r`. */
  release: string;
  /** The kernel's configuration, which objects ask for. */
  config: string;
  /** Paths of the objects. */
  objects: string[];
  /** The sources that clang refuses, with its first error. */
  refused: string[];
}

/** The folders of the source that the programs include. */
const FOLDERS = ["tools/testing/selftests/bpf", "tools/include", "tools/arch", "tools/lib/bpf"];

/**
 * Builds them, where that is not done yet.
 *
 * @param wanted chooses sources by their names, without .c
 */
export async function buildSelftests(
  series: string,
  wanted: (name: string, index: number) => boolean,
  say: (text: string) => void,
): Promise<Selftests> {
  const { cc, strip, triple } = toolchain("x64");
  const release = basename(resolveKernel(series, "x64", say).image).replace(/^vmlinuz-/, "");
  const { version, tree } = sourceOf(series, say);
  const clang = spawnSync(cc, ["-dumpversion"], { encoding: "utf8" }).stdout.trim();
  const libbpf = PINNED.find(({ name }) => name === "libbpf")?.version;
  const folder = join(cacheDirectory(), "selftests", `${version}_${release}_clang-${clang}_libbpf-${libbpf}`);
  mkdirSync(folder, { recursive: true });
  await kernelTypes(series, folder, say);
  const config = configOf(series, release, folder, say);

  const tests = join(tree, "tools/testing/selftests/bpf");
  const flags = [
    ...["-g", "-O2", "-Wall", "--target=bpf", "-mcpu=v3", "-D__TARGET_ARCH_x86", "-std=gnu11"],
    ...[folder, tests, join(tree, "tools/include/uapi"), join(tree, "tools/include")].map((path) => `-I${path}`),
    ...[join(tests, "libarena/include"), join(PROJECT_ROOT, ".deps/include")].map((path) => `-I${path}`),
    ...["-idirafter", `/usr/include/${triple}`, "-fno-strict-aliasing", "-fms-extensions"],
    ...["microsoft-anon-tag", "compare-distinct-pointer-types", "initializer-overrides"].map((name) => `-Wno-${name}`),
  ];
  const sources = readdirSync(join(tests, "progs")).filter((file) => file.endsWith(".c"));
  const names = sources.map((file) => file.slice(0, -2)).filter(wanted);
  const missing = names.filter((name) => !["bpf.o", "err"].some((end) => existsSync(join(folder, `${name}.${end}`))));
  if (missing.length > 0) say(`compiling ${missing.length} of the selftests' programs of ${version}`);
  const work = async () => {
    for (let name = missing.pop(); name !== undefined; name = missing.pop()) {
      const object = join(folder, `${name}.bpf.o`);
      const error = await errorOf(cc, [...flags, "-c", join(tests, "progs", `${name}.c`), "-o", `${object}.part`]);
      if (error !== undefined) writeFileSync(join(folder, `${name}.err`), error.replaceAll(`${tests}/`, ""));
      else if ((await errorOf(strip, ["-g", `${object}.part`])) === undefined) renameSync(`${object}.part`, object);
      else throw new Error(`${strip} failed; install it: apt-get install llvm-19`);
    }
  };
  await Promise.all([work(), work()]);

  const paths = (end: string) => names.map((name) => join(folder, `${name}.${end}`)).filter((path) => existsSync(path));
  const built = new Set(paths("bpf.o").map((path) => basename(path)));
  const linked = linkedOf(readFileSync(join(tests, "Makefile"), "utf8")).flatMap(({ name, parts }) => {
    const isWhole = parts.every((part) => built.has(part));
    return isWhole
      ? link(
          join(folder, `${name}-linked.bpf.o`),
          parts.map((part) => join(folder, part)),
        )
      : [];
  });
  const refused = paths("err").map((path) => `${basename(path, ".err")}: ${readFileSync(path, "utf8")}`);
  return { version, release, config, objects: [...paths("bpf.o"), ...linked], refused };
}

function sourceOf(series: string, say: (text: string) => void): { version: string; tree: string } {
  const source = new KernelSource(series, say);
  const parent = join(cacheDirectory(), "selftests");
  const treeOf = (version: string) => join(parent, `source-${version}`);
  const known = source.versions.find((version) => existsSync(treeOf(version)));
  if (known !== undefined) return { version: known, tree: treeOf(known) };
  mkdirSync(parent, { recursive: true });
  const scratch = join(parent, `source.${series}`);
  rmSync(scratch, { recursive: true, force: true });
  const version = source.unpack(scratch, FOLDERS);
  renameSync(scratch, treeOf(version));
  return { version, tree: treeOf(version) };
}

/** Writes vmlinux.h from the BTF of the kernel itself, which is booted for it. */
async function kernelTypes(series: string, folder: string, say: (text: string) => void): Promise<void> {
  const header = join(folder, "vmlinux.h");
  if (existsSync(header)) return;
  say(`reading the types of Linux ${series}`);
  const collect = [{ from: "/sys/kernel/btf/vmlinux", into: folder }];
  await runInVm({ kernel: series, command: ["true"], collect });
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, "btf", "dump", join(folder, "vmlinux")], {
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`btf dump failed: ${stderr}`);
  writeFileSync(`${header}.part`, stdout);
  renameSync(`${header}.part`, header);
}

/** The configuration that Debian installs beside the kernel. From 6.19 on it is in another package. */
function configOf(series: string, release: string, folder: string, say: (text: string) => void): string {
  const config = join(folder, "config");
  if (existsSync(config)) return config;
  const { suite } = new KernelSource(series, say);
  const apt = new PrivateApt(join(cacheDirectory(), "apt", suite), [suite], { onProgress: say });
  const scratch = join(folder, "unpack");
  for (const name of [`linux-base-${release}`, `linux-image-${release}`]) {
    if (apt.versions(name).length === 0) continue;
    const root = unpack(apt.download(name, scratch), join(scratch, "root"));
    const places = [`usr/lib/modules/${release}/config`, `boot/config-${release}`].map((place) => join(root, place));
    const found = places.find((path) => existsSync(path));
    if (found !== undefined) cpSync(found, config);
    rmSync(scratch, { recursive: true });
    if (found !== undefined) return config;
  }
  throw new Error(`Debian's ${suite} has no configuration of ${release}`);
}

/** A compiler's first error; undefined if there is none. */
async function errorOf(command: string, args: readonly string[]): Promise<string | undefined> {
  const child = spawn("nice", [command, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  const [stderr, [status]] = await Promise.all([text(child.stderr), once(child, "close")]);
  if (status === 0) return undefined;
  return /.*\berror:.*/.exec(stderr)?.[0] ?? `${command} ended with ${status}: ${stderr.slice(0, 300)}`;
}

/** Objects that the Makefile links of several: NAME.skel.h-deps := FIRST.bpf.o SECOND.bpf.o */
function linkedOf(makefile: string): { name: string; parts: string[] }[] {
  return [...makefile.matchAll(/^(\w+)\.skel\.h-deps := (.+ .+)$/gm)].map(([, name = "", parts = ""]) => ({
    name,
    parts: parts.split(" "),
  }));
}

/** Links with libbpf's linker, as bpftool does. */
function link(output: string, parts: readonly string[]): string {
  if (existsSync(output)) return output;
  const { status } = native.linkFiles(`${output}.part`, parts);
  if (status < 0) throw new Error(`libbpf can't link ${basename(output)}: ${status}`);
  renameSync(`${output}.part`, output);
  return output;
}
