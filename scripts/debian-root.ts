/** A directory tree of Debian packages: a sysroot to link with, or a file system to run tests in. Kept in the cache. */
import {
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { PrivateApt, type Suite, unpack } from "../lib/testing/apt";
import { cacheDirectory } from "../lib/testing/cache";

/** Unpacks the packages, without their dependencies, and runs none of their scripts. */
export function debianRoot(name: string, suite: Suite, architecture: string, packages: readonly string[]): string {
  const target = `${suite}-${architecture}`;
  const root = join(cacheDirectory(), "debian", `${name}-${target}`);
  const recipe = packages.join(" ");
  const stamp = join(root, ".packages");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === recipe) return root;
  process.stderr.write(`fetching Debian ${suite} ${architecture}: ${recipe}\n`);
  const apt = new PrivateApt(join(cacheDirectory(), "apt", target), [suite], {
    architecture,
    onProgress: (text) => process.stderr.write(`${text}\n`),
  });
  const scratch = `${root}.part`;
  for (const directory of [scratch, root]) rmSync(directory, { recursive: true, force: true });
  const downloads = join(scratch, ".downloads");
  for (const deb of apt.downloadAll(packages, downloads)) unpack(deb, scratch);
  rmSync(downloads, { recursive: true });
  makeLinksRelative(scratch);
  writeFileSync(join(scratch, ".packages"), recipe);
  // Renamed in one step, so that an interrupted run leaves no partial tree behind.
  renameSync(scratch, root);
  return root;
}

/**
 * Packages link to absolute paths (libdl.so -> /lib/x86_64-linux-gnu/libdl.so.2), which are other files outside the
 * root.
 */
function makeLinksRelative(root: string): void {
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) continue;
    const link = join(entry.parentPath, entry.name);
    const target = readlinkSync(link);
    if (!target.startsWith("/")) continue;
    rmSync(link);
    symlinkSync(relative(dirname(link), join(root, target)), link);
  }
}
