/** Compiles C to BTF. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A compiler that supports enum64 (clang 15 and newer); undefined if there is none. */
export const newClang = ["clang-19", "clang-20", "clang-18", "clang-17", "clang-16"].find(
  (name) => spawnSync(name, ["--version"]).status === 0,
);

/** Compiles a source to an object's bytes. */
export function compile(source: string | Uint8Array, flags: readonly string[] = [], compiler = "clang"): Uint8Array {
  const directory = mkdtempSync(join(tmpdir(), "node-libbpf-"));
  try {
    const [input, output] = [join(directory, "in.c"), join(directory, "out.o")];
    writeFileSync(input, source);
    const args = ["-target", "bpf", "-g", "-O2", "-Wall", "-Werror", ...flags, "-c", input, "-o", output];
    const { status, stderr, error } = spawnSync(compiler, args, { encoding: "utf8" });
    if (status !== 0) throw new Error(`${compiler}: ${error?.message ?? stderr.slice(0, 4000)}`);
    return readFileSync(output);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
