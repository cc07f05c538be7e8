/** Who does the work of bench/maps: C with the libbpf that this library links, npm's bpf where it is installed, and this library. */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { PROJECT_ROOT } from "../../scripts/places";
import type { Peer } from "../rounds";

export function mapPeers(): Peer[] {
  return [
    { name: "C libbpf", command: [compileC("bench/maps/maps.c")] },
    { name: "node-libbpf", command: [process.execPath, join(__dirname, "ours.js")] },
  ];
}

/** Compiles against the bundled libbpf. */
function compileC(source: string): string {
  const binary = join(PROJECT_ROOT, "dist", source.replace(/\.c$/, ""));
  mkdirSync(join(binary, ".."), { recursive: true });
  const flags = ["-O2", "-Wall", "-Wextra", "-Werror", "-I.deps/include"];
  const libraries = ["-L.deps/lib", "-lbpf", "-lelf", "-leu", "-lz"];
  const { status, stderr, error } = spawnSync(process.env.CC ?? "cc", [...flags, source, "-o", binary, ...libraries], {
    cwd: PROJECT_ROOT,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${source} does not compile: ${error?.message ?? stderr}`);
  return binary;
}
