/** A line of the doctor's report: a fact and its meaning. */
import { isSince, parseVersion } from "../compare-versions";
import { type Fact, given, isKnown } from "../kernel/fact";
import type { KernelFacts } from "../kernel/kernel-facts";
import { input } from "../sleepable/judged-kernel";

export type State = "ok" | "bad" | "unknown";

/** One check. */
export interface Line {
  /** A stable identifier. */
  check: string;
  state: State;
  /** False if sleepable LSM programs do not need it. */
  required: boolean;
  message: string;
  evidence: { value: string; origin: string };
  /** What to change. */
  remedy?: string;
}

export function line(check: string, state: State, fact: Fact<unknown>, message: string, remedy?: string): Line {
  const { value, origin } = input(check, fact);
  const advice = state === "ok" || remedy === undefined ? {} : { remedy };
  return { check, state, required: true, message, evidence: { value, origin }, ...advice };
}

interface Words {
  ok: string;
  bad: string;
  /** The message if the fact is unknown. */
  unknown: string;
  remedy?: string;
  /** The value as text, if it has no good text of its own. */
  show?: string;
}

/** The line of a fact whose value alone decides. */
export function factLine<T>(check: string, fact: Fact<T>, isGood: (value: T) => boolean, words: Words): Line {
  if (!isKnown(fact)) return line(check, "unknown", fact, words.unknown, words.remedy);
  const state = isGood(fact.value) ? "ok" : "bad";
  const { origin } = fact;
  return line(
    check,
    state,
    words.show === undefined ? fact : { value: words.show, origin },
    words[state],
    words.remedy,
  );
}

/** Whether a kernel is of a series or newer; undefined if its version is unknown. */
export function isKernelSince(series: string, { version }: KernelFacts): boolean | undefined {
  const have = parseVersion(given(version) ?? "");
  return have && isSince(have, series);
}
