/** Node builds from npm: for machines of another architecture, and for tests with other versions. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Arch } from "./arch";

/** Builds by major version, with pinned hashes because they run as root. */
const BUILDS: Readonly<Record<Arch, Readonly<Record<number, readonly [version: string, integrity: string]>>>> = {
  x64: {
    18: ["18.20.8", "sha512-JWUTwZ9vMOjZXMtiBc74OZn12DXb4skKfY4Nlyc17Ss8BTaxjwkXAw6xZb0Ck5afUYU/neBbrHjo9O3baF34ww=="],
    20: ["20.20.2", "sha512-PeHQM8wAdmHtZA1mBocygZxs5LiUWtsJezQTkBd0iY987KpGrD1O2tVEydvMZiuXceRanxt7rjTnDEBwOPujoQ=="],
    22: ["22.23.5", "sha512-3jhC+wcoWxKZxcRqF2sUSl0c9HEXFnur/nuIPx6O6CWKV0jOUWQm7Htw5SuXqqlMCEhi0cJqybFPEb5hhcBiMw=="],
    24: ["24.22.3", "sha512-KHsob+Fv9YerATvYujMbiyJqnRCvLtrcr/eTNqRqiOSGp97EOiRP1yP47+knGgQ/xnc3XY8xzkW587dlZzNqRA=="],
    26: ["26.12.1", "sha512-jk5LMAmgHlPlPMWpsUrSOqNaEZG+11UNd35hWQ+p5/XGaelWuTqJ69IcAy/5xtPPN4d5ZRBNOGB6gLMCh2kL9A=="],
  },
  arm64: {
    18: ["18.20.8", "sha512-xTMJYtLdLjIimh8zRpgUDFsNknLP72AT/QWEQmeyDOM1/Gqj/GZn/MlbA+zWSjSMBxQscYvgFpq3qERMEcFEUA=="],
    20: ["20.20.2", "sha512-LCXJnNTFiyGuYBw2gZSI5OBFMbkjAPt8sqD/NKrWoE2QmDgSubTqFng6GaNJ9EJ8HpxBMGcWWpbbcs4Vo+CnGg=="],
    22: ["22.23.3", "sha512-l3DAHZreylo+p9QXDtsOrjG2JXJqVzYXnAGmIQNOUNARcMppTO2cmewVQP+36tjJnSE+dzpMNtgW+c3oiDvXtA=="],
    24: ["24.22.0", "sha512-xbI0deR0+gzJizE0IdT7x3ewSqtvWW7tx6QlJIBI6IszUY41yrPmOeS+b6WkA7DmSS8VKJRcMthWVwO1LbjamQ=="],
    26: ["26.12.1", "sha512-8Oxs6Y7rDcKufVIM/zYRSwytj46WOrZk7yFCLTKDcs17bBjAeD9HMAqo97hMfMyxozIud0S4vZCs5WB/3iavNQ=="],
  },
};

/** Installs a major version of Node into its own folder below `directory`, once. Returns the path of the program. */
export function nodeFromNpm(arch: Arch, major: number, directory: string): string {
  const [version, integrity] = BUILDS[arch][major] ?? [];
  if (version === undefined || integrity === undefined) throw new Error(`Node ${major} is not pinned for ${arch}`);
  const name = `node-linux-${arch}`;
  return join(fromNpm(name, version, integrity, arch, join(directory, version)), "bin/node");
}

/**
 * Installs a package for an architecture into a folder's node_modules, once, without running its scripts. Returns its
 * path.
 *
 * @throws if the package has another hash
 */
export function fromNpm(name: string, version: string, integrity: string, arch: Arch, folder: string): string {
  const path = join(folder, "node_modules", name);
  if (existsSync(path)) return path;
  mkdirSync(dirname(folder), { recursive: true });
  const scratch = mkdtempSync(`${folder}-`);
  try {
    const quiet = ["--no-audit", "--no-fund", "--ignore-scripts"];
    const args = ["install", "--prefix", scratch, ...quiet, "--force", `--cpu=${arch}`, `${name}@${version}`];
    const { status, stderr, error } = spawnSync("npm", args, { cwd: scratch, encoding: "utf8" });
    if (status !== 0) throw new Error(`npm ${args.join(" ")}: ${error?.message ?? stderr}`);
    const lock = JSON.parse(readFileSync(join(scratch, "package-lock.json"), "utf8")) as {
      packages: Record<string, { integrity?: string }>;
    };
    const fetched = lock.packages[`node_modules/${name}`]?.integrity;
    if (fetched !== integrity) throw new Error(`${name} ${version} has the hash ${fetched}, expected ${integrity}`);
    // Rename atomically, so that an interrupted run leaves no partial folder.
    if (!existsSync(folder)) renameSync(scratch, folder);
    return path;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
