/** The peers of bench/load: C with the libbpf that this library links, cilium/ebpf, and this library. */
import { join } from "node:path";
import { build } from "../../lib/build/build";
import { PROJECT_ROOT } from "../../scripts/places";
import { compileC, compileGo } from "../compilers";
import type { Peer } from "../rounds";
import { sideBySide } from "../side-by-side";

const OBJECTS = ["minimal", "twenty", "core"];
/** Those that don't need the kernel's types. */
const WITHOUT_TYPES = ["minimal", "twenty"];

/** Compiles objects. Returns their paths. */
export function buildObjects(names: readonly string[]): string[] {
  return names.map((name) => {
    // Not named .bpf.c: core needs the running kernel's types, and no other build does.
    const { compiled } = build(join(PROJECT_ROOT, "bench/load/objects", `${name}.c`), __dirname, { types: false });
    if (!compiled) throw new Error(`${name}.c does not compile`);
    return join(__dirname, `${name}.o`);
  });
}

function loadPeers(fetch: boolean): Peer[] {
  buildObjects(OBJECTS);
  const cells = (objects: readonly string[], ...command: string[]) => [
    process.execPath,
    join(__dirname, "cells.js"),
    objects.join(","),
    ...command,
  ];
  const goes = compileGo("bench/load/load.go", fetch);
  const node = (script: string) => [process.execPath, join(__dirname, script)];
  return [
    { name: "C libbpf", command: cells(OBJECTS, compileC("bench/load/load.c")) },
    ...goes.map(({ name, binary, readsKernelTypes }) => ({
      name,
      command: cells(readsKernelTypes ? OBJECTS : WITHOUT_TYPES, binary),
    })),
    { name: "node-libbpf", command: cells(OBJECTS, ...node("ours.js")) },
    { name: "node-libbpf", command: [...node("addon.js"), join(__dirname, "minimal.o"), "minimal"] },
    { name: "node-libbpf", command: [...node("turns.js"), join(__dirname, "core.o")] },
  ];
}

export const load = sideBySide(
  "Loading",
  `Nanoseconds to open, load and attach an object: one program and one map (minimal), twenty programs with four maps (twenty), and
ten programs with some 600 CO-RE relocations against the kernel's types (core). Medians of repeated runs in one process,
with the precheck, unless stated otherwise. "The addon's calls alone" are libbpf's open, load and attach in a Node.js process, without
what this library's JavaScript adds: for V8 twenty loads are few, so of that 46 % are its interpreter and builtins, 38 % its runtime, 8 %
compiled code, 6 % the kernel. Turns are those of processes without V8's optimizing compiler: it would optimize the loop that measures
them, on threads for which the event loop's then waits.`,
  loadPeers,
);
