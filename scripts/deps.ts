/**
 * Builds libbpf, libelf and zlib from Debian's sources into .deps/, static and position-independent: Debian's own
 * archives are not, and a .node is a shared object. Does nothing where .deps/ already holds these versions.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, join } from "node:path";
import { PrivateApt } from "../lib/testing/apt";
import { cacheDirectory } from "../lib/testing/cache";
import { PROJECT_ROOT } from "./places";

const deps = join(PROJECT_ROOT, ".deps");
const src = join(deps, "src");
const stamp = join(deps, "stamp");
/** What .deps/ was built with; a change of it builds anew. */
const RECIPE = "libbpf/forky elfutils/trixie zlib/trixie 2";
const CFLAGS = "-O2 -fPIC -fvisibility=hidden -ffunction-sections -fdata-sections";

function main(): void {
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === RECIPE) return;
  rmSync(deps, { recursive: true, force: true });
  mkdirSync(join(deps, "lib"), { recursive: true });

  step("fetching the sources of libbpf, elfutils and zlib");
  const apt = new PrivateApt(join(cacheDirectory(), "apt/sources"), ["trixie", "forky"], "deb-src");
  const zlib = apt.source("zlib", "trixie", src);
  const elfutils = apt.source("elfutils", "trixie", src);
  const libbpf = apt.source("libbpf", "forky", src);

  step("building zlib");
  sh("./configure", ["--static", `--prefix=${deps}`], zlib, { CFLAGS });
  make(zlib, ["libz.a"]);
  make(zlib, ["install"]);

  step("building libelf");
  const optional = ["zstd", "bzlib", "lzma"].map((name) => `--without-${name}`);
  sh("./configure", [...optional, "--disable-debuginfod", "--disable-libdebuginfod", "--disable-nls"], elfutils, {
    CFLAGS: `${CFLAGS} -I${deps}/include`,
    LDFLAGS: `-L${deps}/lib`,
  });
  make(join(elfutils, "lib"), []);
  make(join(elfutils, "libelf"), ["libelf.a"]);
  for (const archive of ["libelf/libelf.a", "lib/libeu.a"])
    cpSync(join(elfutils, archive), join(deps, "lib", basename(archive)));
  for (const header of ["libelf.h", "gelf.h", "elf.h"]) {
    const from = join(elfutils, "libelf", header);
    if (existsSync(from)) cpSync(from, join(deps, "include", header));
  }

  step("building libbpf");
  make(join(libbpf, "src"), [
    "install",
    "BUILD_STATIC_ONLY=1",
    "NO_PKG_CONFIG=1",
    `CFLAGS=-g ${CFLAGS} -I${deps}/include`,
    `PREFIX=${deps}`,
    `LIBDIR=${deps}/lib`,
  ]);
  // The UAPI headers that match this libbpf; BPF programs and the constants' generator read them.
  cpSync(join(libbpf, "include/uapi/linux"), join(deps, "include/linux"), { recursive: true });
  writeFileSync(stamp, RECIPE);
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

function step(what: string): void {
  process.stderr.write(`deps: ${what}\n`);
}

main();
