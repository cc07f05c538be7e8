/** USER_RINGBUF: records from this process to programs. */
import { isUint8Array } from "node:util/types";
import type { Codec } from "../codec/codec";
import { ArgumentError, ClosedError, isErrno, shown } from "../errors";
import { forget, hold, listen, release } from "../events/poller";
import { type ReadOptions, signal } from "../events/reader";
import { type Handle, native } from "../native";
import { checkOptions, type Schema } from "../options";
import { refuseOthers } from "../receivers";
import type { MapCore } from "./core";
import { copied, lengthOf } from "./list";
import { BpfMap } from "./map";
import type { ElementCodecs } from "./map-codec";
import type { MapOperation } from "./map-operation";

const DRAINED_OPTIONS: Schema<ReadOptions> = { signal };

/**
 * A user ring buffer: a program receives the submitted records in order when it calls bpf_user_ringbuf_drain(). Since
 * Linux 6.1.
 *
 * Records are `T` if their type is known ({@link OpenOptions.events}), else bytes. A ring has one producer: if another
 * process or worker submits to the same map concurrently, the ring's data is corrupted.
 */
export class UserRingBuffer<T = Uint8Array> extends BpfMap {
  static {
    refuseOthers(UserRingBuffer, (value) => #codec in value);
  }

  readonly #codec: Codec<T> | undefined;
  #ring: Handle | undefined;
  /** Whether the program may have drained records since a record last did not fit. */
  #drained = true;
  readonly #waiting = new Set<() => void>();

  /** @internal */
  constructor(core: MapCore, codecs: ElementCodecs) {
    super(core);
    // The object declares the type of the records, and T matches it.
    this.#codec = codecs.event as Codec<T> | undefined;
  }

  /**
   * Submits a record. libbpf: user_ring_buffer__reserve(), user_ring_buffer__submit().
   *
   * @throws {@link MapError} ENOSPC if the ring is full; E2BIG if the record and its 8-byte header are larger than the
   *   ring
   * @throws {@link ArgumentError} for a value that does not fit the records' type
   */
  submit(value: T): void {
    const status = this.#submit([value]);
    if (status < 0) throw this.core.failure("submit", status);
  }

  /**
   * Submits records with one call, until one does not fit.
   *
   * @returns the number of records submitted, from the first on; 0 if the ring is full
   * @throws {@link MapError} E2BIG if the first one is larger than the ring
   * @throws {@link ArgumentError} for a value that does not fit the records' type; none is submitted then
   */
  submitMany(values: readonly T[]): number {
    if (!Array.isArray(values)) {
      const message = `map ${this.name}: submitMany takes an array of records, got ${shown(values)}`;
      throw new ArgumentError(message, { operation: "map.submitMany", map: this.name });
    }
    const count = this.#submit(copied(values));
    if (isErrno(count, "ENOSPC")) return 0;
    if (count < 0) throw this.core.failure("submit", count);
    return count;
  }

  /**
   * Waits until a program has drained records since a record last did not fit. The freed room may still be too small:
   * try again. A drain with BPF_RB_NO_WAKEUP is not noticed. Waiting keeps the process alive.
   *
   * @throws the signal's reason when aborted; {@link ClosedError} if the map is closed meanwhile
   */
  async drained(options?: ReadOptions): Promise<void> {
    const details = { operation: "map.drained", map: this.name } as const;
    const callee = { name: "drained", of: `map ${this.name}`, details };
    const { signal } = checkOptions(callee, options, DRAINED_OPTIONS);
    this.#open("drained");
    signal?.throwIfAborted();
    if (this.#drained) return;
    let wake = () => {};
    const woken = new Promise<void>((resolve) => (wake = resolve));
    this.#waiting.add(wake);
    signal?.addEventListener("abort", wake);
    hold();
    try {
      await woken;
    } finally {
      release();
      signal?.removeEventListener("abort", wake);
      this.#waiting.delete(wake);
    }
    signal?.throwIfAborted();
    if (this.closed) throw new ClosedError(`map ${this.name}`, "map.drained");
  }

  /** Closes the map as {@link BpfMap.close} does; a pending {@link drained} throws {@link ClosedError}. */
  override close(): void {
    if (this.closed) return;
    super.close();
    this.#stop();
    if (this.#ring === undefined || this.lifetime.closed) return;
    this.lifetime.disown("userRings", this.#ring);
    native.userRingClose(this.#ring);
  }

  #submit(values: readonly T[]): number {
    const { records, lengths } = this.#encode(values);
    const ring = this.#open("submit");
    const count = native.userRingSubmit(ring, records, lengths);
    // No drain makes room for a record that is larger than the ring.
    if (count < values.length && !isErrno(count, "E2BIG")) this.#listen(ring);
    return count;
  }

  #encode(values: readonly T[]): { records: Uint8Array; lengths: Uint32Array } {
    const codec = this.#codec;
    if (codec === undefined) {
      const records = values.map((value) => this.#bytes(value));
      // A record with a detached buffer has no bytes, and copying it throws.
      const full = records.filter((record) => lengthOf(record) > 0);
      return { records: Buffer.concat(full), lengths: Uint32Array.from(records, lengthOf) };
    }
    const { size } = codec;
    const { length } = values;
    const records = new Uint8Array(length * size);
    const view = new DataView(records.buffer);
    for (let index = 0; index < length; index++) codec.encode(values[index] as T, view, index * size);
    return { records, lengths: new Uint32Array(length).fill(size) };
  }

  #bytes(value: unknown): Uint8Array {
    if (isUint8Array(value)) return value;
    throw new ArgumentError(
      `map ${this.name}: a record is a Uint8Array, got ${value === null ? "null" : typeof value}`,
      {
        operation: "map.submit",
        map: this.name,
        hint: "Say what its records are by the map's tag, or open()'s option events",
      },
    );
  }

  #open(operation: MapOperation): Handle {
    const map = this.core.handle(operation);
    if (this.#ring !== undefined) return this.#ring;
    const ring = native.userRingOpen(map);
    if (ring < 0) throw this.core.failure(operation, ring);
    this.#ring = this.lifetime.own("userRings", ring);
    this.lifetime.waits.add(this.#stop);
    return ring;
  }

  /**
   * Listens only until the ring is drained: the poller references its listeners, and an unused map must be collectable.
   */
  #listen(ring: Handle): void {
    this.#drained = false;
    listen(ring, () => {
      forget(ring);
      this.#drained = true;
      this.#wake();
    });
  }

  readonly #stop = () => {
    if (this.#ring !== undefined) forget(this.#ring);
    this.lifetime.waits.delete(this.#stop);
    this.#wake();
  };

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }
}
