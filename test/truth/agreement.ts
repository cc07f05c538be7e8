/** Compares the precheck's verdicts with a kernel's answers. */
import type { KernelFacts } from "../../lib/kernel/kernel-facts";
import { judge } from "../../lib/sleepable/judge";
import type { Verdict } from "../../lib/verdict";
import { type Answer, ask } from "./ask";
import type { Case } from "./cases";

/** A kernel's answer to a program; `none` if it is not an answer to the question. */
export type Outcome = "accepted" | "refused" | "none";

/** A case and the kernel's answer. */
export interface Answered extends Case {
  outcome: Outcome;
  /** The answer in words, for reports. */
  said: string;
}

/** The number of cases of a category, by verdict and answer. */
export type Confusion = Record<Verdict, Record<Outcome, number>>;

export interface Agreement {
  cases: number;
  categories: Record<string, Confusion>;
  /** The cases with a wrong verdict, and those with an unknown one, one line each. */
  wrong: string[];
  unknown: string[];
}

/** The report for the harness: see scripts/agreement-table.ts. */
export interface AgreementReport {
  kernel: string;
  version: string;
  /** By the source of the facts. */
  runs: Record<string, Agreement>;
}

/** The kernel's answers. With `attach`, programs are attached too if that is part of the case. */
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
  // A map that can't be created, a kernel that forbids it to this user, a program that would have to do more than
  // return.
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

/** Compares the verdicts of judge() for these facts with the answers. */
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
