/** Perf buffers: records arrive in the order of each CPU and complete, and lost ones are counted. */
import { getPriority } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { type BpfObject, createMap, type PerfBatch } from "node-libbpf";
import { type Buffers, open, type request } from "../bpf/buffers.bpf";
import { only } from "../bpf/objects";
import { called } from "./called";
import { kernelTest } from "./needs";

async function load(program: "send_message" | "send_request"): Promise<BpfObject<Buffers>> {
  const object = await only(open(), program).load();
  return object;
}

const attach = (object: BpfObject<Buffers>, program: "send_message" | "send_request") =>
  object.programs[program].attach(called);

function produce(count: number): void {
  for (let i = 0; i < count; i++) getPriority();
}

const numbersOf = (batches: readonly PerfBatch<request>[]) =>
  batches.flatMap(({ records }) => records.map(({ number }) => Number(number)));

kernelTest("records arrive complete, of one CPU at a time, each CPU's in order", [], async () => {
  using object = await load("send_request");
  const buffer = object.maps.requests.open({ pages: 8 });
  attach(object, "send_request");
  expect(buffer.read()).toMatchObject({ length: 0, records: [] });
  produce(1000);
  setTimeout(produce, 10, 200);
  const batches: PerfBatch<request>[] = [];
  for await (const batch of buffer) {
    expect(batch.length).toBe(batch.records.length);
    expect(batch.records.every(({ value }) => value === process.pid)).toBe(true);
    batches.push(batch);
    if (numbersOf(batches).length >= 1200) break;
  }
  expect(numbersOf(batches).sort((a, b) => a - b)).toEqual(Array.from({ length: 1200 }, (_, i) => i));
  for (const cpu of new Set(batches.map((batch) => batch.cpu))) {
    const numbers = numbersOf(batches.filter((batch) => batch.cpu === cpu));
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  }
  expect(buffer.stats).toMatchObject({ delivered: 1200, bytes: 1200 * 12, lost: 0, undelivered: 0 });
});

kernelTest("every record wakes a handler, at every wait", [], async () => {
  using object = await load("send_request");
  const buffer = object.maps.requests;
  const seen: bigint[] = [];
  let told = () => {};
  using _ = buffer.onEvent(({ number }) => {
    seen.push(number);
    told();
  });
  attach(object, "send_request");
  for (let i = 0; i < 20; i++) {
    const next = new Promise<void>((resolve) => {
      told = resolve;
    });
    if (i % 2 === 0) produce(1);
    else setTimeout(produce, 2, 1);
    await next;
  }
  expect(seen).toEqual(Array.from({ length: 20 }, (_, i) => BigInt(i)));
});

kernelTest("records that a full ring loses are counted", [], async () => {
  using object = await load("send_request");
  const buffer = object.maps.requests.open({ pages: 1 });
  attach(object, "send_request");
  produce(2000); // 24 bytes each with the header
  const { refused } = object.variables;
  expect(refused).toBeGreaterThan(0n);
  let [count, lost] = [0, 0];
  const drain = () => {
    for (let batch = buffer.read(); batch.length > 0; batch = buffer.read()) {
      count += batch.length;
      lost += batch.lost;
    }
  };
  drain();
  // The kernel reports lost records with the CPU's next record. A process that slept may now be on another CPU.
  for (let i = 0; i < 5000 && lost < Number(refused); i++) {
    produce(1);
    drain();
    await delay(1);
  }
  expect([lost, buffer.stats.lost]).toEqual([Number(refused), Number(refused)]);
  expect(count + lost).toBe(Number(object.variables.number));
  produce(3);
  buffer.close();
  expect(buffer.stats).toMatchObject({ delivered: count, undelivered: 3 });
});

kernelTest("bytes of every length, with the kernel's padding", [], async () => {
  using object = await load("send_message");
  const buffer = object.maps.messages.open();
  attach(object, "send_message");
  for (let length = 4; length < 256; length++) {
    object.variables.length = length;
    produce(1);
    const [record = new Uint8Array(), ...more] = buffer.read().records;
    expect(more).toEqual([]);
    const expected = Buffer.alloc(length, 0x5a);
    expected.writeUInt32LE(length);
    expect(Buffer.compare(record.subarray(0, length), expected)).toBe(0);
    // Together with its 4-byte length a record fills words of 8 bytes.
    expect(record.length).toBe(((length + 4 + 7) & ~7) - 4);
  }
});

kernelTest("with fewer wake-ups the last records wait for flush()", [], async () => {
  using object = await load("send_request");
  const buffer = object.maps.requests.open({ wakeupEvents: 1000 });
  const seen: bigint[] = [];
  using _ = buffer.onBatch(({ records }) => seen.push(...records.map(({ number }) => number)));
  attach(object, "send_request");
  produce(3);
  buffer.flush();
  expect(seen.sort()).toEqual([0n, 1n, 2n]);
});

kernelTest("invalid options, and a second open(), are refused", [], async () => {
  using buffer = createMap({ type: "perf_event_array", maxEntries: 64 });
  expect(() => buffer.open({ pages: 3 })).toThrow(expect.objectContaining({ code: "ERR_BPF_ARGUMENT" }));
  expect(() => buffer.open({ wakeupEvents: 0 })).toThrow(expect.objectContaining({ code: "ERR_BPF_ARGUMENT" }));
  expect(() => buffer.open({ pages: 1 << 24 })).toThrow(expect.objectContaining({ code: "ERR_BPF_MAP" }));
  buffer.open();
  expect(() => buffer.open()).toThrow(expect.objectContaining({ code: "ERR_BPF_BUSY" }));
  expect(buffer.read().length).toBe(0);
});
