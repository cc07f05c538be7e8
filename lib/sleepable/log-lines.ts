/** What of a verifier log is the kernel's words on a refusal: the line that says it, and since Linux 7.3 a block that explains it. */

/** Lines of statistics and decoration, in any kernel's wording. */
const NOISE =
  /^(processed \d+ insns|verification time|stack depth|insns processed|peak_states|mark_precise|-- (BEGIN|END)|=+$|-+$)/;
/** Instructions, branches, source lines and register states, which follow the program and not the kernel's mind. */
const TRACE = /^(\d+: |from \d+ to |;|\s)/;
/** kernel/bpf/verifier.c of 7.3: "Verification failed: …", then "Reason:", "At:", "Causal path:", "Suggestion:", each over indented text. */
const BLOCK = /^Verification failed:/;
const HEADING = /^(Reason|At|Causal path|Suggestion):(.*)$/;

/** The kernel's last lines of words, last first. */
export function lastWords(log: readonly string[], count: number): string[] {
  const block = log.findLastIndex((line) => BLOCK.test(line));
  const words: string[] = [];
  for (let i = (block < 0 ? log.length : block) - 1; i >= 0 && words.length < count; i--) {
    const line = log[i] as string;
    if (line.trim() !== "" && !NOISE.test(line) && !TRACE.test(line)) words.push(line.trim());
  }
  return words;
}

/** The sentences of 7.3's block. */
export function diagnosis(log: readonly string[]): { reason?: string; suggestion?: string } {
  const start = log.findLastIndex((line) => BLOCK.test(line));
  if (start < 0) return {};
  const sections = new Map<string, string[]>();
  let text: string[] = [];
  for (const line of log.slice(start + 1)) {
    if (NOISE.test(line)) break;
    const [, heading, rest = ""] = HEADING.exec(line) ?? [];
    if (heading !== undefined) {
      text = [];
      sections.set(heading, text);
    }
    text.push((heading === undefined ? line : rest).trim());
  }
  const sentence = (heading: string) => sections.get(heading)?.join(" ").trim().replace(/\.$/, "") || undefined;
  const [reason, suggestion] = [sentence("Reason"), sentence("Suggestion")];
  return { ...(reason !== undefined && { reason }), ...(suggestion !== undefined && { suggestion }) };
}
