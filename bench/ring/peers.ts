/** The peers of bench/ring, each case in a process of its own: C, cilium/ebpf, and this library. */
import { join } from "node:path";
import { compileC, compileGo } from "../compilers";
import type { Peer } from "../rounds";
import { sideBySide } from "../side-by-side";

const SIZES = ["16", "64", "256"];
/** The producer is on CPU 0. */
const CPU_1 = ["taskset", "-c", "1"];
/** Milliseconds: more than the time between two records. */
const EAGER = "2";

function ringPeers(fetch: boolean): Peer[] {
  compileC("bench/ring/producer.c");
  const goes = compileGo("bench/ring/ring.go", fetch);
  const ours = { name: "node-libbpf", program: [process.execPath, join(__dirname, "ours.js")] };
  const consumers = [
    {
      name: "C libbpf",
      program: [compileC("bench/ring/ring.c"), __dirname],
      drains: ["in-place", "copied"],
      lives: [[]],
    },
    ...goes.map(({ name, binary }) => ({
      ...{ name, program: [binary, __dirname] },
      ...{ drains: ["into", "read"], lives: [[]] },
    })),
    { ...ours, drains: ["columns", "onEvent", "onBatch", "kept", "bytes"], lives: [["columns"], ["onEvent"]] },
  ];
  // The peers that are compared run one after the other.
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
    { name: ours.name, command: [...CPU_1, ...ours.program, "latency", EAGER] },
    ...["turns", "memory", "counting"].map((mode) => ({ name: ours.name, command: [...ours.program, mode] })),
  ];
}

export const ring = sideBySide(
  "Ring buffers",
  `Nanoseconds per record of 16, 64 and 256 bytes, of which the consumer reads and adds up two or four 32-bit fields and one 64-bit field.

* **drain**: reading a full ring of 64 MiB. C reads in place.
* **end to end**: a program on one CPU writes at full speed into 16 MiB, for 0.8 seconds, with the kernel's default wake-ups;
  the reader is on another CPU. Node.js has read one full ring before, so that V8 has compiled the loop. "CPU" is the CPU time of the
  reader's process for a record. The number of delivered records depends more on the producer, which a fast reader slows down.
* **wake-up**: the time from the program's clock, in a record that is written once a millisecond, until the reader has the record.
  An eager reader looks for it in every turn of the event loop; "CPU" is what that costs for a record.
* **turn of the event loop**: its duration while 64 MiB of 64-byte records are read.`,
  ringPeers,
);
