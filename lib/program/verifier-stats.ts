/** The statistics that the verifier writes at the end of its log: print_verification_stats() in kernel/bpf/verifier.c. */

/** What it cost the verifier to accept a program. Requested with {@link ProgramSpec.logLevel}. */
export interface VerifierStats {
  /** Instructions that the verifier followed, each as often as it came to it. */
  readonly instructions: number;
  /** The most that the kernel allows: a million. */
  readonly instructionLimit: number;
  /** States that it made. */
  readonly totalStates: number;
  /** States that it kept at the same time. */
  readonly peakStates: number;
  /** The most states that it kept at one instruction. */
  readonly maxStatesPerInstruction: number;
  /** The longest chain of states through which it marked a register as read. */
  readonly markRead: number;
  /** Bytes of stack of the program and of each of its functions. Only with log level 4. */
  readonly stackDepth?: readonly number[];
  /** Time in microseconds. Only with log level 4. */
  readonly verificationTimeUs?: number;
}

/** The statistics are the last lines; Linux 7.3 has one for each function, of which there are at most 256. */
const TAIL_BYTES = 65536;

const PROCESSED =
  /^processed (\d+) insns \(limit (\d+)\) max_states_per_insn (\d+) total_states (\d+) peak_states (\d+) mark_read (\d+)/;

/** The lines before it at log level 4. Linux 7.3 has a line for each function instead of a sum. */
const STATISTIC = /^(?:verification time \d+ usec|stack depth |subprog \d+ )/;

/** The statistics at the end of a log; undefined if it has none. */
export function verifierStats(log: Uint8Array): VerifierStats | undefined {
  const tail = log.subarray(Math.max(0, log.length - TAIL_BYTES));
  const lines = Buffer.from(tail).toString("latin1").split("\n");
  const at = lines.findLastIndex((line) => PROCESSED.test(line));
  const [, ...counts] = PROCESSED.exec(lines[at] ?? "") ?? [];
  const [instructions, instructionLimit, maxStatesPerInstruction, totalStates, peakStates, markRead] =
    counts.map(Number);
  if (instructions === undefined) return undefined;
  const before = lines.slice(lines.slice(0, at).findLastIndex((line) => !STATISTIC.test(line)) + 1, at);
  const found = (words: RegExp) => before.flatMap((line) => words.exec(line)?.[1] ?? []);
  const [together = ""] = found(/^stack depth (\d+(?:\+\d+)*)/);
  const each = found(/^subprog \d+ .* stack (\d+)$/);
  const stack = each.length > 0 ? each : together.split("+").filter((depth) => depth !== "");
  const [time] = found(/^verification time (\d+) usec/);
  return {
    instructions,
    ...{ instructionLimit, maxStatesPerInstruction, totalStates, peakStates, markRead },
    ...(stack.length > 0 && { stackDepth: stack.map(Number) }),
    ...(time !== undefined && { verificationTimeUs: Number(time) }),
  } as VerifierStats;
}
