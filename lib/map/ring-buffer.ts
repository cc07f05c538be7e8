/** RINGBUF: records from programs, read on the event loop. */
import { Flag } from "../constants";
import { type Handle, native } from "../native";
import type { MapCore } from "./core";
import type { ElementCodecs } from "./map-codec";
import type { MapOperation } from "./map-operation";
import { RecordMap } from "./record-map";
import type { Counted } from "./ring-counts";

/**
 * Counters and positions of a ring buffer. Sizes are in bytes.
 *
 * Programs that include `node-libbpf/ringbuf.h` count what they write. Then `delivered + dropped = produced` when the
 * ring is empty and no program is writing to it, also after a restart of the reader if ring and counters are pinned;
 * while programs write, the sum is never larger.
 */
export interface RingBufferStats {
  /**
   * Number of records that programs wrote or failed to write, without those that they discarded. Undefined without the
   * header's counters.
   */
  readonly produced: number | undefined;
  /**
   * Number of records that were lost: programs failed to write them, or overwrote them before they were read. Undefined
   * without the header's counters.
   */
  readonly dropped: number | undefined;
  /**
   * Number of records read. With the header's counters by all readers since the ring was created, else since it was
   * opened here.
   */
  readonly delivered: number;
  /** Size in bytes of the records read since the ring was opened here, without headers. */
  readonly bytes: number;
  /** Number of batches read since the ring was opened here. */
  readonly batches: number;
  /** Number of records read since the ring was opened here that programs discarded instead of submitting. */
  readonly discarded: number;
  /** Size of the unread data in the ring, with headers. */
  readonly lag: number;
  /**
   * The largest amount of unread data at any read since the ring was opened here. If it is near `size`, the ring is too
   * small, and programs lose records.
   */
  readonly highWater: number;
  /** Size of the ring. */
  readonly size: number;
  /**
   * Size of the data, with headers, that was overwritten before it was read, since the ring was opened here. 0 unless
   * the ring has the flag BPF_F_RB_OVERWRITE.
   */
  readonly overwritten: number;
  /**
   * Size of the data, with headers, that programs wrote without counting it: more than 0 while a program is writing, or
   * if one does not use the header's calls, so that `produced` lacks its records. Undefined without the counters.
   */
  readonly uncounted: number | undefined;
  /**
   * Number of records left unread when the ring was closed, those included that programs were still writing; 0 before
   * that. A pinned ring keeps them.
   */
  readonly undelivered: number;
}

/**
 * A ring buffer. Since Linux 5.8; for sleepable programs since 5.12.
 *
 * Records come in the order in which they were reserved: as `T` if their type is known ({@link OpenOptions.events}),
 * else as bytes. They are decoded in place, and the result is a copy. A ring has one reader at a time. Reading keeps
 * the process alive (see {@link RingBuffer.unref}) and yields to other work: it takes half a millisecond per turn of
 * the event loop. While nobody reads, or the reader is busy, records stay in the ring. When the ring is full, programs
 * can't reserve records; programs that include `node-libbpf/ringbuf.h` count such losses: {@link RingBuffer.stats}.
 *
 * `for await (const batch of ring)` yields arrays of records; `onBatch` and `onEvent` call a handler; `columns` reads
 * only numbers and creates no garbage. Maps the ring's memory and implements the protocol of kernel/bpf/ringbuf.c.
 */
export class RingBuffer<T = Uint8Array> extends RecordMap<T, T[], RingBufferStats> {
  readonly #counts: Counted["counts"];

  /** @internal */
  constructor(core: MapCore, codecs: ElementCodecs & Counted) {
    super(core, codecs, {
      what: "ring buffer",
      kind: "rings",
      memory: native.ringMemory,
      take: native.ringTake,
      giveBack: native.ringGiveBack,
      pending: native.ringPending,
      close: native.ringClose,
    });
    this.#counts = codecs.counts;
  }

  /** @internal */
  protected override openNative(map: Handle, operation: MapOperation): Handle {
    // Its producer moves the overwrite position and writes the record without a barrier between them.
    if (this.#overwrites && process.arch !== "x64") {
      const what = `a ring that overwrites can't be read safely on ${process.arch}`;
      throw this.core.refusal(operation, what, "Create it without BPF_F_RB_OVERWRITE");
    }
    return native.ringOpen(map, this.#counts?.()?.fd ?? -1);
  }

  /** @internal */
  protected override batchOf(records: T[]): T[] {
    return records;
  }

  /** @internal */
  protected override statsOf(handle: Handle, batches: number, undelivered: number): RingBufferStats {
    const figures = new Float64Array(11);
    const status = native.ringStats(handle, figures);
    if (status < 0) throw this.core.failure("stats", status);
    const [delivered = 0, bytes = 0, discarded = 0, lag = 0, highWater = 0, size = 0, overwritten = 0] = figures;
    const own = { delivered, bytes, batches, discarded, lag, highWater, size, overwritten, undelivered };
    const [counted, produced = 0, failed = 0, uncounted = 0] = figures.subarray(7);
    if (counted === 0) return { ...own, produced: undefined, dropped: undefined, uncounted: undefined };
    // Nothing counts what is overwritten: it is what is neither read nor there. Programs may go on writing meanwhile.
    const gone = this.#overwrites ? produced - delivered - native.ringPending(handle) : 0;
    return { ...own, produced, dropped: Math.max(failed, gone), uncounted };
  }

  get #overwrites(): boolean {
    return (this.core.flags & Flag.RB_OVERWRITE) !== 0;
  }
}
