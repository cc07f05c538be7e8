/** Loads exec-watch.bpf.c and gives each exec of the system, as it happens. */
import { release } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type BpfObject, HashMap, open, RingBuffer } from "node-libbpf";
import { decodeExecEvent, type ExecEvent } from "./event";

/** How often the queue is looked at on Linux 5.10. */
const QUEUE_INTERVAL_MS = 50;

/** A running watch. */
export interface Watch extends AsyncDisposable {
  /** Batches of execs; ends when the watch is closed. */
  events: AsyncIterable<ExecEvent[]>;
  /** Execs that were not seen, because nobody took the earlier ones in time. */
  readonly dropped: bigint;
}

export async function watchExecs(): Promise<Watch> {
  const [major = 0, minor = 0] = release().split(".").map(Number);
  const isSince = (wantMajor: number, wantMinor: number) =>
    major > wantMajor || (major === wantMajor && minor >= wantMinor);
  // Sleepable programs: ring buffers since 5.12, the hook before the exec since 5.11.
  const hasRing = isSince(5, 12);

  const spec = open(join(__dirname, "exec-watch.bpf.o"));
  for (const program of Object.values(spec.programs)) {
    if (program.name === "on_exec") program.autoload = hasRing;
    if (program.name === "on_exec_queue") program.autoload = !hasRing;
    if (program.name === "on_check") program.autoload = isSince(5, 11);
  }
  const object = await spec.load();
  try {
    for (const program of Object.values(object.programs)) {
      if (spec.programs[program.name]?.autoload) program.attach();
    }
  } catch (error) {
    object.close();
    throw error;
  }
  return {
    events: hasRing ? fromRing(object) : fromQueue(object),
    get dropped() {
      return object.variables.dropped as bigint;
    },
    [Symbol.asyncDispose]: () => object[Symbol.asyncDispose](),
  };
}

async function* fromRing(object: BpfObject): AsyncIterable<ExecEvent[]> {
  for await (const batch of object.map("events", RingBuffer)) yield batch.map(decodeExecEvent);
}

async function* fromQueue(object: BpfObject): AsyncIterable<ExecEvent[]> {
  const queue = object.map("queue", HashMap).raw;
  while (!object.closed) {
    const complete = [...queue.entries()].filter(([, value]) => decodeExecEvent(value).pid !== 0);
    for (const [key] of complete) queue.delete(key);
    const time = ([key]: [Uint8Array, Uint8Array]) => new DataView(key.buffer, key.byteOffset).getBigUint64(0, true);
    complete.sort((a, b) => (time(a) < time(b) ? -1 : 1));
    if (complete.length > 0) yield complete.map(([, value]) => decodeExecEvent(value));
    else await sleep(QUEUE_INTERVAL_MS);
  }
}
