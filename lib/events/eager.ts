/** Reading again without being woken: what the kernel's wake-up costs is saved, for a CPU that is busy meanwhile. */
import { custom } from "../options";
import type { ReadOptions } from "./reader";

/** Options for reading records. */
export interface RecordOptions extends ReadOptions {
  /**
   * For how many milliseconds after the last record the reader looks for the next one in every turn of the event loop,
   * before it waits for the kernel to wake it: 0, the default, to 1000. Within that time a record is read sooner, and the
   * program that submits it wakes nobody's CPU; the thread is busy, and other work on the event loop still runs.
   */
  eager?: number | undefined;
}

const MOST = 1000;

export const eager = custom<number>(
  `a number of milliseconds from 0 to ${MOST}`,
  (value) => typeof value === "number" && value >= 0 && value <= MOST,
);

export class Eagerness {
  readonly #milliseconds: number;
  #until = 0;

  constructor(milliseconds = 0) {
    this.#milliseconds = milliseconds;
  }

  /** Whether to look again in the next turn, after a turn that has `found` records or none. */
  again(found: boolean): boolean {
    if (this.#milliseconds === 0) return false;
    const now = performance.now();
    if (found) this.#until = now + this.#milliseconds;
    return now < this.#until;
  }
}
