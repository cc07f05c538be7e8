/** Counted ring buffers: produced = delivered + dropped, whoever reads, and however readers end. */
import { spawnSync } from "node:child_process";
import { mkdirSync, rmdirSync } from "node:fs";
import { getPriority } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import {
  type BpfObject,
  Flag,
  openMap,
  openMapById,
  type Program,
  type RingBuffer,
  type RingBufferStats,
} from "node-libbpf";
import { native } from "../../lib/native";
import { type Counted, type flood, type numbered, open } from "../bpf/counted.bpf";
import { called } from "./called";
import { bpffs, kernelTest, type Need, PINS, since, vmKernel } from "./needs";

const RECORD = 32;

async function load(program: keyof Counted["programs"] = "on_call", flags = 0): Promise<BpfObject<Counted>> {
  const spec = open();
  for (const name of ["on_call", "flood", "hold"] as const) spec.programs[name].autoload = name === program;
  spec.maps.events.flags = flags;
  const object = await spec.load();
  if (program === "on_call") object.programs.on_call.attach(called);
  return object;
}

function produce(count: number): void {
  for (let i = 0; i < count; i++) getPriority();
}

/** Reads what is there. */
function drain(ring: Pick<RingBuffer<unknown>, "read">): number {
  let count = 0;
  for (let batch = ring.read(); batch.length > 0; batch = ring.read()) count += batch.length;
  return count;
}

const sum = ({ delivered, dropped = Number.NaN }: RingBufferStats) => delivered + dropped;

kernelTest("what programs write, discard and can't write is counted", [], async () => {
  using object = await load();
  const { events } = object.maps;
  expect(events.stats).toMatchObject({ produced: 0, dropped: 0, delivered: 0, uncounted: 0, overwritten: 0 });
  produce(3);
  object.variables.way = "OUTPUT";
  produce(2);
  object.variables.way = "DISCARD";
  produce(4);
  expect(events.stats).toMatchObject({ produced: 5, dropped: 0, delivered: 0, uncounted: 0, lag: 9 * RECORD });
  expect(drain(events)).toBe(5);
  expect(events.stats).toMatchObject({ produced: 5, dropped: 0, delivered: 5, uncounted: 0, lag: 0, discarded: 4 });
  for (const way of ["SUBMIT", "OUTPUT"] as const) {
    object.variables.way = way;
    produce(200); // 127 fit
    expect(drain(events)).toBe(127);
  }
  expect(events.stats).toMatchObject({ produced: 405, dropped: 146, delivered: 259, uncounted: 0 });
  produce(7);
  events.close();
  expect(events.stats).toMatchObject({ produced: 412, dropped: 146, delivered: 259, undelivered: 7 });
});

kernelTest("a program that does not count is found out", [], async () => {
  using object = await load();
  const { events } = object.maps;
  produce(1);
  object.variables.way = "UNCOUNTED";
  produce(2);
  expect(events.stats).toMatchObject({ produced: 1, uncounted: 2 * RECORD });
});

kernelTest("a ring without counters has neither produced nor dropped", [], async () => {
  using object = await load();
  produce(2);
  const { id } = object.maps.events;
  using ring = openMapById(id, { type: "ringbuf" });
  expect(drain(ring)).toBe(2);
  expect(ring.stats).toMatchObject({ produced: undefined, dropped: undefined, uncounted: undefined, delivered: 2 });
  expect(() => openMapById(id, { counts: ring as never })).toThrow("RINGBUF_COUNTS()");
  expect(() => openMapById(object.maps.events_counts.id, { counts: object.maps.events_counts })).toThrow(
    "only a ring buffer has counts",
  );
});

kernelTest("readers that follow each other, killed ones too, count on", [bpffs], async () => {
  mkdirSync(PINS, { recursive: true });
  using object = await load();
  const { events, events_counts } = object.maps;
  const paths = { ring: join(PINS, "events"), counts: join(PINS, "events_counts") };
  events.pin(paths.ring);
  events_counts.pin(paths.counts);
  try {
    let read = 0;
    for (let round = 0; round < (vmKernel === undefined ? 5 : 1); round++) {
      produce(150);
      const child = spawnSync(process.execPath, ["-e", deadlyReader(paths)], { encoding: "utf8" });
      expect(child).toMatchObject({ signal: "SIGKILL", stderr: "" });
      read += Number(child.stdout);
      expect(events.stats.delivered).toBe(read);
    }
    using counts = openMap(paths.counts);
    using next = openMap(paths.ring, { type: "ringbuf", counts });
    read += drain(next);
    expect(next.stats).toMatchObject({ delivered: read, lag: 0, uncounted: 0 });
    expect(sum(next.stats)).toBe(next.stats.produced);
    // What this process had opened before sees the same.
    expect(events.stats.delivered).toBe(read);
  } finally {
    events.unpin(paths.ring);
    events_counts.unpin(paths.counts);
    rmdirSync(PINS);
  }
});

