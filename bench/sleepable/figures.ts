/** What is measured, raw, and what is made of it. */
import { quantile } from "../statistics";

/** Nanoseconds for each call; instructions where guest time counts these. */
export interface Times {
  least: number;
  median: number;
}

/** A program at a hook; `why` says why it was refused, or why it should have been. */
export interface Measured {
  times?: Times;
  why?: string;
}

/** What one boot of a machine found. */
export interface Boot {
  release: string;
  /** A thousand nops: how well the clock counts. */
  nops: Times;
  /** System calls without a program. */
  bare: Record<string, Times>;
  hooks: Hook[];
}

export interface Hook {
  name: string;
  /** The system call that runs its programs. */
  call: string;
  plain: Measured;
  sleepable: Measured;
}

export interface OnMachine {
  /** As the harness names it. */
  kernel: string;
  boots: Boot[];
  /** Why there are none. */
  missing?: string;
}

/** Nanoseconds by round. */
export interface Pair {
  name: string;
  plain: number[];
  sleepable: number[];
}

/** Pages of a file: read by the process, mapped and not read yet, or read and given back. See loop.c. */
export const STATES = ["resident", "mapped", "dropped"] as const;
export type MemoryState = (typeof STATES)[number];

/** How often a program read what is there, something else, nothing. */
export interface Counts {
  right: number;
  wrong: number;
  failed: number;
}

export interface OnThisKernel {
  pairs: Pair[];
  memory: { state: MemoryState; plain: Counts; sleepable: Counts }[];
}

export interface Figures {
  machines: OnMachine[];
  here: OnThisKernel;
}

/** The instructions that a program adds to its system call. The least: an interrupt only ever adds some. */
export function added({ bare }: Boot, { call, ...hook }: Hook, program: "plain" | "sleepable"): number | undefined {
  const [with_, without] = [hook[program].times, bare[call]];
  return with_ && without && Math.round(with_.least - without.least);
}

/** Whether each boot counted the same, instruction for instruction. */
export function repeats(boots: readonly Boot[]): boolean {
  const counts = boots.map((boot) =>
    JSON.stringify(boot.hooks.map((hook) => [added(boot, hook, "plain"), added(boot, hook, "sleepable")])),
  );
  return new Set(counts).size === 1;
}

/** Medians; of differences and ratios, those within the rounds. */
export function paired({ plain, sleepable }: Pair) {
  const both = plain.map((one, round) => [one, sleepable[round] ?? Number.NaN] as const);
  const ratios = both.map(([one, other]) => other / one);
  return {
    plain: quantile(plain, 0.5),
    sleepable: quantile(sleepable, 0.5),
    difference: quantile(
      both.map(([one, other]) => other - one),
      0.5,
    ),
    ratio: { median: quantile(ratios, 0.5), low: quantile(ratios, 0.25), high: quantile(ratios, 0.75) },
  };
}
