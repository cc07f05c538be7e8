/** Who does the work of bench/load: C with the libbpf that this library links, cilium/ebpf, and this library. */
import { join } from "node:path";
import { build } from "../../lib/build/build";
import { PROJECT_ROOT } from "../../scripts/places";
import type { Benchmark } from "../benchmark";
import { ciliumPeers, compileC } from "../compilers";
import { compare, type Peer } from "../rounds";

const OBJECTS = ["minimal", "twenty", "core"];
/** Debian's cilium/ebpf 0.9.1 does not know 64-bit enumerations, which the kernel's types have. */
const CILIUM_OBJECTS = ["minimal", "twenty"];

function loadPeers(): Peer[] {
  for (const name of OBJECTS) {
    // Not named .bpf.c: core needs the running kernel's types, which no other build does.
    const { compiled } = build(join(PROJECT_ROOT, "bench/load/objects", `${name}.c`), __dirname, { types: false });
    if (!compiled) throw new Error(`${name}.c does not compile`);
  }
  const cells = (objects: readonly string[], ...command: string[]) => [
    process.execPath,
    join(__dirname, "cells.js"),
    objects.join(","),
    ...command,
  ];
  const node = (script: string) => [process.execPath, join(__dirname, script)];
  return [
    { name: "C libbpf", command: cells(OBJECTS, compileC("bench/load/load.c")) },
    ...ciliumPeers("bench/load/load.go", (binary) => [cells(CILIUM_OBJECTS, binary)]),
    { name: "node-libbpf", command: cells(OBJECTS, ...node("ours.js")) },
    { name: "node-libbpf", command: [...node("turns.js"), join(__dirname, "core.o")] },
  ];
}

export const load: Benchmark = {
  title: "Loading",
  about: `Nanoseconds to open, load and attach an object: one program and one map (minimal), twenty programs over four maps (twenty), and
ten programs with some 600 CO-RE relocations against the kernel's types (core). Medians of one process that does so again and again,
the precheck included, if nothing else is said.`,
  run: (...turns) => compare(loadPeers(), ...turns),
};
