/** Where the harness finds the project and keeps what it downloads. */
import { readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** The project's root; this file runs as dist/scripts/places.js. */
export const PROJECT_ROOT = resolve(__dirname, "../..");

/** Downloads and answers that outlive a checkout: kernels, apt lists, whether KVM works here. */
export function cacheDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  const { NODE_LIBBPF_CACHE: own, XDG_CACHE_HOME: shared } = environment;
  if (own) return resolve(own);
  return join(shared || join(homedir(), ".cache"), "node-libbpf");
}

/** Every *.bpf.c of the project, from its root. */
export function bpfSources(): string[] {
  return ["examples", "test/bpf", "bench"].flatMap((folder) =>
    readdirSync(join(PROJECT_ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".bpf.c"))
      .map((file) => join(folder, file))
      .sort(),
  );
}
