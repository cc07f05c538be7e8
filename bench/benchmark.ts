/** What a benchmark is, and what is stored of it. */
import type { Machine } from "./machine";
import type { Progress, Row } from "./rounds";

export interface Benchmark {
  title: string;
  /** What is measured and how to read it: Markdown. */
  about: string;
  run(rounds: number, onProgress: Progress): Row[];
  /** The page's figures: Markdown. Without it a chart and a table of ratios. */
  section?(rows: readonly Row[]): string;
}

/** docs/performance/NAME.json */
export interface Result {
  machine: Machine;
  rows: Row[];
}
