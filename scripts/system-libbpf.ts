/** The other build: the addon as the package builds it where no binary fits, linked with the system's libbpf. */
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pack } from "./pack";
import { PROJECT_ROOT } from "./places";

/** Builds it from what npm would publish, in a folder of its own, and returns the addon's path. */
export function buildWithSystemLibbpf(): string {
  const folder = join(PROJECT_ROOT, "build/system");
  // Files of a package all have the same old time: nothing would be built anew.
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  run("tar", "-xzf", pack(folder).tarball, "-C", folder);
  run(process.execPath, join(folder, "package/scripts/build-native.mjs"));
  return join(folder, "package/build/Release/node_libbpf.node");
}

function run(command: string, ...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: PROJECT_ROOT, encoding: "utf8" });
  if (status === 0) return stdout;
  throw new Error(`${command} ${args.join(" ")} failed: ${error?.message ?? `${stdout}${stderr}`}`);
}
