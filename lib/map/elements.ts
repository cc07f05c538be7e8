/** JavaScript iteration over elements that are read in batches. */
import type { MapBatch } from "./chunks";

/** Decodes `count` elements of a batch from `start`. */
export type DecodeRun<T> = (batch: MapBatch, start: number, count: number) => readonly T[];

/** Number of elements decoded at once: few enough to be short-lived for the garbage collector. */
const RUN = 64;

/** The prototype of generators, with the helpers of this version of Node: map(), filter() … */
const IteratorPrototype: object = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()));

/**
 * Yields elements one by one. A generator would take several times as long: V8 inlines this next(), and then allocates
 * no result object.
 */
export class Elements<T> implements IterableIterator<T> {
  readonly #batches: Iterator<MapBatch>;
  readonly #decode: DecodeRun<T>;
  readonly #most: number;
  #batch: MapBatch | undefined;
  #start = 0;
  #values: readonly T[] = [];
  #at = 0;

  /**
   * Creates the iterator.
   *
   * @param ahead whether elements may be decoded before they are requested
   */
  constructor(batches: Iterator<MapBatch>, ahead: boolean, decode: DecodeRun<T>) {
    this.#batches = batches;
    this.#decode = decode;
    this.#most = ahead ? RUN : 1;
  }

  next(): IteratorResult<T, undefined> {
    while (this.#at === this.#values.length) {
      if (!this.#fill()) return { done: true, value: undefined };
    }
    return { done: false, value: this.#values[this.#at++] as T };
  }

  return(): IteratorResult<T, undefined> {
    this.#batches.return?.();
    this.#batch = undefined;
    this.#values = [];
    this.#at = 0;
    return { done: true, value: undefined };
  }

  [Symbol.iterator](): this {
    return this;
  }

  #fill(): boolean {
    if (this.#batch === undefined || this.#start === this.#batch.count) {
      const { done, value } = this.#batches.next();
      this.#batch = done ? undefined : value;
      this.#start = 0;
      if (this.#batch === undefined) return false;
    }
    const count = Math.min(this.#most, this.#batch.count - this.#start);
    this.#values = this.#decode(this.#batch, this.#start, count);
    this.#start += count;
    this.#at = 0;
    return true;
  }
}

Object.setPrototypeOf(Elements.prototype, IteratorPrototype);
