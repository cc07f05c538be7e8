/** PERF_EVENT_ARRAY: records from programs, through a ring for each CPU. */
import { BpfError } from "../errors";
import { type Handle, native } from "../native";
import { checkOptions, custom, integer, type Schema } from "../options";
import { refuseOthers } from "../receivers";
import type { MapCore } from "./core";
import { type ElementCodecs, indexOf, u32 } from "./map-codec";
import { RecordMap } from "./record-map";
import { KernelMap } from "./special-maps";

/** Records of one CPU, in their order. */
export interface PerfBatch<T> {
  readonly cpu: number;
  /** Records that programs on this CPU lost before these, or among them, because its ring was full. */
  readonly lost: number;
  /** How many records there are. */
  readonly length: number;
  readonly records: T[];
}

/** What a perf buffer has done. */
export interface PerfBufferStats {
  /** Records that were read. */
  readonly delivered: number;
  /** Bytes of these, with their padding. */
  readonly bytes: number;
  /** Batches in which they were read. */
  readonly batches: number;
  /** Records that were lost because a ring was full, as far as the kernel has told: it tells with the CPU's next record. */
  readonly lost: number;
  /** Records that nobody had read when the buffer was closed; 0 before. */
  readonly undelivered: number;
}

/** How a perf buffer is opened. */
export interface PerfBufferOptions {
  /** Pages of each CPU's ring: a power of two. 64 by default, 256 KiB where a page has 4096 bytes. libbpf: page_cnt. */
  pages?: number;
  /**
   * Records of a CPU after which the reader is woken, 1 by default. With more there are fewer wake-ups, and the last records wait for
   * {@link PerfBuffer.flush}. libbpf: sample_period.
   */
  wakeupEvents?: number;
}

const PAGES = 64;
/** The kernel's own limit is far below. */
const MOST_PAGES = 1 << 24;

const OPTIONS: Schema<PerfBufferOptions> = {
  pages: custom(
    "a power of two",
    (value) => integer(1, MOST_PAGES).fault(value) === undefined && Number.isInteger(Math.log2(value as number)),
  ),
  wakeupEvents: integer(1, 0xffffffff),
};

/**
 * A perf buffer: records that programs write with bpf_perf_event_output(), through a ring for each CPU. Since Linux 4.4. Where the
 * kernel has them (5.8), {@link RingBuffer}s take less memory and keep the order over all CPUs.
 *
 * A batch holds records of one CPU, in their order; CPUs take turns. Records are `T` where the object says what they are ({@link
 * OpenOptions.events}), bytes else: those end with up to 7 bytes of padding, for the kernel keeps a record's length no more exactly.
 * It is read as a ring buffer is. What a program writes before the buffer is open is lost, and for the program an error: call
 * {@link PerfBuffer.open} before it is attached.
 */
export class PerfBuffer<T = Uint8Array> extends RecordMap<T, PerfBatch<T>, PerfBufferStats> {
  static {
    refuseOthers(PerfBuffer, (value) => #options in value);
  }

  #options: Required<PerfBufferOptions> = { pages: PAGES, wakeupEvents: 1 };
  #isOpen = false;
  #lost = 0;

  /** @internal */
  constructor(core: MapCore, codecs: ElementCodecs) {
    super(core, codecs, {
      what: "perf buffer",
      kind: "perfBuffers",
      memory: native.perfMemory,
      take: native.perfTake,
      giveBack: native.perfGiveBack,
      pending: native.perfPending,
      close: native.perfClose,
    });
  }

  /**
   * Opens the rings, one for each CPU that is online. Reading does that too, with the default options. libbpf:
   * perf_buffer__new_raw().
   *
   * @throws {@link ArgumentError} for pages that are no power of two
   * @throws {@link MapError} EMFILE for want of descriptors, ENOMEM of memory that may be locked; EPERM for want of privilege
   * @throws {@link BpfError} ERR_BPF_BUSY if it is open already
   */
  open(options?: PerfBufferOptions): this {
    const of = `perf buffer ${this.name}`;
    const details = { operation: "map.open", map: this.name } as const;
    const { pages = PAGES, wakeupEvents = 1 } = checkOptions({ name: "open", of, details }, options, OPTIONS);
    if (this.#isOpen) {
      const hint = "Call open() before anything reads it";
      throw new BpfError("ERR_BPF_BUSY", `${of} is open already`, { ...details, hint });
    }
    this.#options = { pages, wakeupEvents };
    this.opened("open");
    return this;
  }

  /** The map as what the kernel knows: a descriptor of a perf event for each index. For counters (bpf_perf_event_read()). */
  get slots(): KernelMap<number, number> {
    return new KernelMap(this.core, { key: indexOf(this.name), value: u32(this.name, "a descriptor") });
  }

  /** @internal */
  protected override openNative(map: Handle): Handle {
    const handle = native.perfOpen(map, this.#options);
    if (handle < 0) return handle;
    this.#isOpen = true;
    // Records that came before the event loop began to watch woke nobody (binding/poller.h); the loop has begun then.
    setImmediate(() => this.wake()).unref();
    return handle;
  }

  /** @internal */
  protected override batchOf(records: T[], handle: Handle): PerfBatch<T> {
    if (records.length === 0) return { cpu: -1, lost: 0, length: 0, records };
    const { cpu, lost } = this.#figures(handle);
    const before = this.#lost;
    this.#lost = lost;
    return { cpu, lost: lost - before, length: records.length, records };
  }

  /** @internal */
  protected override statsOf(handle: Handle, batches: number, undelivered: number): PerfBufferStats {
    const { delivered, bytes, lost } = this.#figures(handle);
    return { delivered, bytes, batches, lost, undelivered };
  }

  #figures(handle: Handle) {
    const figures = new Float64Array(4);
    const status = native.perfStats(handle, figures);
    if (status < 0) throw this.core.failure("stats", status);
    const [cpu = 0, delivered = 0, bytes = 0, lost = 0] = figures;
    return { cpu, delivered, bytes, lost };
  }
}
