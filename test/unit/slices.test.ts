/** Work in slices: the event loop turns between them, and what is thrown reaches the caller. */
import { atOnce, inTurns, type Slices } from "../../lib/slices";

/** Says what it does, and takes longer than a slice for each step. */
function* work(said: string[], steps: number): Slices<number> {
  for (let step = 0; step < steps; step++) {
    said.push(`step ${step}`);
    const end = performance.now() + 1;
    while (performance.now() < end);
    yield;
  }
  return steps;
}

test("at once nothing comes in between", () => {
  const said: string[] = [];
  setImmediate(() => said.push("turn"));
  expect(atOnce(work(said, 3))).toBe(3);
  expect(said).toEqual(["step 0", "step 1", "step 2"]);
});

test("in turns the event loop turns after each step that took its time", async () => {
  const said: string[] = [];
  let working = true;
  const turn = () => {
    said.push("turn");
    if (working) setImmediate(turn);
  };
  setImmediate(turn);
  expect(await inTurns(work(said, 3))).toBe(3);
  working = false;
  expect(said.filter((text, index) => text !== "turn" || said[index - 1] !== "turn")).toEqual([
    "step 0",
    "turn",
    "step 1",
    "turn",
    "step 2",
    "turn",
  ]);
});

test("what it throws is thrown", async () => {
  function* failing(): Slices<never> {
    yield;
    throw new Error("of a step");
  }
  expect(() => atOnce(failing())).toThrow("of a step");
  await expect(inTurns(failing())).rejects.toThrow("of a step");
});

test("a test framework's timers hold nothing up", async () => {
  jest.useFakeTimers({ doNotFake: ["performance"] });
  try {
    expect(await inTurns(work([], 3))).toBe(3);
  } finally {
    jest.useRealTimers();
  }
});
