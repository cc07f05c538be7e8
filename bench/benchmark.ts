/** What a benchmark is, and what is stored of it. */
import type { Machine } from "./machine";
import type { Progress } from "./rounds";

export interface Benchmark<F = unknown> {
  readonly title: string;
  /** What is measured and how to read it: Markdown. */
  readonly about: string;
  /** @param quick one round, or little more: to see whether it works */
  run(quick: boolean, onProgress: Progress): F | Promise<F>;
  /** For a terminal. */
  text(figures: F): string;
  /** For the page: Markdown. */
  tables(figures: F): string;
  /** SVG. */
  chart?(figures: F): string;
}

/** docs/performance/NAME.json */
export interface Result {
  machine: Machine;
  figures: unknown;
}
