/** The parts of the examples that need no kernel. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { printEvents, type Watch } from "../../examples/command";
import type { Judgement } from "../../examples/gen-and-typecheck/check";

const example = (name: string, ...args: readonly string[]) =>
  spawnSync(process.execPath, [join(__dirname, `../../examples/${name}/index.js`), ...args], { encoding: "utf8" });

test("gen-and-typecheck shows what the compiler refuses", () => {
  const { stdout, status } = example("gen-and-typecheck", "--json");
  expect(status).toBe(0);
  const judgements = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Judgement);
  expect(judgements.map(({ error }) => error)).toEqual([
    undefined,
    "TS2339: Property 'command' does not exist on type 'event'.",
    undefined,
    "TS2345: Argument of type 'string' is not assignable to parameter of type 'number'.",
    undefined,
    "TS2540: Cannot assign to 'watched' because it is a read-only property.",
    undefined,
    expect.stringMatching(/^TS2353: .*'target' does not exist/),
  ]);
});

test.each([
  ["exec-watch", ["--count", "none"], '--count takes a positive number, got "none"'],
  ["file-audit", [], "expected one DIRECTORY"],
  ["task-iter", ["--yaml"], "Unknown option '--yaml'"],
])("%s %p is a usage error", (name, args, message) => {
  const { status, stderr } = example(name, ...args);
  expect(status).toBe(2);
  expect(stderr).toContain(`${name}: ${message}`);
  expect(stderr).toContain(`usage: ${name} `);
});

describe("watching", () => {
  /** Yields 1, 2, 3 … until it is disposed, two in a turn, and reports lost events. */
  function numbers(): Watch<number> {
    let ended = false;
    return {
      events: (async function* () {
        for (let number = 1; !ended; number += 2) {
          yield [number, number + 1];
          await new Promise(setImmediate);
        }
      })(),
      dropped: 9n,
      [Symbol.asyncDispose]: async () => {
        ended = true;
      },
    };
  }

  async function printed(options: { count?: number; duration?: number; json?: boolean }): Promise<string> {
    const write = jest.spyOn(process.stdout, "write").mockReturnValue(true);
    const warn = jest.spyOn(process.stderr, "write").mockReturnValue(true);
    try {
      await printEvents(
        numbers(),
        { json: false, count: Infinity, duration: undefined, positionals: [], ...options },
        String,
      );
      expect(warn.mock.calls.join("")).toBe("9 events were lost\n");
      return write.mock.calls.join("");
    } finally {
      write.mockRestore();
      warn.mockRestore();
    }
  }

  test("ends after the requested number of events", async () => {
    expect(await printed({ count: 3 })).toBe("1\n2\n3\n");
  });

  test("ends after a time", async () => {
    expect(await printed({ duration: 0.01, json: true })).toMatch(/^1\n2\n/);
  });
});
