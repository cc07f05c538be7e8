/** Loads exec-watch.bpf.c and yields each exec of the system as it happens. */
import { release } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { BpfObject } from "node-libbpf";
import type { Watch } from "../command";
import { type ExecEvent, toExecEvent } from "./event";
import { type ExecWatch, open } from "./exec-watch.bpf";

/** Polling interval of the queue on Linux 5.10. */
const QUEUE_INTERVAL_MS = 50;

export async function watchExecs(): Promise<Watch<ExecEvent>> {
  const [major = 0, minor = 0] = release().split(".").map(Number);
  const isSince = (wantMajor: number, wantMinor: number) =>
    major > wantMajor || (major === wantMajor && minor >= wantMinor);
  // Sleepable programs can use ring buffers since 5.12, and the hook before the exec since 5.11.
  const hasRing = isSince(5, 12);

  const spec = open();
  spec.programs.on_exec.autoload = hasRing;
  spec.programs.on_exec_queue.autoload = !hasRing;
  spec.programs.on_check.autoload = isSince(5, 11);
  const object = await spec.load();
  try {
    const { on_exec, on_exec_queue, on_check } = object.programs;
    (hasRing ? on_exec : on_exec_queue).attach();
    if (isSince(5, 11)) on_check.attach();
  } catch (error) {
    object.close();
    throw error;
  }
  return {
    events: hasRing ? fromRing(object) : fromQueue(object),
    get dropped() {
      return object.variables.dropped;
    },
    [Symbol.asyncDispose]: () => object[Symbol.asyncDispose](),
  };
}

async function* fromRing({ maps }: BpfObject<ExecWatch>): AsyncIterable<ExecEvent[]> {
  for await (const batch of maps.events) yield batch.map(toExecEvent);
}

async function* fromQueue(object: BpfObject<ExecWatch>): AsyncIterable<ExecEvent[]> {
  const { queue } = object.maps;
  while (!object.closed) {
    const complete = queue.getAll().filter(([, event]) => event.pid !== 0);
    for (const [time] of complete) queue.delete(time);
    complete.sort(([a], [b]) => (a < b ? -1 : 1));
    if (complete.length > 0) yield complete.map(([, event]) => toExecEvent(event));
    else await sleep(QUEUE_INTERVAL_MS);
  }
}
