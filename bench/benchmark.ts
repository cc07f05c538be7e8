/** The interface of a benchmark, and the result that is stored. */
import type { Machine } from "./machine";
import type { Progress } from "./rounds";

export interface Benchmark<F = unknown> {
  readonly title: string;
  /** What is measured and how to read it, in Markdown. */
  readonly about: string;
  /** @param quick one round, or little more: only to check that the benchmark works */
  run(quick: boolean, onProgress: Progress): F | Promise<F>;
  /** This library beside that of another checkout, in turns: what got slower. */
  compare?(base: string, quick: boolean, onProgress: Progress): Promise<string>;
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
