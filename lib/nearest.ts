/** Suggests the intended name for a misspelt one. */

/** The most similar name; undefined if none is similar enough. */
export function nearest(name: string, names: Iterable<string>): string | undefined {
  const limit = Math.max(1, Math.floor(name.length / 3));
  const letters = lettersOf(name);
  let best: string | undefined;
  let least = limit + 1;
  for (const candidate of names) {
    // Excludes most of a kernel's 50,000 functions without computing a distance.
    if (Math.abs(candidate.length - name.length) >= least || strangers(letters, candidate) >= least) continue;
    const edits = distance(name, candidate, least);
    if (edits < least) [best, least] = [candidate, edits];
  }
  return best;
}

const CODES = 128;

function lettersOf(name: string): Int32Array {
  const counts = new Int32Array(CODES);
  for (let i = 0; i < name.length; i++) change(counts, name.charCodeAt(i), 1);
  return counts;
}

/** Changes the count of a letter. Returns the new count. */
function change(counts: Int32Array, code: number, by: number): number {
  const count = (counts[code % CODES] as number) + by;
  counts[code % CODES] = count;
  return count;
}

/** Number of the candidate's letters that the name lacks: a lower bound of the distance. */
function strangers(letters: Int32Array, candidate: string): number {
  let count = 0;
  for (let i = 0; i < candidate.length; i++) if (change(letters, candidate.charCodeAt(i), -1) < 0) count++;
  for (let i = 0; i < candidate.length; i++) change(letters, candidate.charCodeAt(i), 1);
  return count;
}

/** Edit distance, where a swap of two neighbors counts as one; `limit` if it is at least that. */
function distance(from: string, to: string, limit: number): number {
  let before: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  let row: number[] = [];
  for (let i = 1; i <= from.length; i++) {
    let edits = i;
    let least = i;
    row[0] = i;
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1];
      edits = Math.min((last[j] as number) + 1, edits + 1, (last[j - 1] as number) + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (swapped) edits = Math.min(edits, (before[j - 2] as number) + 1);
      least = Math.min(least, edits);
      row[j] = edits;
    }
    if (least >= limit) return limit;
    [before, last, row] = [last, row, before];
  }
  return last[to.length] as number;
}
