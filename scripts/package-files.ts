/** The files of the built package for a virtual machine. */
import { existsSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import type { Put } from "../lib/testing";
import { compileFor } from "./bpf";
import { PROJECT_ROOT } from "./places";
import { prebuild } from "./prebuild";
import { type Architecture, architectureOf } from "./toolchain";

/** The package's path in the guest. */
export const GUEST = "/package";

/**
 * The built package, at the same paths as here; for other architectures, with the files that were compiled for them.
 */
export function packageFiles(arch: Architecture = architectureOf(process.arch)): Put[] {
  const at = (path: string) => ({ from: join(PROJECT_ROOT, path), to: join(GUEST, path) });
  const foreign = arch !== process.arch;
  return [
    { ...at("dist"), filter: (path) => !LEFT_OUT.test(path.slice(PROJECT_ROOT.length)) },
    ...(foreign ? [{ from: compileFor(arch), to: join(GUEST, "dist") }] : []),
    at("package.json"),
    at("profiles"),
    at("schemas"),
    at("node_modules/commander"),
    ...(foreign ? [relative(PROJECT_ROOT, prebuild(arch))] : ownAddons()).map(at),
  ];
}

/** Files that the guest does not need: other outputs of the compiler, test results, pages, files for other machines. */
const LEFT_OUT = /\.(d\.ts|tsbuildinfo)$|^\/dist\/(results|docs|arm64|x64)$/;

function ownAddons(): string[] {
  const release = join(PROJECT_ROOT, "build/Release");
  const names = existsSync(release) ? readdirSync(release).filter((name) => name.endsWith(".node")) : [];
  return names.map((name) => `build/Release/${name}`);
}
