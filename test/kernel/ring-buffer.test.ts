/** Ring buffers: records arrive in order, complete, in batches, with the producer in the same process. */

import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { getPriority } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { ReadableStream } from "node:stream/web";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type BpfObject, openMapById, open as openObject, RingBuffer } from "node-libbpf";
import { type Events, type event, open } from "../bpf/events.bpf";
import { objectPath } from "../bpf/objects";
import { called } from "./called";
import { kernelTest } from "./needs";

async function load(): Promise<BpfObject<Events>> {
  const object = await open().load();
  object.programs.on_call.attach(called);
  return object;
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);
const sequenceOf = ({ sequence }: event) => Number(sequence);

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await nextTurn();
}

function produce(count: number): void {
  for (let i = 0; i < count; i++) getPriority();
}

kernelTest("records arrive in order, complete, in batches", [], async () => {
  using object = await load();
  const ring = object.maps.events;
  expect(ring.read()).toEqual([]);
  produce(2000);
  const seen: number[] = [];
  let batches = 0;
  for await (const batch of ring) {
    batches++;
    for (const record of batch) {
      expect(record.pid).toBe(process.pid);
      seen.push(sequenceOf(record));
    }
    if (seen.length >= 2000) break;
  }
  expect(seen).toEqual(upTo(2000));
  expect(batches).toBeGreaterThan(1);
  expect(ring.stats).toEqual({
    delivered: 2000,
    bytes: 24_000,
    batches,
    discarded: 0,
    lag: 0,
    highWater: 48_000,
    size: 65_536,
    overwritten: 0,
    undelivered: 0,
  });
});

kernelTest("waiting wakes up for a record, and ends when the object is closed", [], async () => {
  const object = await load();
  const ring = object.maps.events;
  setTimeout(() => produce(1), 20);
  const seen: number[] = [];
  for await (const batch of ring) {
    seen.push(...batch.map(sequenceOf));
    if (seen.length === 1) setTimeout(() => produce(3), 20);
    if (seen.length === 4) setTimeout(() => object.close(), 20);
  }
  expect(seen).toEqual([0, 1, 2, 3]);
  expect(() => ring.read()).toThrow(expect.objectContaining({ code: "ERR_BPF_CLOSED" }));
});

kernelTest("a full ring drops records in the producer, and continues after it is read", [], async () => {
  using object = await load();
  const ring = object.maps.events;
  produce(4000); // 24 bytes each with the header: more than 64 KiB
  expect(object.variables.dropped).toBeGreaterThan(0n);
  let count = 0;
  for (let batch = ring.read(); batch.length > 0; batch = ring.read()) count += batch.length;
  expect(BigInt(count) + object.variables.dropped).toBe(4000n);
  produce(1);
  expect(ring.read()).toHaveLength(1);
});

kernelTest("a ring has one reader", [], async () => {
  using object = await load();
  const ring = object.maps.events;
  produce(1);
  for await (const _ of ring) {
    await expect(ring[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "ERR_BPF_BUSY" });
    break;
  }
  produce(1);
  for await (const batch of ring) {
    expect(batch).toHaveLength(1);
    break;
  }
});

kernelTest("without a type a record is its bytes", [], async () => {
  const untagged = readFileSync(objectPath("events"))
    .toString("latin1")
    .replaceAll("event:struct event", "other:struct event");
  using object = await openObject(Buffer.from(untagged, "latin1")).load();
  object.program("on_call").attach(called);
  produce(2);
  const records = object.map("events", RingBuffer).read();
  expect(records.map((record) => Buffer.from(record).readUInt32LE(8))).toEqual([process.pid, process.pid]);
  expect(records.map(({ length }) => length)).toEqual([12, 12]);
});

kernelTest("the option overrides the tag", [], async () => {
  const load = (type: string) => openObject(objectPath("events"), { events: { events: type } }).load();
  for (const [type, expected] of [
    ["unsigned long long", 0n],
    ["char", 0],
  ] as const) {
    using object = await load(type);
    object.program("on_call").attach(called);
    produce(1);
    expect(object.map("events", RingBuffer).read()).toEqual([expected]);
  }
});

kernelTest("a handler gets batches, or events, until it is closed", [], async () => {
  using object = await load();
  const ring = object.maps.events;
  const seen: number[] = [];
  const handling = ring.onEvent((event) => seen.push(sequenceOf(event)));
  expect(() => ring.onBatch(() => {})).toThrow(expect.objectContaining({ code: "ERR_BPF_BUSY" }));
  produce(1000);
  ring.flush();
  expect(seen).toEqual(upTo(1000));
  setTimeout(() => produce(1), 5);
  await until(() => seen.length === 1001);
  handling.close();
  handling.close();
  produce(2);
  await nextTurn();
  expect(seen).toHaveLength(1001);
  const batches: number[][] = [];
  using _ = ring.onBatch((batch) => batches.push(batch.map(sequenceOf)));
  await until(() => batches.length === 1);
  expect(batches).toEqual([[1001, 1002]]);
});

