/** The line of a verifier log that says what was wrong. */

/** Lines of statistics and decoration, in any kernel's wording. */
const NOISE =
  /^(processed \d+ insns|verification time|stack depth|insns processed|peak_states|mark_precise|-- (BEGIN|END)|=+$|-+$)/;
/** Linux 7.3 ends a log with a block: "Verification failed:", "Reason: …", "Suggestion: …" (kernel/bpf/verifier.c). */
const REASON = /^\s*Reason:\s*(.+)$/;

/** What a summary is looked for in: 7.3's block is some thirty lines. */
const TAIL_BYTES = 16384;

/** The lines at a log's end. */
export function lastLines(log: Uint8Array): string[] {
  const tail = log.subarray(Math.max(0, log.length - TAIL_BYTES));
  return Buffer.from(tail).toString("utf8").split("\n");
}

/** The verdict in one line, or undefined if the log has none. */
export function summarise(log: readonly string[]): string | undefined {
  for (let i = log.length - 1; i >= 0; i--) {
    const reason = REASON.exec(log[i] as string)?.[1];
    if (reason !== undefined) return reason;
  }
  return log.findLast((line) => line.trim() !== "" && !NOISE.test(line))?.trim();
}
