/** PERF_EVENT_ARRAY: records from programs, with one ring per CPU. */
import { BpfError } from "../errors";
import { type Handle, native } from "../native";
import { checkOptions, custom, integer, type Schema } from "../options";
import { refuseOthers } from "../receivers";
import type { MapCore } from "./core";
import { type ElementCodecs, indexOf, u32 } from "./map-codec";
import { RecordMap } from "./record-map";
import { KernelMap } from "./special-maps";

/** Records of one CPU, in order. */
export interface PerfBatch<T> {
  /** The CPU's number. */
  readonly cpu: number;
  /** Number of records of this CPU that were lost before or among these, because its ring was full. */
  readonly lost: number;
  /** Number of records. */
  readonly length: number;
  /** The records. */
  readonly records: T[];
}

/** Counters of a perf buffer. */
export interface PerfBufferStats {
  /** Number of records read. */
  readonly delivered: number;
  /** Their size in bytes, including padding. */
  readonly bytes: number;
  /** Number of batches read. */
  readonly batches: number;
  /**
   * Number of records lost because a ring was full, as far as reported: the kernel reports losses with the CPU's next
   * record.
   */
  readonly lost: number;
  /** Number of records left unread when the buffer was closed; 0 before that. */
  readonly undelivered: number;
}

/** Options of {@link PerfBuffer.open}. */
export interface PerfBufferOptions {
  /** Size of each CPU's ring in pages, a power of two. Default 64: 256 KiB with 4096-byte pages. libbpf: page_cnt. */
  pages?: number;
  /**
   * Number of records of a CPU after which the reader is woken. Default 1. A larger number causes fewer wakeups, and
   * the last records wait for {@link PerfBuffer.flush}. libbpf: sample_period.
   */
  wakeupEvents?: number;
}

const PAGES = 64;
/** The kernel's own limit is much lower. */
const MOST_PAGES = 1 << 24;

const OPTIONS: Schema<PerfBufferOptions> = {
  pages: custom(
    "a power of two",
    (value) => integer(1, MOST_PAGES).fault(value) === undefined && Number.isInteger(Math.log2(value as number)),
  ),
  wakeupEvents: integer(1, 0xffffffff),
};

/**
 * A perf buffer: records that programs write with bpf_perf_event_output(), with one ring per CPU. Since Linux 4.4.
 * Prefer a {@link RingBuffer} where the kernel has it (5.8): it needs less memory and keeps the order across CPUs.
 *
 * A batch has records of one CPU, in order; CPUs take turns. Records are `T` if their type is known ({@link
 * OpenOptions.events}), else bytes. Bytes end with up to 7 bytes of padding, because the kernel does not keep the exact
 * length. Reading works as for a ring buffer. Records written before the buffer is open are lost, and
 * bpf_perf_event_output() fails: call {@link PerfBuffer.open} before attaching the program.
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
   * Opens one ring for each online CPU. Reading does so too, with default options. libbpf: perf_buffer__new_raw().
   *
   * @throws {@link ArgumentError} if `pages` is not a power of two
   * @throws {@link MapError} EMFILE if descriptors run out, ENOMEM if lockable memory runs out; EPERM if a privilege is
   *   missing
   * @throws {@link BpfError} ERR_BPF_BUSY if it is already open
   */
  open(options?: PerfBufferOptions): this {
    const of = `perf buffer ${this.name}`;
    const details = { operation: "map.open", map: this.name } as const;
    const { pages = PAGES, wakeupEvents = 1 } = checkOptions({ name: "open", of, details }, options, OPTIONS);
    if (this.#isOpen) {
      const hint = "Call open() before the first read";
      throw new BpfError("ERR_BPF_BUSY", `${of} is already open`, { ...details, hint });
    }
    this.#options = { pages, wakeupEvents };
    this.opened("open");
    return this;
  }

  /** The map's entries in the kernel: a perf event descriptor per index. For counters (bpf_perf_event_read()). */
  get slots(): KernelMap<number, number> {
    return new KernelMap(this.core, { key: indexOf(this.name), value: u32(this.name, "a descriptor") });
  }

  /** @internal */
  protected override openNative(map: Handle): Handle {
    const handle = native.perfOpen(map, this.#options);
    if (handle < 0) return handle;
    this.#isOpen = true;
    // Records that arrived before the event loop began to watch caused no wakeup (binding/poller.h); setImmediate()
    // runs after it began.
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
