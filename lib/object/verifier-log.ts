/** Extracts the reason for a rejection from a verifier log. */
import { diagnosis, verdictOf } from "../sleepable/log-lines";

/** Bytes at the end of the log that are searched. The block that 7.3 prints has up to a hundred lines. */
const TAIL_BYTES = 65536;

/** The last lines of a log. */
export function lastLines(log: Uint8Array): string[] {
  const tail = log.subarray(Math.max(0, log.length - TAIL_BYTES));
  return Buffer.from(tail).toString("utf8").split("\n");
}

/** The verdict as one line; undefined if the log has none. */
export function summarise(log: readonly string[]): string | undefined {
  const [first, ...others] = verdictOf(log);
  if (first === undefined) return diagnosis(log).reason;
  return others.reduce((text, line) => `${text}${text.endsWith(",") ? "" : ";"} ${line}`, first);
}
