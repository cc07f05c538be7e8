/**
 * Builds libbpf, libelf and zlib as static, position-independent archives: a .node is a shared object, and Debian's own
 * archives are not position-independent. Headers go to .deps/include, archives to .deps/FLAVOUR. Builds only what is
 * missing.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, join } from "node:path";
import { PROJECT_ROOT } from "./places";
import type { Progress } from "./progress";
import { fetchSource, PINNED, type Source, unpackSource } from "./sources";
import { type Architecture, toolchain } from "./toolchain";

/**
 * The use of a build: a checkout's own addon, built with the system's compiler; the same with AddressSanitizer; or a
 * published addon, built with Clang against old libraries.
 */
export type Flavour = "host" | "debug" | `linux-${Architecture}`;

const deps = join(PROJECT_ROOT, ".deps");
const include = join(deps, "include");
/** The recipe that an archive folder was built with; a change of it triggers a new build. */
const RECIPE = ["3", ...PINNED.map(({ sha256 }) => sha256)].join(" ");

/** .deps/FLAVOUR/sources.json */
export interface Built {
  readonly recipe: string;
  readonly sources: readonly Source[];
}

/**
 * The sources that a flavour's libraries were built from; undefined if the libraries are missing or of another recipe.
 */
export function builtFrom(flavour: Flavour): Built | undefined {
  const path = join(deps, flavour, "sources.json");
  if (!existsSync(path)) return undefined;
  const built = JSON.parse(readFileSync(path, "utf8")) as Built;
  return built.recipe === RECIPE ? built : undefined;
}

export function buildDeps(flavour: Flavour, progress: Progress): void {
  if (builtFrom(flavour) !== undefined) return;
  rmSync(join(deps, flavour), { recursive: true, force: true });
  mkdirSync(include, { recursive: true });
  const sources = PINNED.map((pinned) => {
    progress.step(`fetching ${pinned.name} ${pinned.version}`);
    return fetchSource(pinned, (text) => progress.note(text));
  });
  const [zlib, elfutils, libbpf] = sources.map((source) => unpackSource(source, join(deps, "src"))) as [
    string,
    string,
    string,
  ];
  let count = 0;
  const emptied = (library: string) => {
    progress.step(`building ${library} for ${flavour} (${++count} of ${sources.length})`);
    const path = join(deps, "build", flavour, library);
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true });
    return path;
  };
  const tools = compiler(flavour);
  const zlibBuild = emptied("zlib");
  keep(flavour, sources, [
    ...buildZlib(zlib, zlibBuild, tools),
    ...buildLibelf(elfutils, emptied("libelf"), tools, zlibBuild),
    ...buildLibbpf(libbpf, emptied("libbpf"), tools),
  ]);
  progress.end();
}

/** Builds zlib in the folder, copies its headers to .deps/include, and returns the archives; so do the next functions. */
function buildZlib(source: string, folder: string, { CC, AR, RANLIB, CFLAGS, host }: Compiler): string[] {
  sh(join(source, "configure"), ["--static"], folder, { CC, AR, RANLIB, CFLAGS, ...(host && { CHOST: host }) });
  make(folder, ["libz.a"]);
  for (const header of [join(source, "zlib.h"), join(folder, "zconf.h")]) copyInto(include, header);
  return [join(folder, "libz.a")];
}

function buildLibelf(source: string, folder: string, tools: Compiler, zlib: string): string[] {
  const { CC, AR, RANLIB, CFLAGS, host, ld } = tools;
  const without = ["zstd", "bzlib", "lzma"].map((name) => `--without-${name}`);
  const disable = ["debuginfod", "libdebuginfod", "nls"].map((name) => `--disable-${name}`);
  sh(join(source, "configure"), [...(host ? [`--host=${host}`] : []), ...without, ...disable], folder, {
    ...{ CC, AR, RANLIB, CFLAGS },
    LDFLAGS: `${ld} -L${zlib}`,
  });
  make(join(folder, "lib"), []);
  make(join(folder, "libelf"), ["libelf.a"]);
  for (const header of ["libelf.h", "gelf.h", "elf.h"]) copyInto(include, join(source, "libelf", header));
  return [join(folder, "libelf/libelf.a"), join(folder, "lib/libeu.a")];
}

function buildLibbpf(source: string, folder: string, { CC, AR, CFLAGS }: Compiler): string[] {
  make(join(source, "src"), [
    ...[`${folder}/libbpf.a`, "install_headers"],
    ...[`CC=${CC}`, `AR=${AR}`, `CFLAGS=${CFLAGS}`, "NO_PKG_CONFIG=1"],
    ...[`OBJDIR=${folder}`, `INCLUDEDIR=${include}`],
  ]);
  // The UAPI headers that match this libbpf, for BPF programs and the generator of the constants.
  cpSync(join(source, "include/uapi/linux"), join(include, "linux"), { recursive: true });
  return [join(folder, "libbpf.a")];
}

/** Copies the archives to .deps/FLAVOUR, and lists their sources there. */
function keep(flavour: Flavour, sources: readonly Source[], archives: readonly string[]): void {
  const folder = join(deps, flavour);
  const scratch = `${folder}.part`;
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch);
  for (const archive of archives) copyInto(scratch, archive);
  writeFileSync(join(scratch, "sources.json"), JSON.stringify({ recipe: RECIPE, sources } satisfies Built));
  // CMake passes it to the addon.
  writeFileSync(join(scratch, "sources.txt"), sources.map(({ name, version }) => `${name} ${version}`).join(", "));
  // Renamed in one step, so that an interrupted run leaves nothing that looks complete.
  renameSync(scratch, folder);
}

interface Compiler {
  CC: string;
  AR: string;
  RANLIB: string;
  CFLAGS: string;
  /** The target triple, if it is not this system's. */
  host?: string;
  /** The link command. */
  ld: string;
}

const CFLAGS = [
  "-O2 -g -fPIC -fvisibility=hidden -ffunction-sections -fdata-sections",
  // Makes the build reproducible, wherever the project is.
  `-ffile-prefix-map=${deps}=.`,
  // elfutils turns the warnings of any compiler into errors.
  "-Wno-error",
  `-I${include}`,
].join(" ");

function compiler(flavour: Flavour): Compiler {
  const system = { CC: "cc", AR: "ar", RANLIB: "ranlib", CFLAGS, ld: "" };
  if (flavour === "host") return system;
  if (flavour === "debug") return { ...system, CC: "cc -fsanitize=address" };
  const { triple, sysroot, cc, ar, ranlib } = toolchain(flavour.slice("linux-".length) as Architecture);
  const CC = `${cc} --target=${triple} --sysroot=${sysroot}`;
  return { CC, AR: ar, RANLIB: ranlib, CFLAGS, host: triple, ld: "-fuse-ld=lld" };
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