/** Prints the number of records that it has processed, and is killed while it processes more. */
function deadlyReader({ ring, counts }: { ring: string; counts: string }): string {
  return `
    const { openMap } = require(${JSON.stringify(require.resolve("node-libbpf"))});
    const ring = openMap(${JSON.stringify(ring)}, { counts: openMap(${JSON.stringify(counts)}) });
    let seen = 0;
    const handling = ring.onEvent(() => { if (++seen === 20) handling.close(); });
    ring.flush();
    require("node:fs").writeSync(1, String(seen));
    ring.onEvent(() => process.kill(process.pid, "SIGKILL"));
    ring.flush();`;
}

kernelTest(
  "while a consumer is busy, later records stay in the ring, and what does not fit is counted",
  [],
  async () => {
    using object = await load();
    const { events } = object.maps;
    produce(10);
    for await (const batch of events) {
      expect(batch).toHaveLength(10);
      produce(200);
      for (let turn = 0; turn < 5; turn++) await nextTurn();
      expect(events.stats).toMatchObject({ delivered: 10, lag: 127 * RECORD, dropped: 73 });
      break;
    }
    let seen = 0;
    using _ = events.onEvent(() => {
      if (++seen > 1) return;
      produce(50);
      expect(events.stats).toMatchObject({ delivered: 10, lag: 127 * RECORD, dropped: 123 });
    });
    events.flush();
    expect(seen).toBe(127);
    expect(sum(events.stats)).toBe(events.stats.produced);
  },
);

/** Since 5.17: bpf_loop(). */
const floods: readonly Need[] = [since("5.17")];
const ROUNDS = 20;
const PRODUCERS = [1n, 2n];
const COUNT = vmKernel === undefined ? 20_000n : 2_000n;

const NOTHING: flood = { producer: 0n, count: 0n, written: 0n, failed: 0n, discarded: 0n };

/** Runs a program in a thread. */
async function runOf(program: Program, asked: Partial<flood>): Promise<flood> {
  return (await program.testRun<flood>({ context: { ...NOTHING, ...asked } })).context;
}

/** Calls a function in each turn of the event loop until the work is done. */
async function meanwhile<T>(work: Promise<T>, call: () => void): Promise<T> {
  let running = true;
  const done = work.finally(() => {
    running = false;
  });
  while (running) {
    call();
    await nextTurn();
  }
  return done;
}

/** Runs the flood in threads, and gives what the programs themselves counted. */
async function flooded({ programs }: BpfObject<Counted>, whileRunning: () => void): Promise<flood> {
  const runs = PRODUCERS.map((producer) => runOf(programs.flood, { producer, count: COUNT }));
  const total = { ...NOTHING };
  for (const run of await meanwhile(Promise.all(runs), whileRunning)) {
    for (const key of ["count", "written", "failed", "discarded"] as const) total[key] += run[key];
  }
  return total;
}

/** Checks records, and that each producer's come in order. */
class Seen {
  count = 0;
  readonly #last = new Map<bigint, bigint>();

