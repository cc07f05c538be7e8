/** Who does the work of bench/ring, each case in a process of its own: C, cilium/ebpf, and this library. */
import { join } from "node:path";
import { CILIUM, compileC, compileGo } from "../compilers";
import type { Peer } from "../rounds";
import { sideBySide } from "../side-by-side";

const SIZES = ["16", "64", "256"];
/** The producer is on CPU 0. */
const CPU_1 = ["taskset", "-c", "1"];

function ringPeers(): Peer[] {
  compileC("bench/ring/producer.c");
  const go = compileGo("bench/ring/ring.go");
  const ours = { name: "node-libbpf", program: [process.execPath, join(__dirname, "ours.js")] };
  const consumers = [
    {
      name: "C libbpf",
      program: [compileC("bench/ring/ring.c"), __dirname],
      drains: ["in-place", "copied"],
      lives: [[]],
    },
    ...(go === undefined ? [] : [{ name: CILIUM, program: [go, __dirname], drains: ["into", "read"], lives: [[]] }]),
    { ...ours, drains: ["columns", "onEvent", "onBatch", "kept", "bytes"], lives: [["columns"], ["onEvent"]] },
  ];
  // Those that are compared run one after the other.
  return [
    ...SIZES.flatMap((size) =>
      consumers.flatMap(({ name, program, drains }) =>
        drains.map((how) => ({ name, command: [...program, "drain", size, how] })),
      ),
    ),
    ...SIZES.flatMap((size) =>
      consumers.flatMap(({ name, program, lives }) =>
        lives.map((how) => ({ name, command: [...CPU_1, ...program, "live", size, ...how] })),
      ),
    ),
    ...consumers.map(({ name, program }) => ({ name, command: [...CPU_1, ...program, "latency"] })),
    ...["turns", "memory"].map((mode) => ({ name: ours.name, command: [...ours.program, mode] })),
  ];
}

export const ring = sideBySide(
  "Ring buffers",
  `Nanoseconds per record of 16, 64 and 256 bytes, of which two or four 32-bit fields and one of 64 bits are read and added up.

* **drain**: a ring of 64 MiB that is full. C reads in place.
* **end to end**: a program on one CPU writes as fast as it can into 16 MiB, for 0.8 seconds, and wakes the reader as the kernel sees fit;
  the reader is on another CPU. Node has read one full ring before: its compiler has come to the loop. "CPU" is what the reader's process took for a record. How many are delivered says more about the producer,
  which an eager reader slows down.
* **wake-up**: from the program's clock, in a record that is written once a millisecond, to the reader's, when it has it.
* **turn of the event loop**: while 64 MiB of records of 64 bytes are read.`,
  ringPeers,
);
