/** Enforces that a channel has one reader at a time. */
import { ArgumentError, BpfError } from "../errors";
import type { Handle } from "../native";
import { custom } from "../options";
import { forget, hold, listen, release } from "./poller";

/** Options for reading. */
export interface ReadOptions {
  /** Stops reading when aborted: an iteration throws the signal's reason, a handler is not called again. */
  signal?: AbortSignal | undefined;
}

/** A source of records. */
export interface Channel {
  /** Name for errors: "ring buffer events". */
  readonly what: string;
  readonly closed: boolean;
  /** The handle to poll, opened at first use. Throws after the channel is closed. */
  handle(operation: "read"): Handle;
}

/** An active reader. */
interface Reading {
  /** Called when data has arrived, the channel was closed or the signal was aborted. */
  wake(): void;
  /** Reads everything available now, including records submitted without a wakeup. */
  flush(): void;
}

export class Reader {
  readonly #channel: Channel;
  #reading: Reading | undefined;
  #alive = true;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** Name for errors. */
  get what(): string {
    return this.#channel.what;
  }

  get closed(): boolean {
    return this.#channel.closed;
  }

  /** Whether reading keeps the process alive. */
  set alive(alive: boolean) {
    if (this.#reading !== undefined && alive !== this.#alive) alive ? hold() : release();
    this.#alive = alive;
  }

  /** Must be called after the channel is closed. */
  wake(): void {
    this.#reading?.wake();
  }

  flush(): void {
    if (this.#reading === undefined) {
      const hint = "Take the available records with read()";
      throw new ArgumentError(`${this.#channel.what} has no reader to flush to`, { operation: "map.flush", hint });
    }
    this.#reading.flush();
  }

  /**
   * Starts reading.
   *
   * @returns a function that stops it
   * @throws {@link BpfError} ERR_BPF_BUSY if another reader is active
   */
  begin(reading: Reading, signal: AbortSignal | undefined): () => void {
    const { what } = this.#channel;
    if (this.#reading !== undefined) {
      const hint = "It allows one reader: first end the other for await loop, or close the subscription";
      throw new BpfError("ERR_BPF_BUSY", `${what} already has a reader`, { operation: "map.read", hint });
    }
    signal?.throwIfAborted();
    const handle = this.#channel.handle("read");
    const wake = () => reading.wake();
    listen(handle, wake);
    signal?.addEventListener("abort", wake);
    this.#reading = reading;
    if (this.#alive) hold();
    return () => {
      if (this.#reading !== reading) return;
      this.#reading = undefined;
      if (this.#alive) release();
      signal?.removeEventListener("abort", wake);
      forget(handle);
    };
  }
}

export const signal = custom<AbortSignal>("an AbortSignal", (value) => value instanceof AbortSignal);
