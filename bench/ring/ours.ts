/**
 * The cases of ring.c with this library: prints figures by case, as JSON.
 *   ours.js drain SIZE columns|onEvent|onBatch|kept|bytes
 *   ours.js live SIZE columns|onEvent
 *   ours.js latency [EAGER]
 *   ours.js turns|memory|counting
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { type BpfObject, type ColumnBatch, type OpenOptions, type Program, RingBuffer } from "node-libbpf";
import { quantile } from "../statistics";
import { open, type Ring, type record64, type run } from "./ring.bpf";

type Size = "16" | "64" | "256";
/** Records of 16 bytes have neither c nor d. */
type Event = record64;

const MIB = 1 << 20;
const REPEATS = 3;
const TICKS = 1000;
const PRODUCER = join(__dirname, "producer");
const EVENTS = { ring16: "struct record16", ring64: "struct record64", ring256: "struct record256" };

/**
 * Stored in a typed array: for a variable that several functions share, V8 would allocate a new heap number for each
 * sum.
 */
const sum = new Float64Array(1);
const addToSum = (value: number) => {
  sum[0] = (sum[0] as number) + value;
};

/** One ring of the given size in bytes. */
function load(size: Size, bytes: number, options: OpenOptions = { events: EVENTS }): BpfObject<Ring> {
  const spec = open(options);
  spec.maps[`ring${size}`].maxEntries = bytes;
  return spec.loadSync();
}

const ringOf = (object: BpfObject<Ring>, size: Size) => object.map(`ring${size}`, RingBuffer<Event>);
const producerOf = (object: BpfObject<Ring>, size: Size) => String(object.programs[`produce${size}`].id);

