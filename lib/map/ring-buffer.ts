/** RINGBUF: records from programs, read from the event loop in batches. */
import type { Codec } from "../btf/codec";
import { little } from "../endian";
import { BpfError, isErrno } from "../errors";
import { type Handle, native } from "../native";
import type { ElementCodecs } from "./codec";
import type { MapCore } from "./core";
import { BpfMap } from "./map";

/** Records of one batch at most: bounds the time that one turn of the event loop takes. */
const BATCH = 1024;

/**
 * A ring buffer. Since Linux 5.8; for sleepable programs since 5.12.
 *
 * `for await (const batch of ring)` gives arrays of records in the order in which they were reserved: each its own bytes, or
 * `T` where the object says what its records are ({@link OpenOptions.events}). While the consumer is busy nothing is read: the ring
 * fills, and the program's reserve fails. Waiting keeps the process alive. The iteration ends when the object is closed.
 */
export class RingBuffer<T = Uint8Array> extends BpfMap implements AsyncIterable<T[]> {
  readonly #codec: Codec<T> | undefined;
  #ring: Handle | undefined;
  #iterating = false;
  #stop: (() => void) | undefined;

  /** @internal */
  constructor(core: MapCore, { event }: ElementCodecs) {
    super(core);
    // What the records are is the object's word, which T repeats.
    this.#codec = event as Codec<T> | undefined;
  }

  /**
   * The records that are there now, at most 1024; none if there are none. Does not wait.
   *
   * @throws {@link ArgumentError} for a record that is shorter than its type; the batch is lost
   */
  read(): T[] {
    const batch = native.ringConsume(this.#open("read"), BATCH);
    if (typeof batch !== "number") return split(batch, this.#codec);
    if (isErrno(batch, "EAGAIN")) return [];
    throw this.core.failure("read", batch);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T[], void, void> {
    if (this.#iterating) {
      throw new BpfError("ERR_BPF_BUSY", `ring buffer ${this.name} is being read already`, {
        operation: "map.read",
        map: this.name,
        hint: "A ring has one reader: end the other for await first",
      });
    }
    this.#iterating = true;
    try {
      while (!this.closed) {
        const batch = this.read();
        if (batch.length > 0) yield batch;
        else await this.#readable();
      }
    } finally {
      this.#iterating = false;
    }
  }

  override close(): void {
    if (this.closed) return;
    super.close();
    this.#stop?.();
    if (this.#ring === undefined || this.lifetime.closed) return;
    this.lifetime.disown("rings", this.#ring);
    native.ringClose(this.#ring);
  }

  #readable(): Promise<void> {
    const ring = this.#open("read");
    return new Promise((resolve, reject) => {
      const stop = () => {
        this.lifetime.waits.delete(stop);
        this.#stop = undefined;
        native.ringCancel(ring);
        resolve();
      };
      const status = native.ringWait(ring, () => {
        this.lifetime.waits.delete(stop);
        this.#stop = undefined;
        resolve();
      });
      if (status < 0) return reject(this.core.failure("read", status));
      this.lifetime.waits.add(stop);
      this.#stop = stop;
    });
  }

  #open(operation: string): Handle {
    const map = this.core.handle(operation);
    if (this.#ring !== undefined) return this.#ring;
    const ring = native.ringOpen(map);
    if (ring < 0) throw this.core.failure(operation, ring);
    this.#ring = this.lifetime.own("rings", ring);
    return ring;
  }
}

/** The layout that binding/ring_buffer.h documents: length in 4 bytes, 4 bytes, the record on 8. */
function split<T>(batch: ArrayBuffer, codec: Codec<T> | undefined): T[] {
  const view = new DataView(batch);
  const records: T[] = [];
  for (let offset = 0; offset < batch.byteLength; ) {
    const length = view.getUint32(offset, little);
    // Without a codec T is Uint8Array, its default.
    const record = codec?.decode(view, offset + 8, length) ?? (new Uint8Array(batch, offset + 8, length) as T);
    records.push(record);
    offset += 8 + ((length + 7) & ~7);
  }
  return records;
}
