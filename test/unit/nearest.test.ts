/** The suggestion for a misspelt name. */
import fc from "fast-check";
import { nearest } from "../../lib/nearest";

/** Edits from one text to another by their definition; a swap of two neighbors is one. */
function edits(from: string, to: string): number {
  const table = Array.from({ length: from.length + 1 }, (_, i) =>
    Array.from({ length: to.length + 1 }, (_, j) => i + j),
  );
  const at = (i: number, j: number) => table[i]?.[j] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= from.length; i++)
    for (let j = 1; j <= to.length; j++) {
      const changed = at(i - 1, j - 1) + (from[i - 1] === to[j - 1] ? 0 : 1);
      const isSwap = from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const swapped = isSwap ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY;
      (table[i] as number[])[j] = Math.min(changed, at(i - 1, j) + 1, at(i, j - 1) + 1, swapped);
    }
  return at(from.length, to.length);
}

test("it is the first of the names with the fewest edits, up to a third of the name's letters", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 16 });
  fc.assert(
    fc.property(text, fc.array(text, { maxLength: 12 }), (name, names) => {
      const limit = Math.max(1, Math.floor(name.length / 3));
      const near = names.filter((one) => edits(name, one) <= limit);
      const least = Math.min(...near.map((one) => edits(name, one)));
      expect(nearest(name, names)).toBe(near.find((one) => edits(name, one) === least));
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ["file_opne", "file_open"],
  ["ifle_open", "file_open"],
  ["do_unlnkat", "do_unlinkat"],
  ["vfs_red", "vfs_read"],
  ["xyz", undefined],
])("%s: %s", (name, meant) => {
  expect(nearest(name, ["file_open", "file_ioctl", "do_unlinkat", "vfs_read", "vfs_write"])).toBe(meant);
});
