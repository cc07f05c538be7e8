/** Maps of records that are read on the event loop: ring buffers and perf buffers. */
import type { Codec } from "../codec/codec";
import { BpfError } from "../errors";
import { batches } from "../events/batches";
import { type ColumnBatch, type ColumnName, ColumnReader } from "../events/columns";
import { eager, type RecordOptions } from "../events/eager";
import { type Batch, MOST } from "../events/pace";
import { Reader, signal } from "../events/reader";
import { BYTES, type Progress, type Records, recordsOf } from "../events/records";
import { type HandlerOptions, type Subscription, subscribe } from "../events/subscription";
import type { Handle, RecordMemory } from "../native";
import { anyFunction, anyString, type Callee, checkArgument, checkOptions, list, type Schema } from "../options";
import { refuseOthers } from "../receivers";
import type { MapCore } from "./core";
import { BpfMap } from "./map";
import type { ElementCodecs } from "./map-codec";
import type { MapOperation } from "./map-operation";

/** Selects the fields to read into columns. */
export interface ColumnOptions<F extends string = string> extends RecordOptions {
  /** Names of the fields. Default: all numeric fields. */
  fields?: readonly F[];
}

const RECORD_OPTIONS: Schema<RecordOptions> = { signal, eager };
const HANDLER_OPTIONS: Schema<HandlerOptions> = { ...RECORD_OPTIONS, onError: anyFunction };
const COLUMN_OPTIONS: Schema<ColumnOptions> = { ...RECORD_OPTIONS, fields: list(anyString) };

/** The native functions of one kind of map. */
interface Calls {
  /** Name for errors: "ring buffer". */
  readonly what: string;
  readonly kind: "rings" | "perfBuffers";
  memory(handle: Handle): RecordMemory | number;
  take(handle: Handle, limit: number): number;
  giveBack(handle: Handle, done: number): number;
  pending(handle: Handle): number;
  close(handle: Handle): number;
}

interface Opened<T> {
  readonly handle: Handle;
  readonly view: DataView;
  /** Pairs of offset and length. */
  readonly entries: Int32Array;
  readonly records: Records<T>;
}

