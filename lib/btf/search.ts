/** Searches type records in TypeScript. The addon does the same (binding/btf_search.cc), for the kernel's. */

/** Words of a type record after the three common ones: FIXED per type, plus EACH per member. Indexed by kind. */
const FIXED: readonly number[] = [0, 1, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0];
export const EACH: readonly number[] = [0, 0, 0, 0, 3, 3, 2, 0, 0, 0, 0, 0, 0, 2, 0, 3, 0, 0, 0, 3];

/** Thrown for bytes that are not valid BTF for this machine. Callers catch it and name the file. */
export class BtfError extends Error {}

/** The BTF is valid but uses kinds that this library does not know, so it can't be parsed. */
export class BtfKindError extends BtfError {}

/** Type records in words, their names in a string section. */
export interface BtfSearch {
  /** The word index at which each record starts, and a bit for each kind that occurs. Throws {@link BtfError}. */
  starts(words: Uint32Array): { starts: Uint32Array; kinds: number };
  /**
   * The indices in `starts` of types of a kind whose names begin with a prefix, at most `limit`. `first` is the offset of
   * `strings`.
   */
  matches(
    words: Uint32Array,
    starts: Uint32Array,
    strings: Uint8Array,
    first: number,
    kind: number,
    prefix: string,
    limit: number,
  ): ArrayLike<number>;
  /** An index of the types by their names without flavors, which pays for a few searches. */
  index?(words: Uint32Array, starts: Uint32Array, strings: Uint8Array, first: number): Uint32Array;
  /** By it, the indices in `starts` of the types of a kind that have a name, with or without a flavor. */
  named?(
    words: Uint32Array,
    starts: Uint32Array,
    strings: Uint8Array,
    first: number,
    index: Uint32Array,
    kind: number,
    name: string,
  ): ArrayLike<number>;
}

/** The name without its flavor, the suffix after three underscores. libbpf: bpf_core_essential_name_len(). */
export function withoutFlavor(name: string): string {
  return name.replace(/^(.*[^_])___[^_].*$/, "$1");
}

export function kindOf(info: number): number {
  return (info >>> 24) & 0x1f;
}

export const inTypeScript: BtfSearch = {
  starts(words) {
    const starts = new Uint32Array(Math.ceil(words.length / 3));
    let count = 0;
    let kinds = 0;
    let at = 0;
    while (at + 3 <= words.length) {
      const info = words[at + 1] as number;
      const kind = kindOf(info);
      const fixed = FIXED[kind];
      // The record size of an unknown kind is unknown, so parsing can't continue.
      if (fixed === undefined || kind === 0) throw new BtfKindError(`type with unknown kind ${kind}`);
      starts[count++] = at;
      kinds |= 1 << kind;
      at += 3 + fixed + (EACH[kind] as number) * (info & 0xffff);
    }
    if (at !== words.length) throw new BtfError("truncated in a type");
    return { starts: starts.subarray(0, count), kinds };
  },

  matches(words, starts, strings, first, kind, prefix, limit) {
    const wanted = Buffer.from(prefix);
    const found: number[] = [];
    for (let index = 0; index < starts.length && found.length < limit; index++) {
      const at = starts[index] as number;
      if (kindOf(words[at + 1] as number) !== kind) continue;
      const start = (words[at] as number) - first;
      // Most names differ in the first character.
      if (start < 0 || (wanted.length > 0 && strings[start] !== wanted[0])) continue;
      let length = 0;
      while (length < wanted.length && strings[start + length] === wanted[length]) length++;
      if (length === wanted.length) found.push(index);
    }
    return found;
  },
};
