/** Compiles every *.bpf.c of examples/ and test/bpf/ to dist/, where it is missing or older than its sources. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { PROJECT_ROOT } from "./places";

const TARGETS: Partial<Record<NodeJS.Architecture, string>> = { x64: "x86", arm64: "arm64" };
const MULTIARCH: Partial<Record<NodeJS.Architecture, string>> = { x64: "x86_64-linux-gnu", arm64: "aarch64-linux-gnu" };

const flags = [
  "-g",
  "-O2",
  "-Wall",
  "-Werror",
  "-mcpu=v3",
  `-D__TARGET_ARCH_${TARGETS[process.arch]}`,
  // .deps holds the UAPI headers that match libbpf; the rest are the C library's.
  `-I${join(PROJECT_ROOT, ".deps/include")}`,
  `-I/usr/include/${MULTIARCH[process.arch]}`,
];

function compile(source: string): void {
  const object = join(PROJECT_ROOT, "dist", source.replace(/\.c$/, ".o"));
  const age = existsSync(object) ? statSync(object).mtimeMs : 0;
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
  mkdirSync(dirname(object), { recursive: true });
  const args = ["-target", "bpf", ...flags, "-c", source, "-o", object];
  const result = spawnSync(process.env.CLANG ?? "clang", args, { cwd: PROJECT_ROOT, encoding: "utf8" });
  if (result.error) throw new Error(`clang can't be run (${result.error.message}); install it: apt-get install clang`);
  if (result.status !== 0) throw new Error(`clang ${source}:\n${result.stderr}`);
}

for (const folder of ["examples", "test/bpf"]) {
  const files = readdirSync(join(PROJECT_ROOT, folder), { recursive: true, encoding: "utf8" });
  for (const file of files) if (file.endsWith(".bpf.c")) compile(join(folder, file));
}
