/** Records as values: loops over a table of where they are, made once for each type, so that each sees one kind of value. */
import { type Codec, planOfCodec } from "../codec/codec";
import { compile } from "../codec/generate";

/** How far a handler has come. */
export interface Progress {
  /** Records that were handed to it, the one that it has now included. */
  done: number;
  /** Set to false, it gets no more. */
  going: boolean;
}

/** Both read the first `count` records, up to one that is shorter than its type. `entries` are pairs of offset and length. */
export interface Records<T> {
  read(view: DataView, entries: Int32Array, count: number): T[];
  each(view: DataView, entries: Int32Array, count: number, handler: (event: T) => void, progress: Progress): void;
}

/** @param make makes functions of text; undefined where that is not allowed */
export function recordsOf<T>(codec: Codec<T>, make: typeof compile = compile): Records<T> {
  const plan = planOfCodec(codec);
  const made =
    plan &&
    make<Records<T>>(plan, {}, (source) => {
      const value = source.read(plan, 0);
      const next = (otherwise: string) =>
        `const o = t[2 * i], e = o + t[2 * i + 1]; if (e - o < ${plan.size}) ${otherwise};`;
      // An array of the right length: one that grows is copied on the way.
      return `return { read: (v, t, n) => {
          const batch = new Array(n);
          for (let i = 0; i < n; i++) { ${next("{ batch.length = i; break; }")} batch[i] = ${value}; }
          return batch;
        },
        each: (v, t, n, f, at) => { for (let i = 0; i < n && at.going; ) { ${next("return")} at.done = ++i; f(${value}); } } };`;
    });
  return made ?? loopsOf(codec);
}

/** The same where code can't be generated. */
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

/** Each record its own bytes. Those of a batch lie in one copy, which a record that is kept keeps. */
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
