/** A few fuzzed objects; node dist/scripts/fuzz.js tests more of them. */
import { fuzz } from "../../scripts/fuzz";

test("some objects of one seed: no signal, no hang, only errors of the library, bounded memory", async () => {
  expect(await fuzz({ seed: 14, count: 1000 })).toEqual([]);
});
