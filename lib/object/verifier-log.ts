/** The line of a verifier log that says what was wrong. */

/** Lines of statistics and decoration, in any kernel's wording. */
const NOISE =
  /^(processed \d+ insns|verification time|stack depth|insns processed|peak_states|mark_precise|-- (BEGIN|END)|=+$|-+$)/;
/** Linux 7.3 ends a log with a block: "Verification failed:", "Reason: …", "Suggestion: …" (kernel/bpf/verifier.c). */
const REASON = /^\s*Reason:\s*(.+)$/;

/** The verdict in one line, or undefined if the log has none. */
export function summarise(log: readonly string[]): string | undefined {
  for (let i = log.length - 1; i >= 0; i--) {
    const reason = REASON.exec(log[i] as string)?.[1];
    if (reason !== undefined) return reason;
  }
  return log.findLast((line) => line.trim() !== "" && !NOISE.test(line))?.trim();
}
