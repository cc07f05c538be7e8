/** Holds the precheck's verdicts against a kernel's answers. */
import type { KernelFacts } from "../../lib/kernel/kernel-facts";
import { judge } from "../../lib/sleepable/judge";
import type { Verdict } from "../../lib/verdict";
import { type Answer, ask } from "./ask";
import type { Case } from "./cases";

/** What a kernel says to a program; `none` if it says nothing about what was asked. */
export type Outcome = "accepted" | "refused" | "none";

/** A case and the kernel's answer. */
export interface Answered extends Case {
  outcome: Outcome;
  /** The answer in words, for reports. */
  said: string;
}

/** How many cases of a category got which verdict and which answer. */
export type Confusion = Record<Verdict, Record<Outcome, number>>;

export interface Agreement {
  cases: number;
  categories: Record<string, Confusion>;
  /** Those that the precheck was wrong about, and those that it could say nothing about, one line each. */
  wrong: string[];
  unknown: string[];
}

/** What the test leaves for the harness: see scripts/agreement-table.ts. */
export interface AgreementReport {
  kernel: string;
  version: string;
  /** By what the verdicts were made of. */
  runs: Record<string, Agreement>;
}

/** The kernel's answers. With `attach`, programs are attached too where that is part of the case. */
export function askKernel(cases: readonly Case[], attach: boolean): Answered[] {
  const asked = cases.map(({ query }) => {
    const whole = attach || ["load", "map", "iter"].includes(query.how);
    return { whole, query: whole ? query : { ...query, how: "load" as const } };
  });
  return ask(asked.map(({ query }) => query)).map((answer, index) => {
    const said = `${answer.tried}: ${answer.errno === 0 ? "accepted" : `errno ${answer.errno} ${answer.text}`}`.trim();
    return { ...(cases[index] as Case), outcome: outcomeOf(answer, asked[index]?.whole ?? false), said };
  });
}

const EPERM = 1;

function outcomeOf({ tried, errno, text }: Answer, whole: boolean): Outcome {
  // A map that can't be made, a kernel that forbids it to this user, a program for which it is not enough to do nothing.
  if ((tried === "map" && errno !== 0) || errno === EPERM || text.includes("reference leak")) return "none";
  if (errno !== 0) return "refused";
  return whole ? "accepted" : "none";
}

const RIGHT: Readonly<Record<Verdict, Outcome | undefined>> = {
  allowed: "accepted",
  unsafe: "accepted",
  refused: "refused",
  unknown: undefined,
};

/** The verdicts of judge() upon these facts, against the answers. */
export function compare(answered: readonly Answered[], kernel: KernelFacts): Agreement {
  const agreement: Agreement = { cases: answered.length, categories: {}, wrong: [], unknown: [] };
  for (const { category, name, program, outcome, said } of answered) {
    const { verdict, reason } = judge(program, kernel);
    agreement.categories[category] ??= nothing();
    agreement.categories[category][verdict][outcome]++;
    const right = RIGHT[verdict];
    const line = `${category} ${name}: ${verdict} ${reason}, kernel: ${said}`;
    if (right === undefined) agreement.unknown.push(line);
    else if (outcome !== "none" && outcome !== right) agreement.wrong.push(line);
  }
  return agreement;
}

function nothing(): Confusion {
  const none = () => ({ accepted: 0, refused: 0, none: 0 });
  return { allowed: none(), unsafe: none(), refused: none(), unknown: none() };
}
