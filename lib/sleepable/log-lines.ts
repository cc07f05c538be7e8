/** Finds the lines of a verifier log that state the refusal, and since Linux 7.3 the block that explains it. */

/** Lines about the verifier's progress and statistics, in the wordings of all kernels; none states a reason. */
const NOISE = new RegExp(
  [
    "processed \\d+ insns|verification time|stack depth|insns processed|peak_states|-- (BEGIN|END)|=+$|-+$",
    // States and precision: they follow the verdict on a loop, and precede the verdict on a value.
    "(cur|old) state:|mark_precise|last_idx|regs=|parent (already had|didn't have) regs=|(frame ?\\d+: )?propagating ",
    // Entry to and exit from functions.
    "Validating \\S+\\(\\) func#|Func#\\d+ .*(assumed valid|safe for any args|Skipping)|func#\\d+ @",
    "func '\\w+' arg\\d+ has btf_id|arg#\\d+ type is not a struct|Unrecognized arg#\\d+ type|caller:|callee:|returning from callee|to caller at|Live regs before|stack use/def",
  ]
    .map((some) => `^(?:${some})`)
    .join("|"),
);
/** Instructions, branches, source lines and register states, which trace the program. */
const TRACE = /^(\d+: |from \d+ to |;|\s)/;
/**
 * The block of kernel/bpf/verifier.c in 7.3: "Verification failed: …", then "Reason:", "At:", "Causal path:",
 * "Suggestion:", each followed by indented text.
 */
const BLOCK = /^Verification failed:/;
const HEADING = /^(Reason|At|Causal path|Suggestion):(.*)$/;

/** Maximum number of lines of a verdict, over all kernels. */
const MOST = 5;

/**
 * The kernel's verdict: the lines after the last instruction or state, in order. One line states the fault and another
 * the reason, in either order. Lines between instructions concern instructions that the verifier already accepted. An
 * explaining block is separate.
 */
export function verdictOf(log: readonly string[]): string[] {
  const { start, end } = blockOf(log);
  const words: string[] = [];
  for (let i = log.length - 1; i >= 0 && words.length < MOST; i--) {
    const line = log[i] as string;
    if ((i >= start && i < end) || line.trim() === "" || NOISE.test(line)) continue;
    if (!TRACE.test(line)) words.unshift(line.trim());
    else if (words.length > 0) break;
  }
  return words;
}

/** Start and end of the 7.3 block, if any: everything in it but the headings is indented. */
function blockOf(log: readonly string[]): { start: number; end: number } {
  const start = log.findLastIndex((line) => BLOCK.test(line));
  if (start < 0) return { start: log.length, end: log.length };
  const after = log.findIndex((line, index) => index > start && !/^\s|^$/.test(line) && !HEADING.test(line));
  return { start, end: after < 0 ? log.length : after };
}

/** The sentences of the 7.3 block. */
export function diagnosis(log: readonly string[]): { reason?: string; suggestion?: string } {
  const { start, end } = blockOf(log);
  const sections = new Map<string, string[]>();
  let text: string[] = [];
  for (const line of log.slice(start + 1, end)) {
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

/** The number of instructions that the verifier processed, which its log ends with; null if it did not come so far. */
export function instructionsProcessed(log: readonly string[]): number | null {
  const line = log.findLast((text) => PROCESSED.test(text));
  return line === undefined ? null : Number(PROCESSED.exec(line)?.[1]);
}

const PROCESSED = /^processed (\d+) insns/;
const INSTRUCTION = /^\d+: \([0-9a-f]{2}\) /;
const SOURCE_LINE = /^; /;

/** What an excerpt of a log shows: the last source line and instruction before the verdict, then the verdict. */
export function decisiveLines(log: readonly string[]): string[] {
  const verdict = verdictOf(log);
  const end = verdict.length === 0 ? log.length : log.findLastIndex((line) => line.trim() === verdict[0]);
  const before = log.slice(0, end);
  const instruction = before.findLastIndex((line) => INSTRUCTION.test(line));
  if (instruction < 0) return verdict;
  const source = before.slice(0, instruction).findLast((line) => SOURCE_LINE.test(line));
  return [...(source === undefined ? [] : [source]), before[instruction] as string, ...verdict];
}
