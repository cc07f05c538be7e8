/** Iteration of a map, some elements at a time: by batches where the kernel has them, else key by key. */
import { MapType } from "../constants";
import { little } from "../endian";
import { isErrno } from "../errors";
import { native } from "../native";
import { CURSOR, isUnsupported, type MapCore } from "./core";
import type { MapOperation } from "./map-operation";

/** Elements as the kernel packs them. The memory is used again for the next ones: copy what is to be kept. */
export interface MapBatch {
  /** How many elements there are. */
  readonly count: number;
  /** `count` keys of `keySize` bytes, one behind the other. */
  readonly keys: Uint8Array;
  /** `count` values; of a per-CPU map each is one value for each possible CPU, each on 8 bytes. */
  readonly values: Uint8Array;
}

/** Of these a batch is consistent in itself or can't break. Tries start again when a key is removed meanwhile. */
const BATCHED: ReadonlySet<number> = new Set([
  MapType.HASH,
  MapType.LRU_HASH,
  MapType.PERCPU_HASH,
  MapType.LRU_PERCPU_HASH,
  MapType.ARRAY,
  MapType.PERCPU_ARRAY,
]);

/** Bytes of a batch where the elements are not larger. */
const BYTES = 1 << 20;
/** Elements of the first batch: a program that looks at the first few should not pay for a megabyte. */
const FIRST = 512;
/** Elements that are read ahead key by key. */
const AHEAD = 64;

/** How a map is read. */
export interface ChunkOptions {
  /** For errors: "entries", "keys" … */
  operation: MapOperation;
  /** Without them keys are told that can't be read. */
  values: boolean;
  flags?: number;
}

/** The map's elements, some at a time; ends in any case, whatever is written meanwhile. */
export function* chunks(core: MapCore, options: ChunkOptions): Generator<MapBatch, void, void> {
  if (BATCHED.has(core.type) && !core.batchless) {
    const ended: boolean = yield* batches(core, options);
    if (ended) return;
  }
  yield* oneByOne(core, options);
}

/**
 * BPF_MAP_LOOKUP_BATCH, Linux 5.6. A hash map is read bucket by bucket, each as it was at one moment: what is added or removed
 * meanwhile may be seen or not, everything else is seen once. False if the kernel has no batches for the type.
 */
function* batches(core: MapCore, { operation, flags = 0 }: ChunkOptions): Generator<MapBatch, boolean, void> {
  const { keySize, userValueSize } = core;
  const most = Math.max(1, Math.min(core.maxEntries, Math.floor(BYTES / (keySize + userValueSize))));
  let room = Math.min(FIRST, most);
  let keys = new Uint8Array(room * keySize);
  let values = new Uint8Array(room * userValueSize);
  const grow = (count: number) => {
    if (count <= room) return;
    room = count;
    keys = new Uint8Array(room * keySize);
    values = new Uint8Array(room * userValueSize);
  };
  let cursor: Uint8Array | undefined;
  for (;;) {
    const memory = core.scratch(operation);
    if (cursor !== undefined) memory.bytes.set(cursor, CURSOR); // other iterations may have come between
    const status = native.mapReadBatch(memory.handle, room, keys, values, cursor === undefined, flags);
    // A bucket has more elements than there is room for.
    if (isErrno(status, "ENOSPC") && room < core.maxEntries) {
      grow(Math.min(2 * room, core.maxEntries));
      continue;
    }
    const last = isErrno(status, "ENOENT");
    if (status < 0 && !last) {
      if (cursor !== undefined || !isUnsupported(status) || flags !== 0) throw core.failure(operation, status);
      core.batchless = true;
      return false;
    }
    cursor = memory.bytes.slice(CURSOR, memory.key);
    const count = memory.view.getUint32(0, little);
    if (count > 0) yield { count, keys, values };
    if (last) return true;
    grow(Math.min(8 * room, most));
  }
}

/** Two calls for each element. Where keys are removed meanwhile, others may come twice, as in C. */
function* oneByOne(core: MapCore, options: ChunkOptions): Generator<MapBatch, void, void> {
  const { operation, flags = 0 } = options;
  const { keySize, userValueSize } = core;
  const room = Math.max(1, Math.min(AHEAD, Math.floor(BYTES / (keySize + userValueSize))));
  const keys = new Uint8Array(room * keySize);
  const values = new Uint8Array(options.values ? room * userValueSize : 0);
  let current: Uint8Array | undefined;
  let last = false;
  // The kernel starts again from the first key when the current one is gone: without a bound that could go on forever.
  for (let seen = 0; !last && seen < 2 * core.maxEntries; ) {
    const memory = core.scratch(operation);
    const key = memory.bytes.subarray(memory.key, memory.key + keySize);
    if (current !== undefined) key.set(current);
    let count = 0;
    for (; count < room && seen < 2 * core.maxEntries; seen++) {
      const status = native.mapNextKey(memory.handle, current === undefined);
      last = isErrno(status, "ENOENT");
      if (last) break;
      if (status < 0) throw core.failure(operation, status);
      current = key.slice();
      if (options.values) {
        const read = native.mapLookup(memory.handle, flags);
        if (isErrno(read, "ENOENT")) continue; // removed, or a slot without a value
        if (read < 0) throw core.failure(operation, read);
        values.set(memory.bytes.subarray(memory.value, memory.value + userValueSize), count * userValueSize);
      }
      keys.set(current, count * keySize);
      count++;
    }
    if (count > 0) yield { count, keys, values };
  }
}
