/** A few fuzzed objects; node dist/scripts/fuzz.js tests more of them. */
import { fuzz } from "../../scripts/fuzz";

test("some, of one seed: no signal, no hang, no error that is not the library's, bounded memory", async () => {
  expect(await fuzz({ seed: 14, count: 1000 })).toEqual([]);
});