/** The common base of ring buffers and perf buffers. `B` is a batch of records, `S` the stats. */
export abstract class RecordMap<T, B extends Batch, S> extends BpfMap implements AsyncIterable<B> {
  static {
    refuseOthers(RecordMap, (value) => #calls in value);
  }

  readonly #calls: Calls;
  readonly #codec: Codec<T> | undefined;
  readonly #reader: Reader;
  #opened: Opened<T> | undefined;
  /** The current read. */
  #taken: Progress | undefined;
  #batches = 0;
  #last: S | undefined;

  /** @internal */
  constructor(core: MapCore, codecs: ElementCodecs, calls: Calls) {
    super(core);
    this.#calls = calls;
    // The object declares the type of the records, and T matches it.
    this.#codec = codecs.event as Codec<T> | undefined;
    const map = this;
    this.#reader = new Reader({
      what: this.#what,
      get closed() {
        return map.closed;
      },
      handle: (operation) => this.opened(operation),
    });
  }

  /**
   * Reads some of the available records, without waiting; an empty batch if there are none.
   *
   * @throws {@link ArgumentError} for a record that is shorter than its type; the record is skipped
   */
  read(): B {
    return this.#batch(MOST);
  }

  /**
   * Iterates over batches of records as they arrive, until the map is closed.
   *
   * @throws {@link BpfError} ERR_BPF_BUSY if there is another reader
   */
  batches(options?: RecordOptions): AsyncIterableIterator<B, void> {
    const given = checkOptions(this.#callee("batches"), options, RECORD_OPTIONS);
    return batches(this.#reader, (limit) => this.#batch(limit), given);
  }

  /**
   * Same as `batches()`. One reader at a time.
   *
   * @throws {@link BpfError} ERR_BPF_BUSY if there is another reader
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<B, void> {
    return this.batches();
  }

  /**
   * Calls a handler with batches of records as they arrive.
   *
   * @throws {@link BpfError} ERR_BPF_BUSY if there is another reader
   * @throws {@link ArgumentError} for an invalid argument
   */
  onBatch(handler: (batch: B) => void, options?: HandlerOptions): Subscription {
    checkArgument(this.#callee("onBatch"), "handler", handler, anyFunction);
    const given = checkOptions(this.#callee("onBatch"), options, HANDLER_OPTIONS);
    const step = (limit: number, progress: Progress) => {
      const batch = this.#batch(limit, progress);
      if (batch.length > 0) handler(batch);
      return batch;
    };
    return subscribe(this.#reader, step, given);
  }

  /**
   * Calls a handler with each record as it arrives.
   *
   * @throws {@link BpfError} ERR_BPF_BUSY if there is another reader
   * @throws {@link ArgumentError} for an invalid argument
   */
  onEvent(handler: (event: T) => void, options?: HandlerOptions): Subscription {
    checkArgument(this.#callee("onEvent"), "handler", handler, anyFunction);
    const given = checkOptions(this.#callee("onEvent"), options, HANDLER_OPTIONS);
    return subscribe(this.#reader, (limit, progress) => this.#each(limit, handler, progress), given);
  }

  /**
   * Iterates over batches of columns as they arrive: one typed array per numeric field, without an object per record. A
   * batch is valid until the next one is requested.
   *
   * @throws {@link ArgumentError} if the records' type is unknown, or a field is not numeric
   * @throws {@link BpfError} ERR_BPF_BUSY if there is another reader
   */
  columns<F extends ColumnName<T> = ColumnName<T>>(
    options?: ColumnOptions<F>,
  ): AsyncIterableIterator<ColumnBatch<T, F>, void> {
    const { fields, ...given } = checkOptions<ColumnOptions>(this.#callee("columns"), options, COLUMN_OPTIONS);
    const columns = new ColumnReader<T, F>(this.#codec, fields, this.#what, MOST);
    const read = (limit: number) => {
      let batch = columns.none;
      this.#take(limit, { done: 0, going: true }, ({ view, entries }, count, progress) => {
        batch = columns.read(view, entries, count);
        progress.done = batch.length;
      });
      return batch;
    };
    return batches(this.#reader, read, given);
  }

  /**
   * Delivers all available records to the reader, including records submitted with BPF_RB_NO_WAKEUP. If the handler
   * does not throw, it has received all of them when this returns.
   *
   * @throws {@link ArgumentError} if there is no reader
   */
  flush(): void {
    this.#reader.flush();
  }

  /** Makes reading keep the process alive, which is the default. */
  ref(): this {
    this.#reader.alive = true;
    return this;
  }

  /** Lets the process exit while reading. */
  unref(): this {
    this.#reader.alive = false;
    return this;
  }

  /** Counters since the map was opened: records read, dropped and left. */
  get stats(): S {
    return this.#last ?? this.statsOf(this.opened("stats"), this.#batches, 0);
  }

  /** Closes the map as {@link BpfMap.close} does, and ends reading: iterations end, handlers are not called again. */
  override close(): void {
    if (this.closed) return;
    super.close();
    this.#end();
    if (this.#opened === undefined || this.lifetime.closed) return;
    this.lifetime.disown(this.#calls.kind, this.#opened.handle);
    this.#calls.close(this.#opened.handle);
  }

  /** @internal Opens the native side, which the poller watches: a handle, or -errno. */
  protected abstract openNative(map: Handle, operation: MapOperation): Handle;

  /** @internal Builds the result for records that were read together. */
  protected abstract batchOf(records: T[], handle: Handle): B;

  /** @internal */
  protected abstract statsOf(handle: Handle, batches: number, undelivered: number): S;

  /** @internal The native handle, opened at first use. */
  protected opened(operation: MapOperation): Handle {
    return this.#open(operation).handle;
  }

  /** @internal Checks for records that the poller did not report. */
  protected wake(): void {
    this.#reader.wake();
  }

  get #what(): string {
    return `${this.#calls.what} ${this.name}`;
  }

  #batch(limit: number, progress: Progress = { done: 0, going: true }): B {
    let batch: T[] = [];
    const { handle } = this.#take(limit, progress, ({ records, view, entries }, count, progress) => {
      batch = records.read(view, entries, count);
      progress.done = batch.length;
    });
    return this.batchOf(batch, handle);
  }

  #each(limit: number, handler: (event: T) => void, progress: Progress): Batch {
    this.#take(limit, progress, ({ records, view, entries }, count) => {
      records.each(view, entries, count, handler, progress);
    });
    return { length: progress.done };
  }

  /** Lets `use` process some records, and releases those that it has processed. */
  #take(
    limit: number,
    progress: Progress,
    use: (opened: Opened<T>, count: number, progress: Progress) => void,
  ): Opened<T> {
    if (this.#taken !== undefined) {
      const hint = "Read after the handler has returned";
      throw new BpfError("ERR_BPF_BUSY", `${this.#what}: its handler is still processing a record`, {
        operation: "map.read",
        hint,
      });
    }
    progress.done = 0;
    const opened = this.#open("read");
    const count = this.#calls.take(opened.handle, limit);
    if (count < 0) {
      progress.going = false; // It would fail again in every turn.
      throw this.core.failure("read", count);
    }
    if (count === 0) return opened;
    this.#taken = progress;
    try {
      use(opened, count, progress);
    } finally {
      this.#taken = undefined;
      if (progress.done > 0) this.#batches++;
      // A handler may have closed the map.
      if (progress.done > 0 && this.#last === undefined) this.#calls.giveBack(opened.handle, progress.done);
    }
    if (progress.done > 0) return opened;
    const [offset = 0, length = 0] = opened.entries;
    // The first record is shorter than its type. It is released, so that it does not come again; decode() throws the
    // error.
    this.#calls.giveBack(opened.handle, 1);
    this.#codec?.decode(opened.view, offset, length);
    return opened;
  }

  #open(operation: MapOperation): Opened<T> {
    const map = this.core.handle(operation);
    if (this.#opened !== undefined) return this.#opened;
    const handle = this.openNative(map, operation);
    if (handle < 0) throw this.core.failure(operation, handle);
    this.lifetime.own(this.#calls.kind, handle);
    const memory = this.#calls.memory(handle);
    if (typeof memory === "number") throw this.core.failure(operation, memory);
    this.lifetime.waits.add(() => this.#end());
    const { data, table } = memory;
    this.#opened = {
      handle,
      view: new DataView(data),
      entries: new Int32Array(table),
      // Without a codec T is Uint8Array, its default.
      records: this.#codec === undefined ? (BYTES as Records<unknown> as Records<T>) : recordsOf(this.#codec),
    };
    return this.#opened;
  }

  /** Ends reading: keeps the counters, and ends the reader. */
  #end(): void {
    if (this.#opened === undefined || this.#last !== undefined) return;
    const { handle } = this.#opened;
    if (this.#taken !== undefined) {
      this.#taken.going = false;
      this.#calls.giveBack(handle, this.#taken.done);
    }
    this.#last = this.statsOf(handle, this.#batches, this.#calls.pending(handle));
    this.#reader.wake();
  }

  #callee(name: "batches" | "onBatch" | "onEvent" | "columns"): Callee {
    return { name, of: this.#what, details: { operation: `map.${name}`, map: this.name } };
  }
}
