/** The turns of a subscription; test/kernel/ring-buffer.test.ts tests reading from a ring. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Reader } from "../../lib/events/reader";
import { subscribe } from "../../lib/events/subscription";

test("a turn reads once, even if it is late", async () => {
  const reader = { what: "ring buffer events", closed: false, begin: () => () => {} } as unknown as Reader;
  let time = 0;
  const late = jest.spyOn(performance, "now").mockImplementation(() => (time += 1000));
  let read = 0;
  const subscription = subscribe(reader, () => ({ length: 3 - ++read }), {});
  try {
    for (let turn = 1; turn <= 3; turn++) {
      await nextTurn();
      expect(read).toBe(turn);
    }
    await nextTurn();
    expect(read).toBe(3);
  } finally {
    late.mockRestore();
    subscription.close();
  }
});
