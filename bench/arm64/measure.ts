/** The instructions that C and this library need on arm64, counted by an emulated machine. */
import { join } from "node:path";
import { runInVm } from "../../lib/testing";
import { compileWithLibbpf } from "../../scripts/bpf";
import { MATRIX } from "../../scripts/kernels";
import { GUEST, packageFiles } from "../../scripts/package-files";
import type { Benchmark } from "../benchmark";
import { INSTRUCTIONS, type Row } from "../statistics";
import { table, text } from "../tables";

const ARCH = "arm64";
const PROGRAMS = ["bench/maps/maps", "bench/ring/ring", "bench/ring/producer"];

export const arm64: Benchmark<Row[]> = {
  title: "Instructions on arm64",
  about: `Instructions per element and record, kernel included, of the same programs on arm64. An emulated machine with one CPU counts
them, whose clock each instruction moves by a nanosecond: it knows no caches, and V8 compiles and collects garbage on the same CPU.`,
  async run(quick, onProgress) {
    onProgress(0, 1);
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    const files = packageFiles(ARCH);
    for (const program of PROGRAMS) compileWithLibbpf(ARCH, program);
    const { exitCode } = await runInVm({
      kernel: MATRIX.lts,
      arch: ARCH,
      countInstructions: true,
      command: ["node", join("dist/bench/arm64/guest.js"), ...(quick ? ["quick"] : [])],
      cwd: GUEST,
      memoryMib: 2048,
      timeoutSeconds: 3600,
      put: files,
      onStdout: (chunk) => output.push(chunk),
      onStderr: (chunk) => errors.push(chunk),
    });
    onProgress(1, 1);
    if (exitCode !== 0) throw new Error(`guest.js failed: ${Buffer.concat(errors)}`);
    const rows = JSON.parse(`${Buffer.concat(output)}`) as Row[];
    return rows.map((row) => (row.unit === "ns" ? { ...row, unit: INSTRUCTIONS } : row));
  },
  text,
  tables: table,
};
