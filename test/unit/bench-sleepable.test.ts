/** The figures that the benchmark of sleepable programs derives from its measurements. */
import { added, type Boot, type Hook, paired, repeats } from "../../bench/sleepable/figures";

const times = (least: number, median = least) => ({ least, median });

function boot(plain: number, sleepable?: number): Boot {
  const hook: Hook = {
    name: "fentry",
    call: "getpgid",
    plain: { times: times(plain) },
    sleepable: sleepable === undefined ? { why: "cannot sleep" } : { times: times(sleepable, sleepable + 50) },
  };
  return { release: "6.12", nops: times(1005.92), bare: { getpgid: times(312.92) }, hooks: [hook] };
}

test("the cost of a program is a whole number of instructions, without those of interrupts", () => {
  const { hooks, ...rest } = boot(442.92, 436.94);
  const [hook] = hooks as [Hook];
  expect(added({ hooks, ...rest }, hook, "plain")).toBe(130);
  expect(added({ hooks, ...rest }, hook, "sleepable")).toBe(124);
});

test("a refused program has no cost, not a cost of zero", () => {
  const refused = boot(442.92);
  expect(added(refused, refused.hooks[0] as Hook, "sleepable")).toBeUndefined();
});

test("boots repeat if every count is the same", () => {
  expect(repeats([boot(442.92, 442.92), boot(442.98, 442.9)])).toBe(true);
  expect(repeats([boot(442.92, 442.92), boot(442.92, 443.92)])).toBe(false);
  expect(repeats([boot(442.92, 442.92), boot(442.92)])).toBe(false);
});

test("differences and ratios are taken within a round", () => {
  // The machine slows down: by the medians alone, sleeping would cost nothing.
  const figures = paired({ name: "uprobe", plain: [100, 200, 400], sleepable: [110, 200, 480] });
  expect(figures).toMatchObject({ plain: 200, sleepable: 200, difference: 10 });
  expect(figures.ratio.median).toBeCloseTo(1.1);
});
