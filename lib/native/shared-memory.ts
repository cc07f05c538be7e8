/** Memory that this process shares with the kernel. */
import { ClosedError, MapError } from "../errors";

/** Mapped memory with its state: open or closed, writable or read-only. */
export class SharedMemory {
  /** The owner of the memory, for errors: "map counters". */
  readonly what: string;
  /** False for memory mapped read-only: a write would kill the process with SIGSEGV, so it is rejected. */
  readonly writable: boolean;
  #view: DataView | undefined;

  /**
   * @internal
   * @param view all of the memory; call close() before unmapping it
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
   * The memory for reading.
   *
   * @throws {@link ClosedError} after close()
   */
  get view(): DataView {
    const view = this.#view;
    if (view === undefined) throw new ClosedError(this.what, "view");
    return view;
  }

  /**
   * The memory for writing.
   *
   * @throws {@link ClosedError} after close()
   * @throws {@link MapError} if it is read-only
   */
  get target(): DataView {
    if (this.writable) return this.view;
    throw new MapError("ERR_BPF_MAP", `${this.what} is read-only`, { operation: "view", errno: "EPERM" });
  }

  /** Makes every later access throw. Idempotent. */
  close(): void {
    this.#view = undefined;
  }
}
