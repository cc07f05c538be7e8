/** The benchmarks' statistics, and their presentation. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chart } from "../../bench/chart";
import { compare } from "../../bench/rounds";
import type { Row } from "../../bench/statistics";
import { figures, quantile, speed } from "../../bench/statistics";
import { changes, table, text } from "../../bench/tables";
import { PROJECT_ROOT } from "../../scripts/places";

const row = (peer: string, rounds: Row["rounds"], more: Partial<Row> = {}): Row => ({
  peer,
  case: "read & add",
  variant: "",
  unit: "ns",
  rounds,
  ...more,
});
const C = row("C libbpf", [10, 20, 30, 40, 50]);
const GO = row("cilium/ebpf", [20, 40, 60, 80, 100]);
const OURS = row("node-libbpf", [10, 10, 10, 10, 10], { variant: "as <number>" });
const ROWS = [C, GO, OURS];

test("quantiles and spreads", () => {
  expect(quantile([3, 1, 2], 0.5)).toBe(2);
  expect(quantile([], 0.5)).toBeNaN();
  expect(figures(C)).toEqual({ median: 30, low: 10, high: 50 });
  expect(figures(row("C libbpf", [null, 4]))).toEqual({ median: 4, low: 4, high: 4 });
});

test("a ratio is taken within a round", () => {
  expect(speed(OURS, C)).toEqual({ median: 3, low: 2, high: 4 });
  expect(speed(row("node-libbpf", [null, 10, null, null, null]), C)).toEqual({ median: 2, low: 2, high: 2 });
  expect(speed(OURS, undefined)).toBeUndefined();
  expect(speed(row("node-libbpf", [1], { unit: "%" }), row("C libbpf", [2], { unit: "%" }))).toBeUndefined();
});

test("peers of the same name are merged, cases have units and variants", () => {
  const echo = (name: string, sample: Record<string, number>) => ({ name, command: ["echo", JSON.stringify(sample)] });
  const peers = [
    echo("C", { "one, way": 1, sum: 7 }),
    echo("C", { "lost [%] (all, kept)": 2 }),
    echo("us", { one: 3 }),
  ];
  const done: number[] = [];
  expect(compare(peers, 2, (step) => done.push(step))).toEqual([
    { peer: "C", case: "one, way", variant: "", unit: "ns", rounds: [1, 1] },
    { peer: "C", case: "lost", variant: "all, kept", unit: "%", rounds: [2, 2] },
    { peer: "us", case: "one", variant: "", unit: "ns", rounds: [3, 3] },
  ]);
  expect(done).toEqual([0, 1, 2, 3, 4, 5, 1]);
  expect(() => compare([{ name: "C", command: ["false"] }], 1, () => {})).toThrow("C failed");
});

test("of two checkouts, what all middle rounds agree on is slower or faster", () => {
  const verdict = (before: number[], after: number[]) =>
    changes([row("base", before), row("this", after)])
      .split("\n")[0]
      ?.split("  ")
      .at(-1)
      ?.trim();
  expect(verdict([10, 10, 11, 10, 10], [20, 21, 20, 19, 20])).toBe("SLOWER");
  expect(verdict([20, 21, 20, 19, 20], [10, 10, 11, 10, 10])).toBe("faster");
  expect(verdict([10, 20, 10, 20, 10], [20, 10, 20, 10, 10])).toMatch(/^[\d.]+ \[/);
  expect(verdict([10], [20])).toMatch(/^0.50$/);
});

test("a peer's processes use another checkout's library", () => {
  const base = mkdtempSync(join(tmpdir(), "base-"));
  try {
    mkdirSync(join(base, "dist/lib"), { recursive: true });
    writeFileSync(join(base, "package.json"), JSON.stringify({ name: "node-libbpf", exports: "./dist/lib/index.js" }));
    writeFileSync(join(base, "dist/lib/index.js"), "module.exports = 'of the base';");
    const script = `console.log(JSON.stringify({ [require("node-libbpf")]: 1, [require("./dist/lib/index.js")]: 2 }))`;
    const env = { NODE_LIBBPF_BASE: base, NODE_OPTIONS: `--require ${join(PROJECT_ROOT, "dist/bench/base.js")}` };
    const peer = { name: "base", command: [process.execPath, "-e", script], env };
    expect(compare([peer], 1, () => {})).toMatchObject([{ case: "of the base", rounds: [2] }]);
  } finally {
    rmSync(base, { recursive: true });
  }
});

test("figures as text, table and chart", () => {
  expect(text(ROWS)).toContain("3.00 [2.00-4.00]");
  expect(table(ROWS).split("\n").slice(2)).toEqual([
    "| read & add | C libbpf | 30.0 ns | 10.0–50.0 | 1 | 2.00 |",
    "|  | cilium/ebpf | 60.0 ns | 20.0–100 | 0.50 | 1 |",
    "|  | node-libbpf, as <number> | 10.0 ns | 10.0–10.0 | 3.00 [2.00-4.00] | 6.00 [4.00-8.00] |",
  ]);
  const svg = chart("Maps", [...ROWS, row("node-libbpf", [1, 1, 1, 1, 1], { case: "alone" })]);
  expect(svg.match(/<rect/g)).toHaveLength(ROWS.length);
  expect(svg).toContain("read &#38; add");
  expect(svg).not.toContain("as <number>");
  expect(svg).not.toContain("alone");
});
