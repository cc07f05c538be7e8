/**
 * Builds libbpf, libelf and zlib from Debian's sources, static and position-independent: Debian's own archives are not, and
 * a .node is a shared object. Headers go to .deps/include, archives to .deps/linux-ARCHITECTURE. Does only what is missing.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, join } from "node:path";
import { PrivateApt } from "../lib/testing/apt";
import { cacheDirectory } from "../lib/testing/cache";
import { PROJECT_ROOT } from "./places";
import { type Architecture, architectureOf, toolchain } from "./toolchain";

const deps = join(PROJECT_ROOT, ".deps");
const include = join(deps, "include");
/** What .deps/ was built with; a change of it builds anew. */
const RECIPE = "libbpf/forky elfutils/trixie zlib/trixie with clang-19 and bullseye 1";
const CFLAGS = `-O2 -fPIC -fvisibility=hidden -ffunction-sections -fdata-sections -I${include}`;

export function buildDeps(architecture: Architecture): void {
  const stamp = join(deps, "stamp");
  if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== RECIPE) rmSync(deps, { recursive: true, force: true });
  const archives = join(deps, `linux-${architecture}`);
  if (existsSync(archives)) return;
  mkdirSync(include, { recursive: true });
  writeFileSync(stamp, RECIPE);

  const { zlib, elfutils, libbpf } = fetchSources();
  const { triple, sysroot, cc, ar, ranlib } = toolchain(architecture);
  const CC = `${cc} --target=${triple} --sysroot=${sysroot}`;
  const directory = (library: string) => {
    process.stderr.write(`deps: building ${library} for ${architecture}\n`);
    const path = join(deps, "build", `linux-${architecture}`, library);
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true });
    return path;
  };

  const zlibBuild = directory("zlib");
  sh(join(zlib, "configure"), ["--static"], zlibBuild, { CC, AR: ar, RANLIB: ranlib, CHOST: triple, CFLAGS });
  make(zlibBuild, ["libz.a"]);
  for (const header of [join(zlib, "zlib.h"), join(zlibBuild, "zconf.h")]) copyInto(include, header);

  const elfBuild = directory("libelf");
  const without = ["zstd", "bzlib", "lzma"].map((name) => `--without-${name}`);
  const disable = ["debuginfod", "libdebuginfod", "nls"].map((name) => `--disable-${name}`);
  sh(join(elfutils, "configure"), [`--host=${triple}`, ...without, ...disable], elfBuild, {
    ...{ CC, AR: ar, RANLIB: ranlib, CFLAGS },
    LDFLAGS: `-fuse-ld=lld -L${zlibBuild}`,
  });
  make(join(elfBuild, "lib"), []);
  make(join(elfBuild, "libelf"), ["libelf.a"]);
  for (const header of ["libelf.h", "gelf.h", "elf.h"]) copyInto(include, join(elfutils, "libelf", header));

  const bpfBuild = directory("libbpf");
  make(join(libbpf, "src"), [
    ...[`${bpfBuild}/libbpf.a`, "install_headers"],
    ...[`CC=${CC}`, `AR=${ar}`, `CFLAGS=-g ${CFLAGS}`, "NO_PKG_CONFIG=1"],
    ...[`OBJDIR=${bpfBuild}`, `INCLUDEDIR=${include}`],
  ]);
  // The UAPI headers that match this libbpf; BPF programs and the constants' generator read them.
  cpSync(join(libbpf, "include/uapi/linux"), join(include, "linux"), { recursive: true });

  const built = [
    `${zlibBuild}/libz.a`,
    `${elfBuild}/libelf/libelf.a`,
    `${elfBuild}/lib/libeu.a`,
    `${bpfBuild}/libbpf.a`,
  ];
  mkdirSync(archives);
  for (const archive of built) copyInto(archives, archive);
}

/** Unpacked source packages, Debian's patches applied. */
function fetchSources(): { zlib: string; elfutils: string; libbpf: string } {
  const into = join(deps, "src");
  if (!existsSync(into)) process.stderr.write("deps: fetching the sources of libbpf, elfutils and zlib\n");
  const apt = new PrivateApt(join(cacheDirectory(), "apt/sources"), ["trixie", "forky"], "deb-src");
  return {
    zlib: apt.source("zlib", "trixie", into),
    elfutils: apt.source("elfutils", "trixie", into),
    libbpf: apt.source("libbpf", "forky", into),
  };
}

function copyInto(directory: string, file: string): void {
  cpSync(file, join(directory, basename(file)));
}

function make(directory: string, args: readonly string[]): void {
  sh("make", ["-s", `-j${availableParallelism()}`, ...args], directory);
}

function sh(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): void {
  const result = spawnSync(command, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (result.status === 0) return;
  const output = `${result.stdout ?? ""}${result.stderr ?? ""}`.split("\n").slice(-30).join("\n");
  throw new Error(`${command} ${args.join(" ")} failed in ${cwd}:\n${result.error?.message ?? output}`);
}

if (require.main === module) buildDeps(architectureOf(process.arch));
