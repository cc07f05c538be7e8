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

/** Edit distance, where a swap of two neighbors counts as one; at least `limit` if it is that much. */
function distance(from: string, to: string, limit: number): number {
  // What both start or end with takes no edits.
  const shorter = Math.min(from.length, to.length);
  let start = 0;
  while (start < shorter && from.charCodeAt(start) === to.charCodeAt(start)) start++;
  let end = 0;
  while (end < shorter - start && from.charCodeAt(from.length - 1 - end) === to.charCodeAt(to.length - 1 - end)) end++;
  const [height, width] = [from.length - start - end, to.length - start - end];
  let before: number[] = [];
  let last: number[] = [];
  let row: number[] = [];
  for (let j = 0; j <= width; j++) last[j] = j;
  for (let i = 1; i <= height; i++) {
    // Only near the diagonal there are fewer edits than the limit.
    const [first, final] = [Math.max(1, i - limit), Math.min(width, i + limit)];
    const code = from.charCodeAt(start + i - 1);
    const previous = i === 1 ? -1 : from.charCodeAt(start + i - 2);
    let edits = first === 1 ? i : limit;
    let least = edits;
    row[first - 1] = edits;
    for (let j = first; j <= final; j++) {
      const other = to.charCodeAt(start + j - 1);
      const neighbor = j === 1 ? -1 : to.charCodeAt(start + j - 2);
      edits = Math.min((last[j] as number) + 1, edits + 1, (last[j - 1] as number) + (code === other ? 0 : 1));
      if (code === neighbor && previous === other) edits = Math.min(edits, (before[j - 2] as number) + 1);
      if (edits < least) least = edits;
      row[j] = edits;
    }
    if (final < width) row[final + 1] = limit;
    if (least >= limit) return limit;
    [before, last, row] = [last, row, before];
  }
  return last[width] as number;
}
