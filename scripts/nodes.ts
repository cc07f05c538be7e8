/** Node versions to run tests with, from npm's binaries. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { cacheDirectory } from "../lib/testing/cache";

/** The majors that the package supports. */
const MAJORS = [20, 22, 24, 26];

export function nodes(): { version: string; path: string }[] {
  return MAJORS.map((major) => {
    const path = nodeOf(major);
    const { stdout, error } = spawnSync(path, ["--version"], { encoding: "utf8" });
    if (error) throw new Error(`${path} does not run: ${error.message}`);
    return { version: stdout.trim().replace(/^v/, ""), path };
  });
}

/** A Node of a major version, from npm. */
export function nodeOf(major: number): string {
  const directory = join(cacheDirectory(), "nodes", String(major));
  const path = join(directory, "node_modules", `node-linux-${process.arch}`, "bin/node");
  if (existsSync(path)) return path;
  mkdirSync(directory, { recursive: true });
  const args = ["install", "--prefix", directory, "--no-audit", "--no-fund", `node-linux-${process.arch}@${major}`];
  const { status, stderr } = spawnSync("npm", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`npm ${args.join(" ")}:\n${stderr}`);
  return path;
}
