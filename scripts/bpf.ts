/**
 * Compiles every *.bpf.c of examples/ and test/bpf/, and the tests' one C program, to dist/, where it is missing or older
 * than its sources.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { PROJECT_ROOT } from "./places";

const TARGETS: Partial<Record<NodeJS.Architecture, string>> = { x64: "x86", arm64: "arm64" };
const MULTIARCH: Partial<Record<NodeJS.Architecture, string>> = { x64: "x86_64-linux-gnu", arm64: "aarch64-linux-gnu" };

/** The UAPI headers that match libbpf; the rest are the C library's. */
const INCLUDE = join(PROJECT_ROOT, ".deps/include");

const flags = [
  "-g",
  "-O2",
  "-Wall",
  "-Werror",
  "-mcpu=v3",
  `-D__TARGET_ARCH_${TARGETS[process.arch]}`,
  `-I${INCLUDE}`,
  `-I/usr/include/${MULTIARCH[process.arch]}`,
];

const BPF = [process.env.CLANG ?? "clang", "-target", "bpf", "-c", ...flags];
// Static: it runs in virtual machines, which have few libraries.
const HOST = [process.env.CC ?? "cc", "-static", "-O2", "-Wall", "-Wextra", "-Werror", `-I${INCLUDE}`];

function compile(source: string, target: string, [compiler = "", ...args]: readonly string[]): void {
  const output = join(PROJECT_ROOT, "dist", target);
  const age = existsSync(output) ? statSync(output).mtimeMs : 0;
  const folder = dirname(join(PROJECT_ROOT, source));
  const newest = Math.max(
    ...[
      join(PROJECT_ROOT, source),
      ...readdirSync(folder)
        .filter((name) => name.endsWith(".h"))
        .map((name) => join(folder, name)),
    ].map((file) => statSync(file).mtimeMs),
  );
  if (age > newest) return;
  mkdirSync(dirname(output), { recursive: true });
  const result = spawnSync(compiler, [...args, source, "-o", output], { cwd: PROJECT_ROOT, encoding: "utf8" });
  if (result.error)
    throw new Error(`${compiler} can't be run (${result.error.message}); install it: apt-get install clang gcc`);
  if (result.status !== 0) throw new Error(`${compiler} ${source}:\n${result.stderr}`);
}

for (const folder of ["examples", "test/bpf"]) {
  const files = readdirSync(join(PROJECT_ROOT, folder), { recursive: true, encoding: "utf8" });
  for (const file of files)
    if (file.endsWith(".bpf.c")) compile(join(folder, file), join(folder, file.replace(/\.c$/, ".o")), BPF);
}
compile("test/truth/truth.c", "test/truth/truth", HOST);
