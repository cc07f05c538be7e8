/** Writes lists for sentences. */

/** "a", "a and b", "a, b and c". */
export function listed(items: readonly string[], word = "and"): string {
  return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} ${word} ${items.at(-1)}`;
}
