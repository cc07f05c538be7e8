/** Iteration in JavaScript's way over what is read many elements at a time. */
import type { MapBatch } from "./chunks";

/** Decodes some elements of a batch: `count` of them from `start`. */
export type DecodeRun<T> = (batch: MapBatch, start: number, count: number) => readonly T[];

/** Elements that are decoded at once: so few that the garbage collector seldom meets them. */
const RUN = 64;

/** What generators inherit from: the helpers that a version of Node has, map(), filter() … */
const IteratorPrototype: object = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()));

/**
 * Gives elements one after the other. A generator would do, but takes several times as long: V8 inlines next(), and then makes
 * no object of what it returns.
 */
export class Elements<T> implements IterableIterator<T> {
  readonly #batches: Iterator<MapBatch>;
  readonly #decode: DecodeRun<T>;
  readonly #most: number;
  #batch: MapBatch | undefined;
  #start = 0;
  #values: readonly T[] = [];
  #at = 0;

  /** @param ahead whether elements may be decoded before they are asked for */
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
