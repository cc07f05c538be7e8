/**
 * Explains why a kernel refused a program: maps errno and verifier log, in the wordings of Linux 5.10 to 7.3, to reason
 * codes of the precheck.
 */
import { anyObject, anyString, checkArgument, list, object, oneOf, required } from "../options";
import type { ProgramFacts, ReasonCode, Source } from "../verdict";
import { diagnosis, verdictOf } from "./log-lines";
import { type Found, type Of, RULES, type Rule, VERIFIER, WORDLESS } from "./refusal-rules";

/** A kernel's refusal, the input of {@link explain}. */
export interface Refusal {
  /** The errno by name: "EINVAL". */
  errno: string;
  /** The lines of the verifier log, or its end. */
  log: readonly string[];
  /** Known facts about the program. More facts give a more precise reason. */
  program?: Partial<ProgramFacts>;
  /** The stage at which the kernel refused. Default "load". */
  stage?: "load" | "attach";
}

/** Why a kernel refused a program. */
export interface Explanation {
  /** The reason code. */
  reason: ReasonCode;
  /** The explanation, as one sentence. */
  message: string;
  /** What to do instead. */
  remedy?: string;
  /** The line of the log that the explanation is based on. */
  line?: string;
  /** The function in the kernel's source that refuses, and the commit. */
  source: Source;
}

/** Maximum length of a kernel message. */
const LONGEST = 1000;

/**
 * Explains why the kernel refused a program, from its errno and the verifier log, in the wordings of Linux 5.10 to 7.3.
 * The reason is one of the precheck's codes. Undefined if the message is unknown. Pure: needs no kernel.
 *
 * @throws {@link ArgumentError} if `refusal` is not a valid {@link Refusal}
 */
export function explain(refusal: Refusal): Explanation | undefined {
  checkArgument({ name: "explain", details: { operation: "explain" } }, "refusal", refusal, REFUSAL);
  const { log } = refusal;
  const { reason, suggestion } = diagnosis(log);
  const words = verdictOf(log)
    .filter((line) => line.length <= LONGEST)
    .reverse();
  for (const line of [...words, ...(reason === undefined ? [] : [reason.slice(0, LONGEST)])]) {
    for (const rule of RULES) {
      const explanation = apply(rule, line, refusal);
      if (explanation !== undefined) return explanation;
    }
  }
  if (reason !== undefined) {
    const message = reason.charAt(0).toLowerCase() + reason.slice(1);
    const remedy = suggestion && suggestion.charAt(0).toLowerCase() + suggestion.slice(1);
    return {
      reason: "OTHER",
      message,
      ...(remedy && { remedy }),
      line: words[0] ?? reason,
      source: { file: VERIFIER },
    };
  }
  return words.length === 0 ? wordless(refusal) : undefined;
}

const REFUSAL = object<Refusal>({
  errno: required(anyString),
  log: required(list(anyString)),
  program: anyObject,
  stage: oneOf("load", "attach"),
});

/** The reason and hint for an error. A more specific hint replaces the explanation's remedy. */
export function explained(why: Explanation | undefined, hint?: string): { reason?: ReasonCode; hint?: string } {
  const advice = hint ?? (why?.remedy && why.remedy.charAt(0).toUpperCase() + why.remedy.slice(1));
  return { ...(why !== undefined && { reason: why.reason }), ...(advice !== undefined && { hint: advice }) };
}

function apply(rule: Rule, line: string, { log, program = {}, errno }: Refusal): Explanation | undefined {
  const match = rule.pattern.exec(line);
  if (match === null) return undefined;
  const found: Found = {
    names: match.slice(1).map((name) => name ?? ""),
    program,
    errno,
    helper: lastHelper(log),
    log,
  };
  const of = <T extends string>(value: Of<T>): T | undefined => (typeof value === "function" ? value(found) : value);
  const [reason, message] = [of(rule.reason), of(rule.message)];
  if (reason === undefined || message === undefined) return undefined;
  const remedy = rule.remedy && of(rule.remedy);
  return { reason, message, ...(remedy !== undefined && { remedy }), line, source: sourceOf(rule) };
}

function wordless({ errno, stage = "load", log, program = {} }: Refusal): Explanation | undefined {
  const empty = log.every((line) => line.trim() === "");
  const rule = WORDLESS.find(
    (one) =>
      one.errno === errno &&
      one.stage === stage &&
      (one.kinds?.includes(program.kind ?? "") ?? true) &&
      (one.target === undefined || one.target === program.target) &&
      (one.sleepable === undefined || program.sleepable === true) &&
      (one.empty === undefined || one.empty === empty) &&
      (one.map === undefined || (program.maps ?? []).some(({ type }) => type === one.map)),
  );
  if (rule === undefined) return undefined;
  const { reason, message, remedy } = rule;
  return { reason, message, ...(remedy !== undefined && { remedy }), source: sourceOf(rule) };
}

function sourceOf({ source, commit }: { source: string; commit?: string }): Source {
  return { file: source, ...(commit !== undefined && { commit }) };
}

/** The helper of the last call in the log; "" if the last call was of a function. */
function lastHelper(log: readonly string[]): string {
  const line = log.findLast((text) => /^\d+: \(85\) call /.test(text));
  return /call (bpf_\w+)#/.exec(line ?? "")?.[1] ?? "";
}
