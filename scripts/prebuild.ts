/**
 * Builds the published addons, prebuilds/linux-ARCHITECTURE/node-libbpf.glibc.node: one file for all versions of
 * Node.js. Does nothing if they are newer than their sources.
 *   npm run prebuild [-- x64 | arm64]
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { buildDeps } from "./deps";
import { PROJECT_ROOT } from "./places";
import { Progress } from "./progress";
import { ARCHITECTURES, type Architecture, architectureOf, toolchain } from "./toolchain";

const progress = new Progress("prebuild");

/** Returns the file's path. */
export function prebuild(architecture: Architecture): string {
  const file = join(PROJECT_ROOT, `prebuilds/linux-${architecture}/node-libbpf.glibc.node`);
  buildDeps(`linux-${architecture}`, progress);
  if (isFresh(file, architecture)) return file;
  progress.step(`building the addon for ${architecture}`);
  // prebuildify moves the addon out of build/Release of its working directory; this leaves the project's own build/
  // alone.
  const directory = join(PROJECT_ROOT, `.deps/build/linux-${architecture}/addon`);
  mkdirSync(directory, { recursive: true });
  const args = [
    ...[join(PROJECT_ROOT, "node_modules/prebuildify/bin.js"), "--napi", "--tag-libc", "--name", "node-libbpf"],
    ...["--arch", architecture, "--strip", "--strip-bin", toolchain(architecture).strip],
    ...["--node-gyp", join(PROJECT_ROOT, "scripts/node-gyp-cmake.mjs"), "--cwd", directory, "--out", PROJECT_ROOT],
  ];
  const { status } = spawnSync(process.execPath, args, { stdio: ["ignore", 2, 2] });
  progress.end();
  if (status !== 0) throw new Error(`building the addon for ${architecture} failed`);
  return file;
}

function isFresh(file: string, architecture: Architecture): boolean {
  const age = (path: string) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const inputs = ["binding", `.deps/linux-${architecture}`].flatMap((folder) =>
    readdirSync(join(PROJECT_ROOT, folder)).map((name) => join(folder, name)),
  );
  const others = ["CMakeLists.txt", "scripts/node-gyp-cmake.mjs", "dist/scripts/toolchain.js"];
  const newest = Math.max(...[...inputs, ...others].map((input) => age(join(PROJECT_ROOT, input))));
  return age(file) > newest;
}

if (require.main === module) {
  const named = process.argv.slice(2).map(architectureOf);
  for (const architecture of named.length > 0 ? named : ARCHITECTURES)
    process.stdout.write(`${prebuild(architecture)}\n`);
}
