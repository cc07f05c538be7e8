/**
 * Compiles every *.bpf.c of the project, and the C programs that run in virtual machines, to dist/, where it is missing or
 * older than its sources.
 *   node dist/scripts/bpf.js [FOLDER]   only the BPF programs of a folder
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { build } from "../lib/build/build";
import { bpfSources, PROJECT_ROOT } from "./places";
import { type Architecture, toolchain } from "./toolchain";

const HOST = ["-O2", "-Wall", "-Wextra", "-Werror", "-I.deps/include"];
/**
 * The code is in no page that is mapped for data too, as by the linkers of x86: uprobes count each mapping.
 */
const APART = ["-Wl,-z,separate-code"];
/** It runs in virtual machines, which have few libraries. */
const STATIC = ["-static"];
const OF_NODE = ["-shared", "-fPIC", "-DNAPI_VERSION=9", "-Inode_modules/node-api-headers/include"];
/** Programs of the tests. */
const PROGRAMS = ["test/truth/truth", "test/truth/delegate", "test/kernel/probed"];
/** A module of Node.js, for this machine's architecture. */
const MODULE = "test/kernel/capabilities";
/** With the libbpf that the addon has. */
const PEER = "test/selftests/peer";
const librariesIn = (flavour: string) => ["bpf", "elf", "eu", "z"].map((name) => `.deps/${flavour}/lib${name}.a`);

/** Compiles the same for machines of another architecture, to a folder like dist/, whose path is returned. */
export function compileFor(architecture: Architecture): string {
  const { triple, sysroot } = toolchain(architecture);
  const folder = join("dist", architecture);
  const options = { arch: architecture, clang: [`-I${sysroot}/usr/include/${triple}`] };
  if (!compileBpf(folder, options)) throw new Error(`clang refused a BPF program for ${architecture}`);
  for (const program of PROGRAMS) compileHost(compilerFor(architecture), `${program}.c`, join(folder, program));
  return join(PROJECT_ROOT, folder);
}

/** Compiles a C program for them, with the libbpf of the published addon, into the same folder. */
export function compileWithLibbpf(architecture: Architecture, program: string): void {
  const libraries = librariesIn(`linux-${architecture}`);
  const output = join("dist", architecture, program);
  compileHost(compilerFor(architecture), `${program}.c`, output, [...STATIC, ...libraries]);
}

function compilerFor(architecture: Architecture): string[] {
  const { triple, sysroot, cc } = toolchain(architecture);
  return [cc, `--target=${triple}`, `--sysroot=${sysroot}`, "-fuse-ld=lld", ...APART];
}

function compileBpf(
  folder: string,
  { arch, clang = [], below = "" }: { arch?: string; clang?: readonly string[]; below?: string } = {},
): boolean {
  return bpfSources()
    .filter((source) => source.startsWith(below))
    .filter((source) => isStale(join(folder, source.replace(/\.c$/, ".o")), source))
    .map((source) => {
      const into = join(folder, dirname(source));
      // Tests change what clang wrote, by its symbols. Examples are stripped, as what users build is.
      const strip = !source.startsWith("test/");
      return build(source, into, { arch, types: false, strip, clang: ["-Wall", "-Werror", ...clang] }).compiled;
    })
    .every((compiled) => compiled);
}

function isStale(output: string, source: string): boolean {
  const folder = dirname(source);
  const headers = [folder, "include/node-libbpf"].flatMap((each) =>
    readdirSync(each).flatMap((name) => (name.endsWith(".h") ? [join(each, name)] : [])),
  );
  const age = (file: string) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return age(output) <= Math.max(...[source, ...headers].map(age));
}

function compileHost(
  [compiler = "cc", ...args]: readonly string[],
  source: string,
  output: string,
  more: readonly string[] = STATIC,
): void {
  if (!isStale(output, source)) return;
  mkdirSync(dirname(output), { recursive: true });
  const { error, status } = spawnSync(compiler, [...args, ...HOST, source, "-o", output, ...more], {
    stdio: "inherit",
  });
  if (error) throw new Error(`${compiler} can't be run (${error.message}); install it: apt-get install gcc`);
  if (status !== 0) throw new Error(`${compiler} ${source} failed`);
}

// Paths in objects and messages are the same wherever the project lies.
process.chdir(PROJECT_ROOT);

if (require.main === module) {
  const [, , below] = process.argv;
  if (!compileBpf("dist", { below: below ?? "" })) process.exitCode = 1;
  const compiler = [process.env.CC ?? "cc"];
  if (below === undefined) {
    for (const program of PROGRAMS) compileHost(compiler, `${program}.c`, join("dist", program));
    compileHost(compiler, `${PEER}.c`, join("dist", PEER), [...STATIC, ...librariesIn("host")]);
    compileHost(compiler, `${MODULE}.c`, join("dist", `${MODULE}.node`), OF_NODE);
    compileHost(compiler, "bench/sleepable/loop.c", "dist/bench/sleepable/loop");
  }
}
