/** Iterates over a map some elements at a time: with batch calls where the kernel supports them, else key by key. */
import { little } from "../endian";
import { isErrno } from "../errors";
import { mapTypeRowOf } from "../map-types";
import { native } from "../native";
import { CURSOR, isUnsupported, type MapCore } from "./core";
import type { MapOperation } from "./map-operation";

/** Elements in the kernel's packed form. The memory is reused for the next batch: copy what you keep. */
export interface MapBatch {
  /** Number of elements. */
  readonly count: number;
  /** `count` consecutive keys of `keySize` bytes. */
  readonly keys: Uint8Array;
  /**
   * `count` consecutive values. For a per-CPU map each has one value per possible CPU, each padded to a multiple of 8
   * bytes.
   */
  readonly values: Uint8Array;
}

/** Target size of a batch in bytes. */
const BYTES = 1 << 20;
/** Elements of the first batch: a program that reads only the first few should not pay for a megabyte. */
const FIRST = 512;
/** Number of elements read ahead key by key. */
const AHEAD = 64;

/** How a map is read. */
export interface ChunkOptions {
  /** The operation, for errors: "entries", "keys" … */
  operation: MapOperation;
  /** Whether values are read. If not, keys without a readable value are included. */
  values: boolean;
  flags?: number;
}

/** Yields the map's elements in batches. Always terminates, even if the map is written meanwhile. */
export function* chunks(core: MapCore, options: ChunkOptions): Generator<MapBatch, void, void> {
  if (mapTypeRowOf(core.type)?.calls.batch && !core.batchless) {
    const ended: boolean = yield* batches(core, options);
    if (ended) return;
  }
  yield* oneByOne(core, options);
}

/**
 * BPF_MAP_LOOKUP_BATCH, Linux 5.6. A hash map is read bucket by bucket, each at one moment. Elements added or removed
 * meanwhile may or may not be seen; all others are seen once. Returns false if the kernel has no batches for the type.
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
    if (cursor !== undefined) memory.bytes.set(cursor, CURSOR); // Other iterations may have changed it.
    const status = native.mapReadBatch(memory.handle, room, keys, values, cursor === undefined, flags);
    // The bucket has more elements than fit.
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

/** Two calls per element. If keys are removed meanwhile, others may appear twice, as in C. */
function* oneByOne(core: MapCore, options: ChunkOptions): Generator<MapBatch, void, void> {
  const { operation, flags = 0 } = options;
  const { keySize, userValueSize } = core;
  const room = Math.max(1, Math.min(AHEAD, Math.floor(BYTES / (keySize + userValueSize))));
  const keys = new Uint8Array(room * keySize);
  const values = new Uint8Array(options.values ? room * userValueSize : 0);
  let current: Uint8Array | undefined;
  let last = false;
  // The kernel restarts at the first key when the current one is gone. The bound prevents an endless loop.
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
        if (isErrno(read, "ENOENT")) continue; // The element was removed, or the slot has no value.
        if (read < 0) throw core.failure(operation, read);
        values.set(memory.bytes.subarray(memory.value, memory.value + userValueSize), count * userValueSize);
      }
      keys.set(current, count * keySize);
      count++;
    }
    if (count > 0) yield { count, keys, values };
  }
}
