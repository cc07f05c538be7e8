/** Node.js versions to run tests with, from npm's binaries. */
import { join } from "node:path";
import { cacheDirectory } from "../lib/testing/cache";
import { nodeFromNpm } from "../lib/testing/node";
import { architectureOf } from "./toolchain";

/** The major versions that the package supports. */
const MAJORS = [20, 22, 24, 26];

export function nodes(): { version: string; path: string }[] {
  return MAJORS.map((major) => {
    const path = nodeOf(major);
    return { version: /\/([\d.]+)\/node_modules\//.exec(path)?.[1] ?? String(major), path };
  });
}

/** Returns the Node.js executable of a major version, from npm. */
export function nodeOf(major: number): string {
  return nodeFromNpm(architectureOf(process.arch), major, join(cacheDirectory(), "nodes"));
}
