/** Verdicts for the page: one for every row and kernel, with each distinct piece of evidence stored once. */
import { given } from "../../lib/kernel/fact";
import type { KernelFacts } from "../../lib/kernel/kernel-facts";
import { judge } from "../../lib/sleepable/judge";
import type { Finding, ProgramFacts, ReasonCode, Verdict } from "../../lib/verdict";
import type { Row } from "./rows";

/** A cell's mark: a verdict, or that the target does not exist. */
export type Mark = Verdict | "absent";

/** The evidence of one or many cells: {name} and {kernel} stand for the row's subject and the column's version. */
export interface Evidence {
  mark: Mark;
  /** Worst first; never empty. */
  findings: Finding[];
}

/** Cells by row and column, as indices into the evidence. */
export interface Matrix {
  cells: number[][];
  evidence: Evidence[];
}

const ABSENT: ReadonlySet<ReasonCode> = new Set([
  "HOOK_NOT_FOUND",
  "TARGET_NOT_FOUND",
  "TRACEPOINT_NOT_FOUND",
  "ITER_NOT_FOUND",
  "STRUCT_OPS_NOT_FOUND",
  "MAP_TYPE_UNKNOWN",
  "KIND_UNKNOWN",
]);

export function matrix(rows: readonly Row[], kernels: readonly KernelFacts[]): Matrix {
  const index = new Map<string, number>();
  const cells = rows.map(({ subject, program }) =>
    kernels.map((facts) => {
      const evidence = JSON.stringify(evidenceOf(program, facts));
      const key = blanked(blanked(evidence, subject, "{name}"), given(facts.version) ?? "", "{kernel}");
      const at = index.get(key) ?? index.size;
      index.set(key, at);
      return at;
    }),
  );
  return { cells, evidence: Array.from(index.keys(), (text) => JSON.parse(text) as Evidence) };
}

function evidenceOf(program: ProgramFacts, facts: KernelFacts): Evidence {
  const { findings } = judge(program, facts);
  // A map's row is about the map: leave out findings about the program that uses it.
  const own = program.maps.length === 0 ? [] : judge({ ...program, maps: [] }, facts).findings;
  const said = new Set(own.map(({ message }) => message));
  const about = findings.filter(({ message }) => !said.has(message));
  const [first = findings[0] as Finding] = about;
  return {
    mark: ABSENT.has(first.reason) ? "absent" : first.verdict,
    findings: about.length === 0 ? findings : about,
  };
}

/** Replaces a name or number with a placeholder where it stands alone, or in a hook's function: bpf_lsm_file_open. */
export function blanked(text: string, word: string, placeholder: string): string {
  if (text.includes(placeholder)) throw new Error(`a text of the precheck contains ${placeholder}: ${text}`);
  if (word === "") return text;
  const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return text.replace(new RegExp(`${escaped}(?<=(?:[^\\w./]|bpf_lsm_)${escaped})(?![\\w/]|\\.\\d)`, "g"), placeholder);
}
