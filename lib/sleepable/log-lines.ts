/** What of a verifier log is the kernel's words on a refusal: the lines that say it, and since Linux 7.3 a block that explains it. */

/** Lines that tell how the verifier went on and what it cost, in any kernel's wording: no word of why. */
const NOISE = new RegExp(
  [
    "processed \\d+ insns|verification time|stack depth|insns processed|peak_states|-- (BEGIN|END)|=+$|-+$",
    // States and precision, which follow the verdict on a loop, and stand before that on a value.
    "(cur|old) state:|mark_precise|last_idx|regs=|parent (already had|didn't have) regs=|(frame ?\\d+: )?propagating ",
    // Functions, as they are entered and left.
    "Validating \\S+\\(\\) func#|Func#\\d+ .*(assumed valid|safe for any args|Skipping)|func#\\d+ @",
    "func '\\w+' arg\\d+ has btf_id|arg#\\d+ type is not a struct|Unrecognized arg#\\d+ type|caller:|callee:|returning from callee|to caller at|Live regs before|stack use/def",
  ]
    .map((some) => `^(?:${some})`)
    .join("|"),
);
/** Instructions, branches, source lines and register states, which follow the program and not the kernel's mind. */
const TRACE = /^(\d+: |from \d+ to |;|\s)/;
/** kernel/bpf/verifier.c of 7.3: "Verification failed: …", then "Reason:", "At:", "Causal path:", "Suggestion:", each over indented text. */
const BLOCK = /^Verification failed:/;
const HEADING = /^(Reason|At|Causal path|Suggestion):(.*)$/;

/** No verdict of any kernel has more lines of its own. */
const MOST = 5;

/**
 * The kernel's verdict: its words after the last instruction or state, in its order. It says in one line what is wrong and in another why,
 * whichever comes first; what it said between instructions is of what it went past. A block that explains is apart.
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

/** Where 7.3's block begins and ends, if there is one: all in it but its headings is indented. */
function blockOf(log: readonly string[]): { start: number; end: number } {
  const start = log.findLastIndex((line) => BLOCK.test(line));
  if (start < 0) return { start: log.length, end: log.length };
  const after = log.findIndex((line, index) => index > start && !/^\s|^$/.test(line) && !HEADING.test(line));
  return { start, end: after < 0 ? log.length : after };
}

/** The sentences of 7.3's block. */
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
