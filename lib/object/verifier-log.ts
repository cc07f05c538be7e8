/** The words of a verifier log that say what was wrong. */
import { diagnosis, verdictOf } from "../sleepable/log-lines";

/** What a summary is looked for in: 7.3's block is up to a hundred lines. */
const TAIL_BYTES = 65536;

/** The lines at a log's end. */
export function lastLines(log: Uint8Array): string[] {
  const tail = log.subarray(Math.max(0, log.length - TAIL_BYTES));
  return Buffer.from(tail).toString("utf8").split("\n");
}

/** The verdict as one line of text, or undefined if the log has none. */
export function summarise(log: readonly string[]): string | undefined {
  const [first, ...others] = verdictOf(log);
  if (first === undefined) return diagnosis(log).reason;
  return others.reduce((text, line) => `${text}${text.endsWith(",") ? "" : ";"} ${line}`, first);
}
