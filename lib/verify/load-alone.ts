/** Loads the programs of an object one by one, so that one that is refused does not hide the others. */
import { BpfError, type ErrorCode, LoadError, VerifierError } from "../errors";
import { type ObjectSpec, open } from "../object/object-spec";
import { setAllFromText, type VariableTexts } from "../object/variable-text";
import type { ProgramSpec } from "../program/program-spec";
import { decisiveLines, instructionsProcessed } from "../sleepable/log-lines";
import type { ReasonCode } from "../verdict";

/** What a kernel answered to a program. */
export type Answer = Accepted | NotAccepted;

export interface Accepted {
  readonly verdict: "accepted";
  /** Instructions that the verifier processed; null if its log does not say. */
  readonly instructions: number | null;
}

export interface NotAccepted {
  /** `unknown`: the object alone does not say what to load, so the kernel was not asked. */
  readonly verdict: "refused" | "unknown";
  /** Instructions that the verifier processed before it refused; null if it did not run. */
  readonly instructions: number | null;
  readonly code: ErrorCode;
  readonly errno: string | null;
  /** The precheck's code for the reason; null if the library does not understand the kernel's message. */
  readonly reason: ReasonCode | null;
  /** The error's message, without its hint. */
  readonly message: string;
  readonly hint: string | null;
  /** The lines of the verifier's log that say what was refused, and where. */
  readonly log: readonly string[];
}

export interface LoadedProgram {
  readonly program: string;
  readonly section: string;
  readonly answer: Answer;
}

/** BPF_LOG_STATS: the log of a program that loads has its statistics and nothing else. */
const STATISTICS = 4;

/** Loads each program with no other one of the object, and closes it again. */
export async function loadAlone(path: string, variables: VariableTexts): Promise<LoadedProgram[]> {
  const answers: LoadedProgram[] = [];
  for (const { name, section } of programsOf(open(path)))
    answers.push({ program: name, section, answer: await answerTo(path, name, variables) });
  return answers;
}

/** The object's programs, those of sections that begin with "?" included. */
export function programsOf(spec: ObjectSpec): ProgramSpec[] {
  return Object.values(spec.programs);
}

async function answerTo(path: string, name: string, variables: VariableTexts): Promise<Answer> {
  try {
    return await load(path, name, variables, STATISTICS);
  } catch {
    // With the level set, libbpf does not load again for the log of a refusal.
    try {
      return await load(path, name, variables, 0);
    } catch (error) {
      if (error instanceof BpfError) return refusal(error);
      throw error;
    }
  }
}

async function load(path: string, name: string, variables: VariableTexts, logLevel: number): Promise<Accepted> {
  const spec = open(path);
  setAllFromText(spec.variables, variables);
  for (const program of programsOf(spec)) program.autoload = program.name === name;
  spec.program(name).logLevel = logLevel;
  // The kernel shall answer, and not the tables.
  using object = await spec.load({ precheck: "off" });
  return { verdict: "accepted", instructions: instructionsProcessed(object.program(name).log) };
}

/** Set by the application before load: a section or target that the object does not have. */
const INCOMPLETE: ReadonlySet<ErrorCode> = new Set(["ERR_BPF_SECTION_UNKNOWN", "ERR_BPF_TARGET_MISSING"]);

function refusal(error: BpfError): NotAccepted {
  const { code, errno = null, hint = null, message } = error;
  const log = error instanceof VerifierError ? error.log : [];
  return {
    verdict: INCOMPLETE.has(code) ? "unknown" : "refused",
    instructions: instructionsProcessed(log),
    code,
    errno,
    reason: (error instanceof LoadError && error.reason) || null,
    message: hint === null ? message : message.slice(0, -`. ${hint}`.length),
    hint,
    log: decisiveLines(log),
  };
}
