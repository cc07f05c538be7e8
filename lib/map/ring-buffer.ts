/** RINGBUF: records from programs, read from the event loop. */
import { Flag } from "../constants";
import { type Handle, native } from "../native";
import type { MapCore } from "./core";
import type { ElementCodecs } from "./map-codec";
import type { MapOperation } from "./map-operation";
import { RecordMap } from "./record-map";

/** What a ring buffer has done, and where it is. Sizes are in bytes. */
export interface RingBufferStats {
  /** Records that were read. */
  readonly delivered: number;
  /** Bytes of these, without headers. */
  readonly bytes: number;
  /** Batches in which they were read. */
  readonly batches: number;
  /** Records that programs discarded instead of submitting. */
  readonly discarded: number;
  /** What waits in the ring now, with headers. */
  readonly lag: number;
  /** The most that waited when something was read: near `size`, the ring is too small, and programs lose records. */
  readonly highWater: number;
  readonly size: number;
  /** Records that nobody had read when the ring was closed; 0 before. A pinned ring keeps them. */
  readonly undelivered: number;
}

/**
 * A ring buffer. Since Linux 5.8; for sleepable programs since 5.12.
 *
 * Records come in the order in which they were reserved: as `T` where the object says what they are ({@link OpenOptions.events}), as
 * bytes else. They are decoded where the kernel put them, and what is given is the reader's own. A ring has one reader at a time; reading
 * keeps the process alive (see {@link RingBuffer.unref}) and leaves time to others: a turn of the event loop reads for half a
 * millisecond. While nobody reads, or the reader is busy, records stay in the ring; once that is full, programs can't reserve any more,
 * which only they can count.
 *
 * `for await (const batch of ring)` gives arrays of records; `onBatch` and `onEvent` call a handler; `columns` reads numbers
 * only, and leaves no garbage. Maps the ring's memory; the kernel's protocol is that of kernel/bpf/ringbuf.c.
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
