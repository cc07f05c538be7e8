/** The cases of bench/maps with this library: prints nanoseconds per element, as JSON. */
import { codecs, createMap } from "node-libbpf";
import { measure } from "../rounds";
import { type key, open, type value } from "./maps.bpf";

const FEW = 10_000;
const MANY = 100_000;
const STEP = 7919;
const TOGETHER = 256;
/** Reading mapped memory takes nanoseconds: one pass is too short for a clock. */
const PASSES = 100;

let total = 0;
const figures: Record<string, number> = {};
/** @param work adds up what it reads, so that the compiler can't drop it */
const time = (name: string, count: number, work: () => number) => {
  figures[name] = measure(count, () => {
    total += work();
  });
};

using object = open().loadSync();
const { few, few_large, many, many_large, array, percpu, doubles, integers } = object.maps;
using bigints = createMap({ type: "hash", key: codecs.u32, value: codecs.u64, maxEntries: 2 * MANY });

const keyOf = (i: number): key => ({ high: i * 31, low: i });
const largeOf = (i: number): value => ({
  ...{ count: i, bytes: 2 * i, uid: i, pid: i, comm: "bench", load: i, reserved: [0, 0] },
});
const every = (count: number) => Array.from({ length: count }, (_, i) => i);

for (const i of every(FEW)) {
  few.set(i, i);
  bigints.set(i, BigInt(i));
  few_large.set(keyOf(i), largeOf(i));
}
many.setMany(every(MANY).map((i) => [i, i] as const));
many_large.setMany(every(MANY).map((i) => [keyOf(i), largeOf(i)] as const));

time("hash lookup, u32 to u64 (as number)", FEW, () => {
  let sum = 0;
  for (let i = 0; i < FEW; i++) sum += few.get((i * STEP) % FEW) ?? 0;
  return sum;
});
time("hash lookup, u32 to u64 (as bigint)", FEW, () => {
  let sum = 0;
  for (let i = 0; i < FEW; i++) sum += Number(bigints.get((i * STEP) % FEW));
  return sum;
});
const together = new Uint32Array(TOGETHER);
time(`hash lookup, u32 to u64 (getMany of ${TOGETHER})`, FEW, () => {
  let sum = 0;
  for (let i = 0; i < FEW; i += TOGETHER) {
    const count = Math.min(TOGETHER, FEW - i);
    for (let n = 0; n < count; n++) together[n] = ((i + n) * STEP) % FEW;
    for (const value of few.getMany(together.subarray(0, count))) sum += value ?? 0;
  }
  return sum;
});
// The keys are created before: this is not the library's work, and C's struct on the stack costs almost nothing.
const largeKeys = every(FEW).map((i) => keyOf((i * STEP) % FEW));
time("hash lookup, 16 to 64 bytes (view)", FEW, () => {
  let sum = 0;
  for (let i = 0; i < FEW; i++) sum += few_large.getView(largeKeys[i] as key)?.count ?? 0;
  return sum;
});
time("hash lookup, 16 to 64 bytes (objects)", FEW, () => {
  let sum = 0;
  for (let i = 0; i < FEW; i++) sum += few_large.get(largeKeys[i] as key)?.count ?? 0;
  return sum;
});
time("hash update", FEW, () => {
  for (let i = 0; i < FEW; i++) few.set((i * STEP) % FEW, i);
  return FEW;
});
time("hash delete and insert", FEW, () => {
  for (let i = 0; i < FEW; i++) {
    const key = (i * STEP) % FEW;
    few.delete(key);
    few.set(key, key);
  }
  return FEW;
});
time("array lookup", FEW, () => {
  let sum = 0;
  for (let i = 0; i < FEW; i++) sum += array.get((i * STEP) % FEW) ?? 0;
  return sum;
});
time("per-CPU array lookup", FEW, () => {
  let sum = 0;
  for (let i = 0; i < FEW; i++) for (const value of percpu.get((i * STEP) % FEW) ?? []) sum += value;
  return sum;
});
time("next key, u32 (for…of, decoded)", MANY, () => {
  let sum = 0;
  for (const [key, value] of many) sum += key + value;
  return sum;
});
time("next key, 16 bytes (for…of, decoded)", MANY, () => {
  let sum = 0;
  for (const [key, value] of many_large) sum += key.low + value.count;
  return sum;
});
time("batch, u32 to u64 (typed arrays)", MANY, () => {
  let sum = 0;
  for (const { count, keys, values } of many.batches()) {
    const u32 = new Uint32Array(keys.buffer);
    const u64 = new Uint32Array(values.buffer);
    for (let i = 0; i < count; i++) {
      sum += (u32[i] as number) + (u64[2 * i] as number) + (u64[2 * i + 1] as number) * 2 ** 32;
    }
  }
  return sum;
});
time("batch, 16 to 64 bytes (for…of, objects)", MANY, () => {
  let sum = 0;
  for (const value of many_large.values()) sum += value.count;
  return sum;
});
// For objects that are kept, garbage collection costs more than decoding.
time("batch, 16 to 64 bytes (getAll, all kept)", MANY, () => {
  let sum = 0;
  for (const [, value] of many_large.getAll()) sum += value.count;
  return sum;
});
const mapped = doubles.mmap(Float64Array);
time("mapped array, double (typed array)", FEW * PASSES, () => {
  let sum = 0;
  for (let pass = 0; pass < PASSES; pass++) for (let i = 0; i < FEW; i++) sum += mapped[i] as number;
  return sum;
});
const words = new DataView(integers.mmap().buffer);
time("mapped array, u64 (DataView)", FEW * PASSES, () => {
  let sum = 0;
  for (let pass = 0; pass < PASSES; pass++) {
    for (let i = 0; i < FEW; i++) sum += words.getUint32(8 * i, true) + words.getUint32(8 * i + 4, true) * 2 ** 32;
  }
  return sum;
});

process.stdout.write(`${JSON.stringify({ ...figures, sum: total })}\n`);
