/** The turns of a subscription; test/kernel/ring-buffer.test.ts tests reading from a ring. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { batches } from "../../lib/events/batches";
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

describe("eager reading", () => {
  /** A reader without a ring: what it finds in each turn, and whether it was asked again. */
  const quiet = () => {
    let wake = () => {};
    const reader = {
      what: "ring buffer events",
      closed: false,
      begin: (reading: { wake(): void }) => {
        wake = () => reading.wake();
        return () => {};
      },
    } as unknown as Reader;
    return { reader, wake: () => wake() };
  };
  let now: number;
  let clock: jest.SpyInstance<number, []>;
  beforeEach(() => {
    now = 0;
    clock = jest.spyOn(performance, "now").mockImplementation(() => now);
  });
  afterEach(() => clock.mockRestore());

  test("a handler looks for records in every turn until the time is over, then waits", async () => {
    const { reader, wake } = quiet();
    const lengths = [1, 0];
    let asked = 0;
    const step = () => ({ length: lengths[asked++] ?? 0 });
    using _ = subscribe(reader, step, { eager: 2 });
    await nextTurn();
    const first = asked;
    await nextTurn();
    expect(asked).toBe(first + 1);
    now = 1.9;
    await nextTurn();
    expect(asked).toBe(first + 2);
    now = 2;
    await nextTurn();
    await nextTurn();
    const last = asked;
    await nextTurn();
    expect(asked).toBe(last);
    wake();
    expect(asked).toBe(last + 1);
  });

  test("an iteration yields what comes without a wake-up", async () => {
    const { reader } = quiet();
    let length = 1;
    const iteration = batches(reader, () => ({ length }), { eager: 5 });
    expect(await iteration.next()).toEqual({ value: { length: 1 }, done: false });
    length = 0;
    const next = iteration.next();
    await nextTurn();
    length = 7;
    expect(await next).toEqual({ value: { length: 7 }, done: false });
    await iteration.return?.();
  });

  test("nothing is looked for without it", async () => {
    const { reader } = quiet();
    let asked = 0;
    using _ = subscribe(reader, () => ({ length: asked++ === 0 ? 1 : 0 }), {});
    await nextTurn();
    const once = asked;
    await nextTurn();
    expect(asked).toBe(once);
  });
});