kernelTest("an exception of a handler is reported, and reading continues with the next record", [], async () => {
  using object = await load();
  const ring = object.maps.events;
  const seen: number[] = [];
  const errors: unknown[] = [];
  const handler = (event: event) => {
    seen.push(sequenceOf(event));
    if (seen.length === 2) throw new Error("of the handler");
    if (seen.length === 3) expect(() => ring.read()).toThrow(expect.objectContaining({ code: "ERR_BPF_BUSY" }));
  };
  using _ = ring.onEvent(handler, { onError: (error) => errors.push(error) });
  produce(5);
  await until(() => seen.length === 5);
  expect(seen).toEqual(upTo(5));
  expect(errors).toEqual([new Error("of the handler")]);
});

kernelTest("a ring that another reader has corrupted is reported once", [], async () => {
  using object = await load();
  const ring = object.maps.events;
  using other = openMapById(ring.info().id, { type: "ringbuf" });
  const errors: unknown[] = [];
  // The other process reads more than the ring holds, and then sets the position back.
  const handler = () => {
    while (object.variables.sequence < 9000n) {
      produce(1000);
      while (other.read().length > 0);
    }
  };
  ring.onEvent(handler, { onError: (error) => errors.push(error) });
  produce(3);
  await until(() => errors.length > 0);
  for (let i = 0; i < 3; i++) await nextTurn();
  expect(errors).toEqual([expect.objectContaining({ errno: "ESTALE" })]);
  ring.onEvent(() => {}).close();
});

kernelTest("closing in a handler counts the records that were not delivered", [], async () => {
  const object = await load();
  const ring = object.maps.events;
  let seen = 0;
  ring.onEvent(() => {
    if (++seen === 3) object.close();
  });
  produce(10);
  await until(() => object.closed);
  await nextTurn();
  expect(seen).toBe(3);
  expect(ring.stats).toMatchObject({ delivered: 3, undelivered: 7, lag: 7 * 24 });
});

kernelTest("columns hold each field's numbers", [], async () => {
  using object = await load();
  const ring = object.maps.events;
  produce(1500);
  const seen: bigint[] = [];
  for await (const { length, columns } of ring.columns()) {
    expect(Object.keys(columns)).toEqual(["sequence", "pid"]);
    expect([columns.sequence.length, columns.pid.length]).toEqual([length, length]);
    expect(new Set(columns.pid)).toEqual(new Set([process.pid]));
    seen.push(...columns.sequence);
    if (seen.length === 1500) break;
  }
  expect(seen).toEqual(upTo(1500).map(BigInt));
  produce(1);
  for await (const { columns } of ring.columns({ fields: ["pid"] })) {
    expect(columns).toEqual({ pid: Uint32Array.of(process.pid) });
    break;
  }
  expect(() => ring.columns({ fields: ["uid"] as never })).toThrow('struct event has no numeric field "uid"');
});

kernelTest("records without a wake-up wait for a flush, discarded ones are counted", [], async () => {
  using object = await load();
  const ring = object.maps.events;
  const seen: number[] = [];
  using _ = ring.onEvent((event) => seen.push(sequenceOf(event)));
  await nextTurn();
  object.variables.flags = 1n;
  produce(3);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(seen).toEqual([]);
  ring.flush();
  expect(seen).toEqual([0, 1, 2]);
  object.variables.flags = 0n;
  object.variables.fate = "DISCARDED";
  produce(2);
  object.variables.fate = "SUBMITTED";
  produce(1);
  await until(() => seen.length === 4);
  expect(ring.stats).toMatchObject({ delivered: 4, discarded: 2, lag: 0 });
});

kernelTest("a record that is shorter than its type is reported, and skipped", [], async () => {
  using object = await load();
  const ring = object.maps.events;
  produce(1);
  object.variables.fate = "CUT_SHORT";
  produce(1);
  object.variables.fate = "SUBMITTED";
  produce(1);
  expect(ring.read().map(sequenceOf)).toEqual([0]);
  expect(() => ring.read()).toThrow("map events: a record: expected at least 12 bytes, got 4");
  expect(ring.read().map(sequenceOf)).toEqual([2]);
});

