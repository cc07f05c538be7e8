/** RINGBUF: records from programs, read on the event loop. */
import { Flag } from "../constants";
import { type Handle, native } from "../native";
import type { MapCore } from "./core";
import type { ElementCodecs } from "./map-codec";
import type { MapOperation } from "./map-operation";
import { RecordMap } from "./record-map";

/** Counters and positions of a ring buffer. Sizes are in bytes. */
export interface RingBufferStats {
  /** Number of records read. */
  readonly delivered: number;
  /** Their size in bytes, without headers. */
  readonly bytes: number;
  /** Number of batches read. */
  readonly batches: number;
  /** Number of records that programs discarded instead of submitting. */
  readonly discarded: number;
  /** Size of the unread data in the ring, with headers. */
  readonly lag: number;
  /**
   * The largest amount of unread data at any read. If it is near `size`, the ring is too small, and programs lose
   * records.
   */
  readonly highWater: number;
  /** Size of the ring. */
  readonly size: number;
  /** Number of records left unread when the ring was closed; 0 before that. A pinned ring keeps them. */
  readonly undelivered: number;
}

/**
 * A ring buffer. Since Linux 5.8; for sleepable programs since 5.12.
 *
 * Records come in the order in which they were reserved: as `T` if their type is known ({@link OpenOptions.events}),
 * else as bytes. They are decoded in place, and the result is a copy. A ring has one reader at a time. Reading keeps
 * the process alive (see {@link RingBuffer.unref}) and yields to other work: it takes half a millisecond per turn of
 * the event loop. While nobody reads, or the reader is busy, records stay in the ring. When the ring is full, programs
 * can't reserve records; only the programs can count such losses.
 *
 * `for await (const batch of ring)` yields arrays of records; `onBatch` and `onEvent` call a handler; `columns` reads
 * only numbers and creates no garbage. Maps the ring's memory and implements the protocol of kernel/bpf/ringbuf.c.
 */
export class RingBuffer<T = Uint8Array> extends RecordMap<T, T[], RingBufferStats> {
  /** @internal */
  constructor(core: MapCore, codecs: ElementCodecs) {
    super(core, codecs, {
      what: "ring buffer",
      kind: "rings",
      memory: native.ringMemory,
      take: native.ringTake,
      giveBack: native.ringGiveBack,
      pending: native.ringPending,
      close: native.ringClose,
    });
  }

  /** @internal */
  protected override openNative(map: Handle, operation: MapOperation): Handle {
    if ((this.core.flags & Flag.RB_OVERWRITE) === 0) return native.ringOpen(map);
    const hint = "Create it without BPF_F_RB_OVERWRITE";
    throw this.core.refusal(operation, "a ring that overwrites has no reader here", hint);
  }

  /** @internal */
  protected override batchOf(records: T[]): T[] {
    return records;
  }

  /** @internal */
  protected override statsOf(handle: Handle, batches: number, undelivered: number): RingBufferStats {
    const figures = new Float64Array(6);
    const status = native.ringStats(handle, figures);
    if (status < 0) throw this.core.failure("stats", status);
    const [delivered = 0, bytes = 0, discarded = 0, lag = 0, highWater = 0, size = 0] = figures;
    return { delivered, bytes, batches, discarded, lag, highWater, size, undelivered };
  }
}
