/** What test/selftests/ takes for a difference. */
import { compare } from "../selftests/compare";
import { missingFrom } from "../selftests/expected";
import type { Line } from "../selftests/ours";

const whole = (rest: Partial<Line>): Line => ({ object: "o", program: "", open: 0, load: 0, ...rest });
const differences = (theirs: Partial<Line>, ours: Partial<Line>) => compare([whole(theirs)], [whole(ours)]).differences;

test("what C does and this library does not is a difference, what neither does is none", () => {
  expect(differences({}, {})).toEqual([]);
  expect(differences({ load: -22 }, { load: -1, said: "why" })).toEqual([]);
  expect(differences({ load: -22 }, { load: 0 })).toEqual([]);
  expect(differences({}, { open: -22, said: "why" })).toEqual(["o: open: why"]);
  expect(differences({}, { load: -1, said: "why\n  and how" })).toEqual(["o: load: why | and how"]);
  const attached = { attach: { p: 0, q: -95 }, maps: { m: 0 } };
  expect(differences(attached, attached)).toEqual([]);
  expect(differences(attached, { attach: { p: -22 }, errors: { p: "why" } })).toEqual([
    "o: attach p: why",
    "o: attach m: not tried",
  ]);
});

test("an object that ends our process, or throws what is no error of the library's, is a difference", () => {
  expect(differences({ load: -22 }, { died: 11 })).toEqual(["o: died of signal 11"]);
  expect(differences({ load: -22 }, { load: -1, code: "FAULT", said: "TypeError" })).toEqual(["o: fault: TypeError"]);
  expect(compare([whole({})], []).differences).toEqual(["o: load: not tried"]);
  // A program that was loaded with its object, which C could not load, is not loaded again.
  const theirs = [whole({ load: -22 }), whole({ program: "p" })];
  expect(compare(theirs, [whole({})]).differences).toEqual([]);
  expect(compare(theirs, [whole({ load: -1 })]).differences).toEqual(["o p: load: not tried"]);
  for (const own of [{ load: -1 }, { died: 14 }])
    expect(compare([whole({ died: 14 })], [whole(own)]).differences).toEqual([]);
});

test("expected texts that C's log has and ours has not are differences, and counted", () => {
  const alone = { program: "p", load: -13 };
  const tally = compare([], [whole({ ...alone, missing: [] }), whole({ ...alone, program: "q", missing: ["R1"] })]);
  expect(tally).toMatchObject({ expected: 2, shown: 1, differences: ['o q: log lacks "R1"'] });
});

test("expected texts are looked for in order, with regular expressions between braces", () => {
  const log = "0: (b7) r0 = 1\nR1 type=scalar expected=fp\nprocessed 2 insns";
  expect(missingFrom(log, ["R1 type=scalar", "processed"])).toEqual([]);
  expect(missingFrom(log, ["processed", "R1 type=scalar"])).toEqual(["R1 type=scalar"]);
  expect(missingFrom(log, ["(b7) r0 = {{[0-9]+$}}", "R1 {{.*}}fp", "{{[[:digit:]]}} insns"])).toEqual([]);
  expect(missingFrom(log, ["0: {{.*}} insns"])).toEqual(["0: {{.*}} insns"]);
});
