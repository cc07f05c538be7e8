/** The instructions that C and this library need on arm64, counted by an emulated machine. */
import { compileWithLibbpf } from "../../scripts/bpf";
import { MATRIX } from "../../scripts/kernels";
import type { Benchmark } from "../benchmark";
import { counted } from "../counted";
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
    for (const program of PROGRAMS) compileWithLibbpf(ARCH, program);
    const command = ["dist/bench/arm64/guest.js", ...(quick ? ["quick"] : [])];
    const machine = { kernel: MATRIX.lts, arch: ARCH, memoryMib: 2048, timeoutSeconds: 3600 } as const;
    const rows = await counted<Row[]>(command, machine);
    onProgress(1, 1);
    return rows.map((row) => (row.unit === "ns" ? { ...row, unit: INSTRUCTIONS } : row));
  },
  text,
  tables: table,
};