kernelTest("a signal ends an iteration, and a handler", [], async () => {
  using object = await load();
  const ring = object.maps.events;
  const stop = new AbortController();
  const waiting = ring.batches({ signal: stop.signal }).next();
  setTimeout(() => stop.abort(new Error("enough")), 5);
  await expect(waiting).rejects.toThrow("enough");
  await expect(ring.batches({ signal: stop.signal }).next()).rejects.toThrow("enough");
  const other = new AbortController();
  let seen = 0;
  ring.onEvent(() => seen++, { signal: other.signal });
  other.abort();
  produce(1);
  await nextTurn();
  expect(seen).toBe(0);
  expect(ring.read()).toHaveLength(1);
});

kernelTest("a consumer that keeps its batch counts as the reader until a signal or the end", [], async () => {
  using object = await load();
  const ring = object.maps.events;
  produce(2);
  const stop = new AbortController();
  const batches = ring.batches({ signal: stop.signal });
  await batches.next();
  expect(() => ring.onEvent(() => {})).toThrow(expect.objectContaining({ code: "ERR_BPF_BUSY" }));
  stop.abort(new Error("enough"));
  ring.onEvent(() => {}).close();
  await expect(batches.next()).rejects.toThrow("enough");
  // It would wait forever.
  const script = `
    produce(1);
    setTimeout(() => process.exit(1), 10_000).unref();
    ring.batches().next().then(() => object.close());`;
  expect(inProcess(script)).toBe("");
});

kernelTest("the platform makes streams from a ring", [], async () => {
  using object = await load();
  const ring = object.maps.events;
  produce(2);
  const stream = Readable.from(ring);
  const [batch] = (await once(stream, "data")) as [event[]];
  expect(batch.map(sequenceOf)).toEqual([0, 1]);
  stream.destroy(); // while it waits for a record
  await once(stream, "close");
  produce(1);
  const reader = ReadableStream.from(ring).getReader();
  expect((await reader.read()).value?.map(sequenceOf)).toEqual([2]);
  await reader.cancel();
  produce(1);
  expect(ring.read()).toHaveLength(1);
});

kernelTest("the event loop continues while a reader has always something to read", [], async () => {
  using object = await load();
  const ring = object.maps.events;
  produce(1);
  let timers = 0;
  const timer = setInterval(() => timers++, 1);
  // Each record triggers the next one: there is always something to read.
  using _ = ring.onEvent(() => produce(1));
  await until(() => timers === 5);
  clearInterval(timer);
});

kernelTest("several rings share a turn", [], async () => {
  const objects = [await load(), await load()];
  const seen = [0, 0];
  for (const [index, object] of objects.entries()) {
    object.maps.events.onEvent(() => {
      seen[index] = (seen[index] as number) + 1;
      produce(1); // a record in both
    });
  }
  produce(1);
  await until(() => seen.every((count) => count > 500));
  const [one = 0, other = 0] = seen;
  expect(Math.min(one, other) / Math.max(one, other)).toBeGreaterThan(0.2);
  for (const object of objects) object.close();
});

/** Runs a script in a process of its own, with the same `load` and `produce`. */
function inProcess(script: string, env: NodeJS.ProcessEnv = {}): string {
  const source = `
    const { getPriority } = require("node:os");
    const { called } = require(${JSON.stringify(join(__dirname, "called"))});
    const { open } = require(${JSON.stringify(join(__dirname, "../bpf/events.bpf"))});
    const produce = (count) => { for (let i = 0; i < count; i++) getPriority(); };
    const object = open().loadSync();
    object.programs.on_call.attach(called);
    const ring = object.maps.events;
    ${script}`;
  return execFileSync(process.execPath, ["-e", source], { encoding: "utf8", env: { ...process.env, ...env } });
}

kernelTest("only a reader without unref() keeps the process alive", [], async () => {
  const script = `
    let seen = 0;
    ring.unref().onEvent(({ sequence }) => { seen++; process.stdout.write(sequence + " "); });
    produce(2);
    setTimeout(() => produce(1), 20);
    const alive = setInterval(() => { if (seen === 3) clearInterval(alive); }, 5);`;
  expect(inProcess(script)).toBe("0 1 2 ");
});

kernelTest("records are copied where external memory is forbidden", [], async () => {
  const script = `
    produce(2500);
    for (let seen = 0, batch; (batch = ring.read()).length > 0; ) {
      for (const { sequence, pid } of batch) if (Number(sequence) !== seen++ || pid !== process.pid) throw new Error("wrong");
      process.stdout.write(seen + " ");
      produce(100);
      if (seen > 4000) break;
    }
    object.close();`;
  expect(inProcess(script, { NODE_LIBBPF_NO_EXTERNAL_MEMORY: "1" })).toMatch(/^2500 2600 .* 4\d\d\d $/);
});
