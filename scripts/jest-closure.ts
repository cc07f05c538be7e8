/**
 * The packages of node_modules that a test run in the guest needs: jest, fast-check, ajv, further named ones, and all their
 * dependencies.
 */
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Arch, Put } from "../lib/testing";
import { cacheDirectory } from "../lib/testing/cache";
import { fromNpm } from "../lib/testing/node";

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** Returns their packages under `root`/node_modules, to be copied to the same places under `guestRoot`. */
export function jestClosure(
  root: string,
  guestRoot: string,
  arch: Arch = process.arch as Arch,
  more: readonly string[] = [],
): Put[] {
  const packages = packageClosure(root, ["jest", "fast-check", "ajv", ...more]).map((directory) => ({
    from: directory,
    to: guestRoot + directory.slice(root.length),
    filter: (path: string) => basename(path) !== "node_modules" && !/\.(d\.[cm]?ts|map|md)$/.test(path),
  }));
  return arch === process.arch ? packages : [...packages, resolverFor(root, guestRoot, arch)];
}

/** jest resolves modules with native code, which is a separate package for each architecture. */
function resolverFor(root: string, guestRoot: string, arch: Arch): Put {
  const name = `@unrs/resolver-binding-linux-${arch}-gnu`;
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, { version: string; integrity: string }>;
  };
  const locked = lock.packages[`node_modules/${name}`];
  if (locked === undefined) throw new Error(`package-lock.json has no ${name}`);
  const { version, integrity } = locked;
  const directory = join(cacheDirectory(), "guest", `resolver-${arch}-${version}`);
  return { from: fromNpm(name, version, integrity, arch, directory), to: join(guestRoot, "node_modules", name) };
}

/** Returns the directories of the named packages and of their dependencies, each resolved as Node.js would. */
export function packageClosure(root: string, names: readonly string[]): string[] {
  const found = new Set<string>();
  const visit = (from: string, name: string) => {
    const directory = findPackage(root, from, name);
    // Most optional packages are for other platforms.
    if (directory === undefined || found.has(directory)) return;
    found.add(directory);
    const manifest = JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as Manifest;
    const { dependencies, optionalDependencies, peerDependencies } = manifest;
    const needed = { ...dependencies, ...optionalDependencies, ...peerDependencies };
    for (const next of Object.keys(needed)) visit(directory, next);
  };
  for (const name of names) {
    if (findPackage(root, root, name) === undefined) throw new Error(`${name} is not in node_modules: npm ci`);
    visit(root, name);
  }
  return [...found].sort();
}

function findPackage(root: string, from: string, name: string): string | undefined {
  for (let place = from; ; place = dirname(place)) {
    const directory = join(place, "node_modules", name);
    if (existsSync(join(directory, "package.json"))) return directory;
    if (place === root || place === dirname(place)) return undefined;
  }
}
