/**
 * Decodes records in loops over a table of their positions. Each type gets its own loop, so that V8 sees one shape of
 * value in it.
 */
import { type Codec, planOfCodec } from "../codec/codec";
import { compile } from "../codec/generate";

/** Progress of a handler. */
export interface Progress {
  /** Records passed to the handler, including the current one. */
  done: number;
  /** Set to false to stop. */
  going: boolean;
}

/**
 * Both functions decode the first `count` records and stop at one that is shorter than its type. `entries` has pairs of
 * offset and length.
 */
export interface Records<T> {
  read(view: DataView, entries: Int32Array, count: number): T[];
  each(view: DataView, entries: Int32Array, count: number, handler: (event: T) => void, progress: Progress): void;
}

/**
 * Creates the loops for a codec.
 *
 * @param make compiles code; undefined where code generation is not allowed
 */
export function recordsOf<T>(codec: Codec<T>, make: typeof compile = compile): Records<T> {
  const plan = planOfCodec(codec);
  const made =
    plan &&
    make<Records<T>>(plan, {}, (source) => {
      const value = source.read(plan, 0);
      const next = (otherwise: string) =>
        `const o = t[2 * i], e = o + t[2 * i + 1]; if (e - o < ${plan.size}) ${otherwise};`;
      // Allocate the array with its final length: a growing array is copied.
      return `return { read: (v, t, n) => {
          const batch = new Array(n);
          for (let i = 0; i < n; i++) { ${next("{ batch.length = i; break; }")} batch[i] = ${value}; }
          return batch;
        },
        each: (v, t, n, f, at) => { for (let i = 0; i < n && at.going; ) { ${next("return")} at.done = ++i; f(${value}); } } };`;
    });
  return made ?? loopsOf(codec);
}

/** The same without code generation. */
function loopsOf<T>(codec: Codec<T>): Records<T> {
  const from = (entries: Int32Array, index: number) => entries[2 * index] as number;
  const length = (entries: Int32Array, index: number) => entries[2 * index + 1] as number;
  return {
    read(view, entries, count) {
      const batch: T[] = [];
      for (let i = 0; i < count && length(entries, i) >= codec.size; i++) {
        batch.push(codec.decode(view, from(entries, i), length(entries, i)));
      }
      return batch;
    },
    each(view, entries, count, handler, progress) {
      for (let i = 0; i < count && progress.going && length(entries, i) >= codec.size; i++) {
        progress.done = i + 1;
        handler(codec.decode(view, from(entries, i), length(entries, i)));
      }
    },
  };
}

/** Records as raw bytes. The records of a batch share one copy, which stays alive as long as any of them. */
export const BYTES: Records<Uint8Array> = {
  read(view, entries, count) {
    const start = entries[0] as number;
    const end = (entries[2 * count - 2] as number) + (entries[2 * count - 1] as number);
    const copy = new Uint8Array(view.buffer, start, end - start).slice().buffer;
    return Array.from(
      { length: count },
      (_, i) => new Uint8Array(copy, (entries[2 * i] as number) - start, entries[2 * i + 1]),
    );
  },
  each(view, entries, count, handler, progress) {
    const batch = BYTES.read(view, entries, count);
    while (progress.done < count && progress.going) handler(batch[progress.done++] as Uint8Array);
  },
};
