/** RINGBUF: records from programs, read from the event loop. */
import type { Codec } from "../btf/codec";
import { Flag } from "../constants";
import { ArgumentError, BpfError } from "../errors";
import { batches } from "../events/batches";
import { type ColumnBatch, type ColumnName, ColumnReader } from "../events/columns";
import { MOST } from "../events/pace";
import { Reader, type ReadOptions } from "../events/reader";
import { BYTES, type Progress, type Records, recordsOf } from "../events/records";
import { type HandlerOptions, type Subscription, subscribe } from "../events/subscription";
import { type Handle, native } from "../native";
import type { ElementCodecs } from "./codec";
import type { MapCore } from "./core";
import { BpfMap } from "./map";

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

/** Which fields are read into columns. */
export interface ColumnOptions<F extends string = string> extends ReadOptions {
  /** All that are numbers, by default. */
  fields?: readonly F[];
}

interface Opened<T> {
  readonly handle: Handle;
  readonly view: DataView;
  /** Pairs of offset and length. */
  readonly entries: Uint32Array;
  readonly records: Records<T>;
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
 * `for await (const batch of ring)` gives arrays of records; `onBatch` and `onEvent` call a handler; `columns` reads numbers only, and
 * fastest. Maps the ring's memory; the kernel's protocol is that of kernel/bpf/ringbuf.c.
 */
export class RingBuffer<T = Uint8Array> extends BpfMap implements AsyncIterable<T[]> {
  readonly #codec: Codec<T> | undefined;
  readonly #reader: Reader;
  #ring: Opened<T> | undefined;
  /** What is being read now. */
  #taken: Progress | undefined;
  #batches = 0;
  #last: RingBufferStats | undefined;

