/**
 * Compiles every *.bpf.c of the project, and the C programs that run in virtual machines, to dist/, where it is missing or
 * older than its sources.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { build } from "../lib/build/build";
import { bpfSources, PROJECT_ROOT } from "./places";

/** Static: it runs in virtual machines, which have few libraries. */
const HOST = ["-static", "-O2", "-Wall", "-Wextra", "-Werror", `-I${join(PROJECT_ROOT, ".deps/include")}`];

// Paths in objects and messages are the same wherever the project lies.
process.chdir(PROJECT_ROOT);

function isStale(output: string, source: string): boolean {
  const folder = dirname(source);
  const headers = readdirSync(folder).filter((name) => name.endsWith(".h"));
  const age = (file: string) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return age(output) <= Math.max(age(source), ...headers.map((name) => age(join(folder, name))));
}

function compileHost(source: string, output: string): void {
  if (!isStale(output, source)) return;
  const compiler = process.env.CC ?? "cc";
  mkdirSync(dirname(output), { recursive: true });
  const { error, status } = spawnSync(compiler, [...HOST, source, "-o", output], { stdio: "inherit" });
  if (error) throw new Error(`${compiler} can't be run (${error.message}); install it: apt-get install gcc`);
  if (status !== 0) throw new Error(`${compiler} ${source} failed`);
}

for (const source of bpfSources()) {
  if (!isStale(join("dist", source.replace(/\.c$/, ".o")), source)) continue;
  const { compiled } = build(source, join("dist", dirname(source)), { types: false, clang: ["-Wall", "-Werror"] });
  if (!compiled) process.exitCode = 1;
}
compileHost("test/truth/truth.c", "dist/test/truth/truth");
compileHost("bench/sleepable/loop.c", "dist/bench/sleepable/loop");
