/** The raw measurements, and the figures derived from them. */
import { quantile } from "../statistics";

/** Nanoseconds per call; instructions if guest time counts instructions. */
export interface Times {
  least: number;
  median: number;
}

/** A program at a hook; `why` is the reason why it was refused, or should have been. */
export interface Measured {
  times?: Times;
  why?: string;
}

/** The measurements of one boot of a machine. */
export interface Boot {
  release: string;
  /** A thousand nops, to check the precision of the clock. */
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
  /** The name of the kernel in the harness. */
  kernel: string;
  boots: Boot[];
  /** Why there are no figures. */
  missing?: string;
}

/** Nanoseconds by round. */
export interface Pair {
  name: string;
  plain: number[];
  sleepable: number[];
}

/** Pages of a file: read by the process, mapped and not read yet, or read and released. See loop.c. */
export const STATES = ["resident", "mapped", "dropped"] as const;
export type MemoryState = (typeof STATES)[number];

/** How many reads returned the right data, wrong data, nothing. */
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

/**
 * The number of instructions that a program adds to its system call. Uses the minimum: an interrupt only adds
 * instructions.
 */
export function added({ bare }: Boot, { call, ...hook }: Hook, program: "plain" | "sleepable"): number | undefined {
  const [with_, without] = [hook[program].times, bare[call]];
  return with_ && without && Math.round(with_.least - without.least);
}

/** Whether each boot counted exactly the same number of instructions. */
export function repeats(boots: readonly Boot[]): boolean {
  const counts = boots.map((boot) =>
    JSON.stringify(boot.hooks.map((hook) => [added(boot, hook, "plain"), added(boot, hook, "sleepable")])),
  );
  return new Set(counts).size === 1;
}

/** Medians; those of differences and ratios are taken within the rounds. */
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