  take(batch: readonly numbered[]): number {
    for (const { sequence, producer, check } of batch) {
      expect(check).toBe(BigInt.asUintN(64, ~(sequence * 0x9e3779b97f4a7c15n + producer)));
      expect(sequence).toBeGreaterThan(this.#last.get(producer) ?? -1n);
      this.#last.set(producer, sequence);
    }
    this.count += batch.length;
    return batch.length;
  }

  next(): void {
    this.#last.clear();
  }
}

kernelTest(`a flood of five times what is read adds up, ${ROUNDS} times`, floods, async () => {
  await using object = await load("flood");
  const { events } = object.maps;
  const seen = new Seen();
  let [written, failed, count] = [0, 0, 0];
  for (let round = 0; round < ROUNDS; round++) {
    const done = await flooded(object, () => {
      const { stats } = events;
      expect(sum(stats)).toBeLessThanOrEqual(stats.produced as number);
      if ((stats.produced as number) >= 5 * (stats.delivered + 128)) seen.take(events.read());
    });
    while (seen.take(events.read()) > 0);
    seen.next();
    written += Number(done.written);
    failed += Number(done.failed);
    count += Number(done.count - done.discarded);
    const { stats } = events;
    expect(stats).toMatchObject({ produced: count, dropped: failed, delivered: written, lag: 0, uncounted: 0 });
    expect(seen.count).toBe(written);
    expect(sum(stats)).toBe(stats.produced);
    expect(stats.produced).toBeGreaterThanOrEqual(5 * (stats.delivered - 128 * (round + 1)));
  }
});

kernelTest("a record that a program holds does not keep the event loop busy", floods, async () => {
  const takes = jest.spyOn(native, "ringTake");
  try {
    await using object = await load("hold");
    const { events } = object.maps;
    const seen: bigint[] = [];
    using _ = events.onEvent(({ producer }) => seen.push(producer));
    await nextTurn();
    let held = 0;
    await meanwhile(runOf(object.programs.hold, { producer: 7n, count: 1n << 12n }), () => {
      // Where a program can't be preempted and there is one processor, there is no such turn.
      if (events.stats.lag > 0 && seen.length === 0 && ++held === 10) object.variables.released = 1;
    });
    while (seen.length === 0) await nextTurn();
    expect(seen).toEqual([7n]);
    // At the start, at the wake-up, and when there is no more.
    expect(takes.mock.calls.length).toBeLessThanOrEqual(4);
  } finally {
    takes.mockRestore();
  }
});

/** Its reader needs the order of stores that x86 keeps. */
const overwriting: readonly Need[] = [
  since("6.19"),
  { what: "x86-64", present: () => process.arch === "x64", expected: false },
];

kernelTest("a ring that overwrites keeps the newest records, and counts the others", overwriting, async () => {
  using object = await load("on_call", Flag.RB_OVERWRITE);
  const { events } = object.maps;
  produce(500); // 127 are kept
  expect(events.stats).toMatchObject({ produced: 500, dropped: 373, delivered: 0, lag: 127 * RECORD });
  const batch = events.read();
  expect(batch.map(({ sequence }) => Number(sequence))).toEqual(Array.from({ length: 127 }, (_, i) => 373 + i));
  expect(events.stats).toMatchObject({ produced: 500, dropped: 373, delivered: 127, lag: 0, uncounted: 0 });
  expect(events.stats.overwritten).toBe(373 * RECORD);
  produce(3);
  object.variables.way = "DISCARD";
  produce(2);
  expect(drain(events)).toBe(3);
  expect(events.stats).toMatchObject({ produced: 503, dropped: 373, delivered: 130, discarded: 2, lag: 0 });
});

kernelTest("a reader of a ring that overwrites is woken, also when it was overtaken", overwriting, async () => {
  using object = await load("on_call", Flag.RB_OVERWRITE);
  const { events } = object.maps;
  const seen: bigint[] = [];
  using _ = events.onEvent(({ sequence }) => seen.push(sequence));
  for (let round = 1; round <= 5; round++) {
    await nextTurn();
    produce(300);
    while (seen.at(-1) !== BigInt(300 * round - 1)) await nextTurn();
  }
  const { stats } = events;
  expect(stats.delivered).toBe(seen.length);
  expect(stats).toMatchObject({ produced: 1500, dropped: 1500 - seen.length });
});

kernelTest("under a flood a ring that overwrites gives whole records, and counts the others", overwriting, async () => {
  await using object = await load("flood", Flag.RB_OVERWRITE);
  const { events } = object.maps;
  const seen = new Seen();
  let [count, read] = [0, 0];
  for (let round = 0; round < ROUNDS; round++) {
    const done = await flooded(object, () => {
      read += seen.take(events.read());
    });
    while (seen.take(events.read()) > 0);
    seen.next();
    count += Number(done.count - done.discarded);
    expect(events.stats).toMatchObject({ produced: count, delivered: seen.count, dropped: count - seen.count, lag: 0 });
  }
  expect(read).toBeGreaterThan(0);
  expect(events.stats.overwritten).toBeGreaterThan(0);
});
