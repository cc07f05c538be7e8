#!/usr/bin/env node
// prebuildify's --node-gyp: takes node-gyp's arguments and builds with cmake-js, with the toolchain of the published
// addons. Of `rebuild --target=VERSION --devdir=DIRECTORY --arch=ARCHITECTURE --release` it uses only the architecture:
// Node-API is the same in every version, and the build system decides what to rebuild.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import toolchains from "../dist/scripts/toolchain.js";

const { values } = parseArgs({ strict: false, options: { arch: { type: "string" } } });
const { triple, sysroot, cxx } = toolchains.toolchain(toolchains.architectureOf(values.arch));
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cmake = {
  NODE_LIBBPF_DEPS: resolve(root, ".deps", `linux-${values.arch}`),
  CMAKE_SYSTEM_NAME: "Linux",
  CMAKE_SYSTEM_PROCESSOR: triple.split("-")[0],
  CMAKE_SYSROOT: sysroot,
  CMAKE_CXX_COMPILER: cxx,
  CMAKE_CXX_COMPILER_TARGET: triple,
  CMAKE_SHARED_LINKER_FLAGS: "-fuse-ld=lld",
  // CMake checks the compiler by building a program.
  CMAKE_EXE_LINKER_FLAGS: "-fuse-ld=lld",
};
const args = [
  ...["--directory", root, "--out", resolve("build"), "--arch", values.arch],
  ...["--log-level", "error", ...Object.entries(cmake).map(([name, value]) => `--CD${name}=${value}`)],
];
const cmakeJs = createRequire(import.meta.url).resolve("cmake-js/bin/cmake-js");
const run = (command) => spawnSync(process.execPath, [cmakeJs, command, ...args], { stdio: ["ignore", 2, 2] }).status;
process.exitCode = run("configure") || run("build");