  /** @internal */
  constructor(core: MapCore, { event }: ElementCodecs) {
    super(core);
    // What the records are is the object's word, which T repeats.
    this.#codec = event as Codec<T> | undefined;
    const ring = this;
    this.#reader = new Reader({
      what: this.#what,
      get closed() {
        return ring.closed;
      },
      handle: (operation) => ring.#open(operation).handle,
    });
  }

  /**
   * Some of the records that are there now; none if there are none. Does not wait.
   *
   * @throws {@link ArgumentError} for a record that is shorter than its type, which is skipped then
   */
  read(): T[] {
    return this.#batch(MOST);
  }

  /** Batches of records as they come, until the ring is closed. */
  batches(options?: ReadOptions): AsyncIterableIterator<T[], void> {
    return batches(this.#reader, (limit) => this.#batch(limit), options);
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T[], void> {
    return this.batches();
  }

  /** Calls a handler with batches of records as they come. */
  onBatch(handler: (batch: T[]) => void, options?: HandlerOptions): Subscription {
    this.#checkHandler("onBatch", handler);
    const step = (limit: number) => {
      const batch = this.#batch(limit);
      if (batch.length > 0) handler(batch);
      return batch;
    };
    return subscribe(this.#reader, step, options);
  }

  /** Calls a handler with each record as it comes. */
  onEvent(handler: (event: T) => void, options?: HandlerOptions): Subscription {
    this.#checkHandler("onEvent", handler);
    return subscribe(this.#reader, (limit, progress) => this.#each(limit, handler, progress), options);
  }

  /**
   * Batches of numbers as they come, one typed array for each field: twice as fast as objects, and without garbage. A batch is valid until
   * the next one is asked for.
   *
   * @throws {@link ArgumentError} if the records' type is not known, or a field is no number
   */
  columns<F extends ColumnName<T> = ColumnName<T>>(
    options?: ColumnOptions<F>,
  ): AsyncIterableIterator<ColumnBatch<T, F>, void> {
    const columns = new ColumnReader<T, F>(this.#codec, options?.fields, this.#what, MOST);
    const read = (limit: number) => {
      let batch = columns.none;
      this.#take(limit, { done: 0, going: true }, ({ view, entries }, count, progress) => {
        batch = columns.read(view, entries, count);
        progress.done = batch.length;
      });
      return batch;
    };
    return batches(this.#reader, read, options);
  }

  /**
   * Gives the reader what is there now, also records that were submitted with BPF_RB_NO_WAKEUP. A handler has got all of it when this
   * returns.
   *
   * @throws {@link ArgumentError} if nobody reads
   */
  flush(): void {
    this.#reader.flush();
  }

  /** Reading keeps the process alive: the default. */
  ref(): this {
    this.#reader.alive = true;
    return this;
  }

  /** Reading does not keep the process alive. */
  unref(): this {
    this.#reader.alive = false;
    return this;
  }

  get stats(): RingBufferStats {
    return this.#last ?? this.#statsOf(this.#open("stats").handle);
  }

  override close(): void {
    if (this.closed) return;
    super.close();
    this.#end();
    if (this.#ring === undefined || this.lifetime.closed) return;
    this.lifetime.disown("rings", this.#ring.handle);
    native.ringClose(this.#ring.handle);
  }

  get #what(): string {
    return `ring buffer ${this.name}`;
  }

  #batch(limit: number): T[] {
    let batch: T[] = [];
    this.#take(limit, { done: 0, going: true }, ({ records, view, entries }, count, progress) => {
      batch = records.read(view, entries, count);
      progress.done = batch.length;
    });
    return batch;
  }

  #each(limit: number, handler: (event: T) => void, progress: Progress): { length: number } {
    this.#take(limit, progress, ({ records, view, entries }, count) => {
      records.each(view, entries, count, handler, progress);
    });
    return { length: progress.done };
  }

  /** Lets `use` read some records, and gives those back that it has done. */
  #take(limit: number, progress: Progress, use: (ring: Opened<T>, count: number, progress: Progress) => void): void {
    if (this.#taken !== undefined) {
      const hint = "Read it when the handler has returned";
      throw new BpfError("ERR_BPF_BUSY", `${this.#what}: its handler has a record now`, { operation: "read", hint });
    }
    progress.done = 0;
    const ring = this.#open("read");
    const count = native.ringTake(ring.handle, limit);
    if (count < 0) throw this.core.failure("read", count);
    if (count === 0) return;
    this.#taken = progress;
    try {
      use(ring, count, progress);
    } finally {
      this.#taken = undefined;
      if (progress.done > 0) this.#batches++;
      // A handler may have closed it.
      if (progress.done > 0 && this.#last === undefined) native.ringGiveBack(ring.handle, progress.done);
    }
    if (progress.done > 0) return;
    // The first one is shorter than its type: it must not come again, and decode() says what is wrong with it.
    native.ringGiveBack(ring.handle, 1);
    this.#codec?.decode(ring.view, ring.entries[0] as number, ring.entries[1]);
  }

  #open(operation: string): Opened<T> {
    const map = this.core.handle(operation);
    if (this.#ring !== undefined) return this.#ring;
    if ((this.core.flags & Flag.RB_OVERWRITE) !== 0) {
      throw this.core.refusal(
        operation,
        "a ring that overwrites has no reader here",
        "Create it without BPF_F_RB_OVERWRITE",
      );
    }
    const handle = native.ringOpen(map);
    if (handle < 0) throw this.core.failure(operation, handle);
    this.lifetime.own("rings", handle);
    const memory = native.ringMemory(handle);
    if (typeof memory === "number") throw this.core.failure(operation, memory);
    this.lifetime.waits.add(() => this.#end());
    const [data, table] = memory;
    this.#ring = {
      handle,
      view: new DataView(data),
      entries: new Uint32Array(table),
      // Without a codec T is Uint8Array, its default.
      records: this.#codec === undefined ? (BYTES as Records<unknown> as Records<T>) : recordsOf(this.#codec),
    };
    return this.#ring;
  }

  /** The ring goes: what it has done is kept, and its reader comes to an end. */
  #end(): void {
    if (this.#ring === undefined || this.#last !== undefined) return;
    const { handle } = this.#ring;
    if (this.#taken !== undefined) {
      this.#taken.going = false;
      native.ringGiveBack(handle, this.#taken.done);
    }
    this.#last = this.#statsOf(handle, native.ringPending(handle));
    this.#reader.wake();
  }

  #statsOf(handle: Handle, undelivered = 0): RingBufferStats {
    const [delivered = 0, bytes = 0, discarded = 0, lag = 0, highWater = 0, size = 0] = this.#figures(handle);
    return { delivered, bytes, batches: this.#batches, discarded, lag, highWater, size, undelivered };
  }

  #figures(handle: Handle): Float64Array {
    const figures = new Float64Array(6);
    const status = native.ringStats(handle, figures);
    if (status < 0) throw this.core.failure("stats", status);
    return figures;
  }

  #checkHandler(operation: string, handler: unknown): void {
    if (typeof handler === "function") return;
    const message = `${this.#what}: ${operation} takes a function, got ${handler === null ? "null" : typeof handler}`;
    throw new ArgumentError(message, { operation, map: this.name });
  }
}
