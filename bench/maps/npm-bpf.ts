/**
 * What npm's bpf does for the cases of maps.c, by the quickest of its ways: raw maps and buffers that are used again.
 * It has no values per CPU and no mapped arrays. Its folder is the argument.
 */
import { measure } from "../rounds";

interface RawMap {
  get(key: Buffer, flags: number, out: Buffer): Buffer | undefined;
  set(key: Buffer, value: Buffer): this;
  delete(key: Buffer): boolean;
  getNextKey(key: Buffer | undefined, out: Buffer): Buffer | undefined;
  getBatch(size: number): Iterable<[key: Buffer, value: Buffer][]>;
}

interface RawArrayMap {
  get(key: number, flags: number, out: Buffer): Buffer;
}

interface Definition {
  type: number;
  keySize: number;
  valueSize: number;
  maxEntries: number;
}

interface Bpf {
  MapType: Record<"HASH" | "ARRAY", number>;
  createMap(definition: Definition): unknown;
  RawMap: new (map: unknown) => RawMap;
  RawArrayMap: new (map: unknown) => RawArrayMap;
}

const { MapType, createMap, RawMap, RawArrayMap } = require(process.argv[2] ?? "bpf") as Bpf;

const FEW = 10_000;
const MANY = 100_000;
const STEP = 7919;
const BATCH = 4096;

let total = 0;
const figures: Record<string, number> = {};
const time = (name: string, count: number, work: () => number) => {
  figures[name] = measure(count, () => {
    total += work();
  });
};

const words = (bytes: Buffer) => new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
const u64 = (from: Uint32Array, index: number) => (from[index] as number) + (from[index + 1] as number) * 2 ** 32;
const smallKey = Buffer.alloc(4);
const smallValue = Buffer.alloc(8);
const largeKey = Buffer.alloc(16);
const largeValue = Buffer.alloc(64);
const [keyWords, valueWords, largeWords] = [smallKey, smallValue, largeValue].map(words) as [
  Uint32Array,
  Uint32Array,
  Uint32Array,
];
const largeKeyWords = new BigUint64Array(largeKey.buffer, largeKey.byteOffset, 2);

function setLargeKey(i: number): void {
  largeKeyWords[0] = BigInt(i * 31);
  largeKeyWords[1] = BigInt(i);
}

const hash = (keySize: number, valueSize: number) =>
  new RawMap(createMap({ type: MapType.HASH, keySize, valueSize, maxEntries: 2 * MANY }));

function smallMap(entries: number): RawMap {
  const map = hash(4, 8);
  for (let i = 0; i < entries; i++) {
    keyWords[0] = valueWords[0] = i;
    map.set(smallKey, smallValue);
  }
  return map;
}

function largeMap(entries: number): RawMap {
  const map = hash(16, 64);
  for (let i = 0; i < entries; i++) {
    setLargeKey(i);
    largeWords[0] = i;
    map.set(largeKey, largeValue);
  }
  return map;
}

const few = smallMap(FEW);
const fewLarge = largeMap(FEW);
const many = smallMap(MANY);
const manyLarge = largeMap(MANY);
const array = new RawArrayMap(createMap({ type: MapType.ARRAY, keySize: 4, valueSize: 8, maxEntries: FEW }));

time("hash lookup, u32 to u64", FEW, () => {
  let sum = 0;
  for (let i = 0; i < FEW; i++) {
    keyWords[0] = (i * STEP) % FEW;
    if (few.get(smallKey, 0, smallValue)) sum += u64(valueWords, 0);
  }
  return sum;
});
time("hash lookup, 16 to 64 bytes", FEW, () => {
  let sum = 0;
  for (let i = 0; i < FEW; i++) {
    setLargeKey((i * STEP) % FEW);
    if (fewLarge.get(largeKey, 0, largeValue)) sum += u64(largeWords, 0);
  }
  return sum;
});
time("hash update", FEW, () => {
  for (let i = 0; i < FEW; i++) {
    keyWords[0] = (i * STEP) % FEW;
    valueWords[0] = i;
    few.set(smallKey, smallValue);
  }
  return FEW;
});
time("hash delete and insert", FEW, () => {
  for (let i = 0; i < FEW; i++) {
    keyWords[0] = valueWords[0] = (i * STEP) % FEW;
    few.delete(smallKey);
    few.set(smallKey, smallValue);
  }
  return FEW;
});
time("array lookup", FEW, () => {
  let sum = 0;
  for (let i = 0; i < FEW; i++) {
    array.get((i * STEP) % FEW, 0, smallValue);
    sum += u64(valueWords, 0);
  }
  return sum;
});

function nextKeys(map: RawMap, keySize: number): number {
  const buffers = [Buffer.alloc(keySize), Buffer.alloc(keySize)] as const;
  const views = buffers.map(words) as [Uint32Array, Uint32Array];
  let sum = 0;
  let previous: Buffer | undefined;
  for (let at: 0 | 1 = 0; ; at = at === 0 ? 1 : 0) {
    previous = map.getNextKey(previous, buffers[at]);
    if (previous === undefined) return sum;
    sum += views[at][0] as number;
  }
}
time("next key, u32", MANY, () => nextKeys(many, 4));
time("next key, 16 bytes", MANY, () => nextKeys(manyLarge, 16));

function batches(map: RawMap): number {
  let sum = 0;
  let count = 0;
  for (const entries of map.getBatch(BATCH)) {
    count += entries.length;
    for (const [key, value] of entries) sum += key.readUInt32LE() + Number(value.readBigUInt64LE());
  }
  if (count !== MANY) throw new Error(`${count} of ${MANY} elements`);
  return sum;
}
time("batch, u32 to u64", MANY, () => batches(many));
time("batch, 16 to 64 bytes", MANY, () => batches(manyLarge));

process.stdout.write(`${JSON.stringify({ ...figures, sum: total })}\n`);
