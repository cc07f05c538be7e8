/**
 * What a kernel meant when it refused a program: errno and verifier log, in the wordings of Linux 5.10 to 7.3, as one of
 * the precheck's reasons.
 */
import { anyObject, anyString, checkArgument, list, object, oneOf, required } from "../options";
import type { ProgramFacts, ReasonCode, Source } from "../verdict";
import { diagnosis, verdictOf } from "./log-lines";
import { type Found, type Of, RULES, type Rule, VERIFIER, WORDLESS } from "./refusal-rules";

/** A kernel's no: what {@link explain} is given. */
export interface Refusal {
  /** By name: "EINVAL". */
  errno: string;
  /** The verifier's log, or its end. */
  log: readonly string[];
  /** What is known of the program; the more, the better the reason. */
  program?: Partial<ProgramFacts>;
  /** By default "load". */
  stage?: "load" | "attach";
}

/** What a kernel meant when it refused a program. */
export interface Explanation {
  reason: ReasonCode;
  /** One sentence. */
  message: string;
  /** What to do instead. */
  remedy?: string;
  /** The line of the log that it rests on. */
  line?: string;
  source: Source;
}

/** No kernel's sentence is longer. */
const LONGEST = 1000;

/**
 * Why the kernel refused a program: its errno and the verifier's words, in every wording of Linux 5.10 to 7.3, as one of the
 * reasons of the precheck. Undefined if its words are not known here. Pure.
 *
 * @throws {@link ArgumentError} for what is no {@link Refusal}
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

/** An explanation as an error has it; a hint that knows more than its remedy goes first. */
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
      (one.kind?.test(program.kind ?? "") ?? true) &&
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

/** The helper of the last call that the verifier stepped on; none if that was of a function. */
function lastHelper(log: readonly string[]): string {
  const line = log.findLast((text) => /^\d+: \(85\) call /.test(text));
  return /call (bpf_\w+)#/.exec(line ?? "")?.[1] ?? "";
}
