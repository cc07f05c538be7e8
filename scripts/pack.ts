/** The package as npm publishes it. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { PROJECT_ROOT } from "./places";

/** npm's description of a package that it made. */
export interface Packed {
  tarball: string;
  size: number;
  unpackedSize: number;
  files: string[];
}

/** Packs this project, or another package, into a folder. */
export function pack(into: string, from = PROJECT_ROOT): Packed {
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", into];
  const { status, stdout, stderr, error } = spawnSync("npm", args, { cwd: from, encoding: "utf8" });
  if (status !== 0) throw new Error(`npm ${args.join(" ")}: ${error?.message ?? stderr}`);
  const [{ filename, files, size, unpackedSize }] = JSON.parse(stdout);
  const paths = files.map(({ path }: { path: string }) => path);
  return { tarball: join(into, filename), size, unpackedSize, files: paths };
}
