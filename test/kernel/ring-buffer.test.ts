/** Ring buffers: in order, whole, in batches, with the producer in the same process. */

import { readFileSync } from "node:fs";
import { getPriority } from "node:os";
import { type BpfObject, open as openObject, RingBuffer } from "node-libbpf";
import { type Events, type event, open } from "../bpf/events.bpf";
import { objectPath } from "../bpf/objects";
import { kernelTest } from "./needs";

async function load(): Promise<BpfObject<Events>> {
  const object = await open().load();
  object.programs.on_call.attach({ path: process.execPath, function: "uv_os_getpriority", pid: process.pid });
  return object;
}

const sequenceOf = ({ sequence }: event) => Number(sequence);

function produce(count: number): void {
  for (let i = 0; i < count; i++) getPriority();
}

kernelTest("records arrive in order, whole, in batches", [], async () => {
  using object = await load();
  const ring = object.maps.events;
  expect(ring.read()).toEqual([]);
  produce(2000);
  const seen: number[] = [];
  const sizes: number[] = [];
  for await (const batch of ring) {
    sizes.push(batch.length);
    for (const record of batch) {
      expect(record.pid).toBe(process.pid);
      seen.push(sequenceOf(record));
    }
    if (seen.length >= 2000) break;
  }
  expect(seen).toEqual(Array.from({ length: 2000 }, (_, i) => i));
  expect(sizes).toEqual([1024, 976]);
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

kernelTest("a full ring drops at the producer, and goes on when it is read", [], async () => {
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

kernelTest("without a type a record is its own bytes", [], async () => {
  const untagged = readFileSync(objectPath("events"))
    .toString("latin1")
    .replaceAll("event:struct event", "other:struct event");
  using object = await openObject(Buffer.from(untagged, "latin1")).load();
  object.program("on_call").attach({ path: process.execPath, function: "uv_os_getpriority", pid: process.pid });
  produce(2);
  const records = object.map("events", RingBuffer).read();
  expect(records.map((record) => Buffer.from(record).readUInt32LE(8))).toEqual([process.pid, process.pid]);
  expect(records.map(({ length }) => length)).toEqual([12, 12]);
});

kernelTest("the option goes before the tag", [], async () => {
  const load = (type: string) => openObject(objectPath("events"), { events: { events: type } }).load();
  for (const [type, expected] of [
    ["unsigned long long", 0n],
    ["char", 0],
  ] as const) {
    using object = await load(type);
    object.program("on_call").attach({ path: process.execPath, function: "uv_os_getpriority", pid: process.pid });
    produce(1);
    expect(object.map("events", RingBuffer).read()).toEqual([expected]);
  }
});
