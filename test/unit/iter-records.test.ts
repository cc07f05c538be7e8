/** Records in an iterator's output, however read(2) cuts it. */
import { Readable } from "node:stream";
import fc from "fast-check";
import { codecs } from "node-libbpf";
import { recordsIn } from "../../lib/link/iter-records";

async function all(chunks: Uint8Array[]): Promise<number[]> {
  const found: number[] = [];
  const stream = Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
  for await (const value of recordsIn(stream, codecs.u32, "link of program x")) found.push(value);
  return found;
}

/** Cuts bytes at positions. */
function cut(bytes: Uint8Array, positions: readonly number[]): Uint8Array[] {
  const at = [0, ...positions.map((position) => position % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

test("are the same wherever it is cut", async () => {
  const numbers = fc.array(fc.integer({ min: 0, max: 0xffffffff }), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(numbers, fc.array(fc.nat(), { maxLength: 30 }), async (values, positions) => {
      const bytes = new Uint8Array(Uint32Array.from(values).buffer);
      expect(await all(cut(bytes, positions))).toEqual(values);
    }),
  );
});

test("a rest that is no record is an error, after the records before it", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 99 }),
      fc.array(fc.nat(), { maxLength: 9 }),
      async (bytes, positions) => {
        const rest = bytes.length % 4;
        const run = all(cut(bytes, positions));
        if (rest === 0) expect(await run).toHaveLength(bytes.length / 4);
        else await expect(run).rejects.toThrow(`the output ends within a record, after ${rest} of 4 bytes`);
      },
    ),
  );
});
