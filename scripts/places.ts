/** Paths of the project, for scripts and tests. */
import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";

/** The project's root; this file runs as dist/scripts/places.js. */
export const PROJECT_ROOT = resolve(__dirname, "../..");

/** The command node-libbpf as it is published. */
export const COMMAND = join(PROJECT_ROOT, "dist/bundle/main.js");

/** Every *.bpf.c of the project, relative to its root. */
export function bpfSources(): string[] {
  return ["examples", "test/bpf", "bench"].flatMap((folder) =>
    readdirSync(join(PROJECT_ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".bpf.c"))
      .map((file) => join(folder, file))
      .sort(),
  );
}
