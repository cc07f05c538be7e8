/** Compares the answers of kernels with those of a former run. */
import { readFileSync } from "node:fs";
import { ArgumentError } from "../errors";
import { anyNumber, anyString, custom, list, object, oneOf, record, required } from "../options";
import type { Answer } from "./load-alone";

/** The verdicts and counts of a former run, by program and kernel. */
export type Baseline = ReadonlyMap<string, ReadonlyMap<string, Former>>;

type Former = Pick<Answer, "verdict" | "instructions">;

/** A program by what each kernel answered. */
export interface VerifiedProgram {
  readonly program: string;
  readonly section: string;
  /** By the kernel's name. */
  readonly verdicts: Readonly<Record<string, Answer>>;
}

/** What is worse than before. */
export interface Regression {
  readonly program: string;
  readonly kernel: string;
  readonly before: Former;
  readonly now: Former;
}

/** The version of the document that is read. */
const VERSION = 1;

const count = custom<number | null>("a number or null", (value) => value === null || typeof value === "number");
const DOCUMENT = object<{
  version: number;
  programs: readonly { program: string; verdicts: Readonly<Record<string, Former>> }[];
}>(
  {
    version: required(anyNumber),
    programs: required(
      list(
        object(
          {
            program: required(anyString),
            verdicts: required(
              record(
                object<Former>(
                  {
                    verdict: required(oneOf("accepted", "refused", "unknown")),
                    instructions: required(count),
                  },
                  { open: true },
                ),
              ),
            ),
          },
          { open: true },
        ),
      ),
    ),
  },
  { open: true },
);

/**
 * Reads the output of `node-libbpf verify --json`.
 *
 * @throws {@link ArgumentError} if the file can't be read, or is something else
 */
export function readBaseline(path: string): Baseline {
  const fail = (why: string, cause?: unknown) =>
    new ArgumentError(`${path} ${why}`, {
      operation: "verify",
      hint: "A baseline is the output of node-libbpf verify --json",
      cause,
    });
  let value: { version: number; programs: VerifiedProgram[] };
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw fail(`can't be read as JSON: ${(cause as Error).message}`, cause);
  }
  const fault = DOCUMENT.fault(value);
  if (fault !== undefined) throw fail(`is no baseline: ${`it${fault.path}`} ${fault.problem}`);
  if (value.version !== VERSION) throw fail(`is of version ${value.version}, and this command reads ${VERSION}`);
  return new Map(value.programs.map(({ program, verdicts }) => [program, new Map(Object.entries(verdicts))]));
}

/** The better verdict first. */
const ORDER = ["accepted", "unknown", "refused"] as const;

/**
 * Programs with a worse verdict than before, or more instructions by more than the tolerance.
 *
 * @param tolerance in percent
 */
export function regressions(programs: readonly VerifiedProgram[], baseline: Baseline, tolerance: number): Regression[] {
  return programs.flatMap(({ program, verdicts }) =>
    Object.entries(verdicts).flatMap(([kernel, { verdict, instructions }]) => {
      const now = { verdict, instructions };
      const before = baseline.get(program)?.get(kernel);
      return before !== undefined && isWorse(now, before, tolerance) ? [{ program, kernel, before, now }] : [];
    }),
  );
}

function isWorse(now: Former, before: Former, tolerance: number): boolean {
  const [place, former] = [ORDER.indexOf(now.verdict), ORDER.indexOf(before.verdict)];
  if (place !== former) return place > former;
  if (now.verdict !== "accepted" || now.instructions === null || before.instructions === null) return false;
  return now.instructions > before.instructions * (1 + tolerance / 100);
}