function fill(program: string): number {
  const { stdout, stderr, status } = spawnSync(PRODUCER, ["fill", program], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return Number(stdout.split(" ")[0]);
}

/** Each adds up the fields that exist. */
const adderOf = (size: Size) =>
  size === "16"
    ? ({ a, b, seq }: Event) => addToSum(a + b + seq)
    : ({ a, b, c, d, seq }: Event) => addToSum(a + b + c + d + seq);

/** The same for columns. */
function addColumns({ length, columns }: ColumnBatch<Event>, size: Size): void {
  const { a, b, c, d, seq } = columns;
  // One sum for each column: additions to a single floating-point sum would depend on each other.
  let [first, second, third, fourth, fifth] = [0, 0, 0, 0, 0];
  for (let i = 0; i < length; i++) {
    first += a[i] as number;
    second += b[i] as number;
    third += seq[i] as number;
  }
  if (size !== "16") {
    for (let i = 0; i < length; i++) {
      fourth += c[i] as number;
      fifth += d[i] as number;
    }
  }
  addToSum(first + second + third + fourth + fifth);
}

type Drain = (ring: RingBuffer<Event>, size: Size, written: number) => Promise<number> | number;

const DRAINS: Record<string, [how: string, Drain]> = {
  columns: ["columns", columns],
  onEvent: [
    "onEvent, objects",
    (ring, size) => {
      const add = adderOf(size);
      let count = 0;
      using _ = ring.onEvent((event) => {
        add(event);
        count++;
      });
      ring.flush();
      return count;
    },
  ],
  onBatch: [
    "onBatch, objects",
    (ring, size) => {
      const add = adderOf(size);
      let count = 0;
      using _ = ring.onBatch((batch) => {
        for (const event of batch) add(event);
        count += batch.length;
      });
      ring.flush();
      return count;
    },
  ],
  kept: [
    "for await, all objects kept",
    async (ring, size, written) => {
      const add = adderOf(size);
      const kept: Event[][] = [];
      let count = 0;
      for await (const batch of ring) {
        for (const event of batch) add(event);
        kept.push(batch);
        count += batch.length;
        if (count >= written) break;
      }
      return count;
    },
  ],
  bytes: [
    "read, bytes",
    (ring, size) => {
      // Without the option, events are bytes.
      const raw = ring as unknown as RingBuffer;
      const fields = size === "16" ? [0, 4] : [0, 4, 8, 12];
      const seq = 4 * fields.length;
      let count = 0;
      for (let batch = raw.read(); batch.length > 0; batch = raw.read()) {
        for (const record of batch) {
          let own = u32(record, seq) + u32(record, seq + 4) * 2 ** 32;
          for (const field of fields) own += u32(record, field);
          addToSum(own);
        }
        count += batch.length;
      }
      return count;
    },
  ],
};

async function columns(ring: RingBuffer<Event>, size: Size, written: number): Promise<number> {
  let count = 0;
  for await (const batch of ring.columns()) {
    addColumns(batch, size);
    count += batch.length;
    if (count >= written) break;
  }
  return count;
}

function u32(bytes: Uint8Array, at: number): number {
  const [first = 0, second = 0, third = 0, fourth = 0] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
  return (first | (second << 8) | (third << 16) | (fourth << 24)) >>> 0;
}

async function drain(size: Size, name: string): Promise<Record<string, number>> {
  const [how, work] = DRAINS[name] as [string, Drain];
  await using object = load(size, 64 * MIB, name === "bytes" ? {} : { events: EVENTS });
  const ring = ringOf(object, size);
  const program = producerOf(object, size);
  const times: number[] = [];
  for (let i = -1; i < REPEATS; i++) {
    const written = fill(program);
    const start = process.hrtime.bigint();
    const count = await work(ring, size, written);
    const time = Number(process.hrtime.bigint() - start) / written;
    if (count !== written) throw new Error(`${count} of ${written} records`);
    if (i >= 0) times.push(time);
  }
  return { [`drain, ${size} bytes (${how})`]: quantile(times, 0.5) };
}

async function live(size: Size, name: string): Promise<Record<string, number>> {
  await using object = load(size, 16 * MIB);
  const ring = ringOf(object, size);
  const program = producerOf(object, size);
  const [, warmUp] = DRAINS[name] as [string, Drain];
  await warmUp(ring, size, fill(program));
  const producer = spawn(PRODUCER, ["flood", program]);
  const before = process.cpuUsage();
  const start = performance.now();
  let last = start;
  let count = 0;
  const reading = name === "columns" ? readColumns() : readEvents();
  let output = "";
  producer.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const [status] = (await once(producer, "close")) as [number];
  if (status !== 0) throw new Error("the producer failed");
  while (ring.stats.lag > 0) await setTimeout(10);
  ring.close();
  await reading;
  const { user, system } = process.cpuUsage(before);
  const [written = 0, dropped = 0] = output.split(" ").map(Number);
  if (count !== written) throw new Error(`${count} of ${written} records`);
  const figure = (what: string, unit = "") =>
    `end to end, ${size} bytes, ${what}${unit} (${name === "columns" ? "columns" : "onEvent, objects"})`;
  return {
    [figure("CPU")]: ((user + system) * 1e3) / count,
    [figure("dropped", " [%]")]: (100 * dropped) / (written + dropped),
    [figure("delivered", " [M/s]")]: count / 1e3 / (last - start),
  };

  async function readColumns() {
    for await (const batch of ring.columns()) {
      addColumns(batch, size);
      count += batch.length;
      last = performance.now();
    }
  }

  function readEvents() {
    const add = adderOf(size);
    ring.onEvent((event) => {
      add(event);
      count++;
      // Reading the clock for each record would cost as much as the record.
      if (count % 4096 === 0) last = performance.now();
    });
  }
}

async function latency(milliseconds = "0"): Promise<Record<string, number>> {
  await using object = load("16", 4096);
  const times: number[] = [];
  const eager = Number(milliseconds);
  using _ = ringOf(object, "16").onEvent(
    ({ seq }) => {
      times.push(Number(process.hrtime.bigint()) - seq);
    },
    { eager },
  );
  const before = process.cpuUsage();
  await once(spawn(PRODUCER, ["tick", String(object.programs.tick.id)]), "close");
  if (times.length !== TICKS) throw new Error(`${times.length} of ${TICKS} records`);
  const { user, system } = process.cpuUsage(before);
  const how = eager === 0 ? "onEvent" : `onEvent, eager for ${eager} ms`;
  return {
    [`wake-up, half within (${how})`]: quantile(times, 0.5),
    [`wake-up, 99 % within (${how})`]: quantile(times, 0.99),
    [`wake-up, CPU for a record [µs] (${how})`]: (user + system) / TICKS,
  };
}

/** The duration of event loop turns while a full ring is drained. */
async function turns(): Promise<Record<string, number>> {
  await using object = load("64", 64 * MIB);
  const ring = ringOf(object, "64");
  const add = adderOf("64");
  const program = producerOf(object, "64");
  const times: number[] = [];
  for (let i = -1; i < REPEATS; i++) {
    const written = fill(program);
    let count = 0;
    using _ = ring.onEvent((event) => {
      add(event);
      count++;
    });
    let last = performance.now();
    while (count < written) {
      await new Promise(setImmediate);
      const now = performance.now();
      if (i >= 0) times.push((now - last) * 1e3);
      last = now;
    }
  }
  return {
    "turn of the event loop, half within [µs] (onEvent, objects)": quantile(times, 0.5),
    "turn of the event loop, 99 % within [µs] (onEvent, objects)": quantile(times, 0.99),
    "turn of the event loop, longest [µs] (onEvent, objects)": quantile(times, 1),
  };
}

/** The memory growth over a hundred million records, after a warm-up. */
async function memory(): Promise<Record<string, number>> {
  await using object = load("16", 64 * MIB);
  const ring = ringOf(object, "16");
  const add = adderOf("16");
  const program = producerOf(object, "16");
  let count = 0;
  using _ = ring.onEvent((event) => {
    add(event);
    count++;
  });
  const read = (most: number) => {
    while (count < most) {
      fill(program);
      ring.flush();
    }
    return process.memoryUsage.rss() / MIB;
  };
  const early = read(10e6);
  return { "memory, growth from 10 to 100 million records [MiB] (onEvent, objects)": read(100e6) - early };
}

/** What the header's counters cost a program that writes while nobody reads. */
async function counting(): Promise<Record<string, number>> {
  const spec = open();
  // 24 bytes in the ring.
  const count = 1_000_000;
  for (const name of ["ring16", "counted16"] as const) spec.maps[name].maxEntries = 32 * MIB;
  await using object = spec.loadSync();
  const programs: Record<"ring16" | "counted16", Program> = {
    ring16: object.programs.produce16,
    counted16: object.programs.produce_counted16,
  };
  const write = async (name: keyof typeof programs) => {
    const context = { seq: 0, count, until_full: 1, written: 0, dropped: 0 };
    const start = process.hrtime.bigint();
    const { written } = (await programs[name].testRun<run>({ context })).context;
    const time = Number(process.hrtime.bigint() - start);
    while (object.map(name, RingBuffer).read().length > 0);
    if (written !== count) throw new Error(`${written} of ${count} records`);
    return time / count;
  };
  const times = { ring16: [] as number[], counted16: [] as number[] };
  for (let i = -1; i < 5; i++) {
    for (const name of ["ring16", "counted16"] as const) {
      const time = await write(name);
      if (i >= 0) times[name].push(time);
    }
  }
  return {
    "write, 16 bytes (bpf_ringbuf_reserve)": quantile(times.ring16, 0.5),
    "write, 16 bytes (counted_ringbuf_reserve)": quantile(times.counted16, 0.5),
  };
}

async function main([mode, size, how]: string[]): Promise<void> {
  const work: Record<string, () => Promise<Record<string, number>>> = {
    drain: () => drain(size as Size, how as string),
    live: () => live(size as Size, how as string),
    latency: () => latency(size),
    turns,
    memory,
    counting,
  };
  const figures = await work[mode as string]?.();
  process.stdout.write(`${JSON.stringify({ ...figures, sum: sum[0] })}\n`);
}

void main(process.argv.slice(2));
