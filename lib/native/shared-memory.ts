/** Memory that this process shares with the kernel, for as long as it is open. */
import { ClosedError, MapError } from "../errors";

/** Mapped memory, and whether it may still be read and may be written. */
export class SharedMemory {
  /** Whose memory it is, for errors: "map counters". */
  readonly what: string;
  /** False for memory that is mapped read-only: a write would end the process, and is refused before. */
  readonly writable: boolean;
  #view: DataView | undefined;

  /**
   * @internal
   * @param view all of the memory; whoever unmaps it calls close() first
   */
  constructor(what: string, view: DataView, writable: boolean) {
    this.what = what;
    this.writable = writable;
    this.#view = view;
  }

  get closed(): boolean {
    return this.#view === undefined;
  }

  /**
   * The memory, to be read.
   *
   * @throws {@link ClosedError} once it is closed
   */
  get view(): DataView {
    const view = this.#view;
    if (view === undefined) throw new ClosedError(this.what, "view");
    return view;
  }

  /**
   * The memory, to be written.
   *
   * @throws {@link ClosedError} once it is closed
   * @throws {@link MapError} if it is read-only
   */
  get target(): DataView {
    if (this.writable) return this.view;
    throw new MapError("ERR_BPF_MAP", `${this.what} is read-only`, { operation: "view", errno: "EPERM" });
  }

  /** From now on every access throws. Idempotent. */
  close(): void {
    this.#view = undefined;
  }
}
