/** Maps of records that are read from the event loop: ring buffers and perf buffers. */
import type { Codec } from "../codec/codec";
import { BpfError } from "../errors";
import { batches } from "../events/batches";
import { type ColumnBatch, type ColumnName, ColumnReader } from "../events/columns";
import { type Batch, MOST } from "../events/pace";
import { Reader, type ReadOptions, signal } from "../events/reader";
import { BYTES, type Progress, type Records, recordsOf } from "../events/records";
import { type HandlerOptions, type Subscription, subscribe } from "../events/subscription";
import type { Handle, RecordMemory } from "../native";
import { anyFunction, anyString, type Callee, checkArgument, checkOptions, list, type Schema } from "../options";
import { refuseOthers } from "../receivers";
import type { MapCore } from "./core";
import { BpfMap } from "./map";
import type { ElementCodecs } from "./map-codec";
import type { MapOperation } from "./map-operation";

/** Which fields are read into columns. */
export interface ColumnOptions<F extends string = string> extends ReadOptions {
  /** All that are numbers, by default. */
  fields?: readonly F[];
}

const READ_OPTIONS: Schema<ReadOptions> = { signal };
const HANDLER_OPTIONS: Schema<HandlerOptions> = { signal, onError: anyFunction };
const COLUMN_OPTIONS: Schema<ColumnOptions> = { signal, fields: list(anyString) };

/** The native side of one kind. */
interface Calls {
  /** For errors: "ring buffer". */
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

/** What ring buffers and perf buffers have in common. `B` is a batch of records, `S` their stats. */
export abstract class RecordMap<T, B extends Batch, S> extends BpfMap implements AsyncIterable<B> {
  static {
    refuseOthers(RecordMap, (value) => #calls in value);
  }

  readonly #calls: Calls;
  readonly #codec: Codec<T> | undefined;
  readonly #reader: Reader;
  #opened: Opened<T> | undefined;
  /** What is being read now. */
  #taken: Progress | undefined;
  #batches = 0;
  #last: S | undefined;

  /** @internal */
  constructor(core: MapCore, { event }: ElementCodecs, calls: Calls) {
    super(core);
    this.#calls = calls;
    // What the records are is the object's word, which T repeats.
    this.#codec = event as Codec<T> | undefined;
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
   * Some of the records that are there now; none if there are none. Does not wait.
   *
   * @throws {@link ArgumentError} for a record that is shorter than its type, which is skipped then
   */
  read(): B {
    return this.#batch(MOST);
  }

  /** Batches of records as they come, until the map is closed. */
  batches(options?: ReadOptions): AsyncIterableIterator<B, void> {
    const { signal } = checkOptions(this.#callee("batches"), options, READ_OPTIONS);
    return batches(this.#reader, (limit) => this.#batch(limit), signal);
  }

  /**
   * `batches()`: one reader at a time.
   *
   * @throws {@link BpfError} `ERR_BPF_BUSY` if there is one already
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<B, void> {
    return this.batches();
  }

  /** Calls a handler with batches of records as they come. */
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

  /** Calls a handler with each record as it comes. */
  onEvent(handler: (event: T) => void, options?: HandlerOptions): Subscription {
    checkArgument(this.#callee("onEvent"), "handler", handler, anyFunction);
    const given = checkOptions(this.#callee("onEvent"), options, HANDLER_OPTIONS);
    return subscribe(this.#reader, (limit, progress) => this.#each(limit, handler, progress), given);
  }

  /**
   * Batches of numbers as they come, one typed array for each field: no object is made of a record. A batch is valid until the next one is
   * asked for.
   *
   * @throws {@link ArgumentError} if the records' type is not known, or a field is no number
   */
  columns<F extends ColumnName<T> = ColumnName<T>>(
    options?: ColumnOptions<F>,
  ): AsyncIterableIterator<ColumnBatch<T, F>, void> {
    const { fields, signal } = checkOptions<ColumnOptions>(this.#callee("columns"), options, COLUMN_OPTIONS);
    const columns = new ColumnReader<T, F>(this.#codec, fields, this.#what, MOST);
    const read = (limit: number) => {
      let batch = columns.none;
      this.#take(limit, { done: 0, going: true }, ({ view, entries }, count, progress) => {
        batch = columns.read(view, entries, count);
        progress.done = batch.length;
      });
      return batch;
    };
    return batches(this.#reader, read, signal);
  }

  /**
   * Gives the reader what is there now, also records that were submitted with BPF_RB_NO_WAKEUP. A handler that does not throw has got
   * all of it when this returns.
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

  /** What was read, dropped and left, since it was opened. */
  get stats(): S {
    return this.#last ?? this.statsOf(this.opened("stats"), this.#batches, 0);
  }

  override close(): void {
    if (this.closed) return;
    super.close();
    this.#end();
    if (this.#opened === undefined || this.lifetime.closed) return;
    this.lifetime.disown(this.#calls.kind, this.#opened.handle);
    this.#calls.close(this.#opened.handle);
  }

  /** @internal Opens the native side, which the poller tells of: a handle, or -errno. */
  protected abstract openNative(map: Handle, operation: MapOperation): Handle;

  /** @internal What is given for records that were read together. */
  protected abstract batchOf(records: T[], handle: Handle): B;

  /** @internal */
  protected abstract statsOf(handle: Handle, batches: number, undelivered: number): S;

  /** @internal Its handle, opened when it is first used. */
  protected opened(operation: MapOperation): Handle {
    return this.#open(operation).handle;
  }

  /** @internal To be called when there may be something that the poller did not tell of. */
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

  /** Lets `use` read some records, and gives those back that it has done. */
  #take(
    limit: number,
    progress: Progress,
    use: (opened: Opened<T>, count: number, progress: Progress) => void,
  ): Opened<T> {
    if (this.#taken !== undefined) {
      const hint = "Read it when the handler has returned";
      throw new BpfError("ERR_BPF_BUSY", `${this.#what}: its handler has a record now`, {
        operation: "map.read",
        hint,
      });
    }
    progress.done = 0;
    const opened = this.#open("read");
    const count = this.#calls.take(opened.handle, limit);
    if (count < 0) {
      progress.going = false; // it would fail again, in every turn
      throw this.core.failure("read", count);
    }
    if (count === 0) return opened;
    this.#taken = progress;
    try {
      use(opened, count, progress);
    } finally {
      this.#taken = undefined;
      if (progress.done > 0) this.#batches++;
      // A handler may have closed it.
      if (progress.done > 0 && this.#last === undefined) this.#calls.giveBack(opened.handle, progress.done);
    }
    if (progress.done > 0) return opened;
    const [offset = 0, length = 0] = opened.entries;
    // The first one is shorter than its type: it must not come again, and decode() says what is wrong with it.
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

  /** It goes: what it has done is kept, and its reader comes to an end. */
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
