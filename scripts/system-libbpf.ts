/** The other build: the addon linked with the system's libbpf. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { PROJECT_ROOT } from "./places";

/** Builds it into a folder of its own and returns the addon's path. */
export function buildWithSystemLibbpf(): string {
  const out = join(PROJECT_ROOT, "build/system");
  const args = [
    "--no-install",
    "cmake-js",
    "build",
    "--out",
    out,
    "--CDNODE_LIBBPF_SYSTEM_LIBBPF=ON",
    "--log-level",
    "error",
  ];
  const { status, stdout, stderr } = spawnSync("npx", args, { cwd: PROJECT_ROOT, encoding: "utf8" });
  if (status !== 0) throw new Error(`the build with the system's libbpf failed:\n${stdout}${stderr}`);
  return join(out, "Release/node_libbpf.node");
}
