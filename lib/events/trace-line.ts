/** Parses lines of the kernel's trace_pipe. */

/** A line of the kernel's trace. Fields that the line does not have are absent. */
export interface TraceEntry {
  /** The printed text; the whole line if it has another form, such as the rest of a message with a line break. */
  readonly message: string;
  /** The thread's name; "<...>" if the kernel has forgotten it. */
  readonly task?: string;
  /** The thread id. For the first thread of a process it equals the process id. */
  readonly pid?: number;
  /** The number of the CPU that printed the line. */
  readonly cpu?: number;
  /** Flags for interrupts, preemption and so on, as letters: Documentation/trace/ftrace.rst, "Output format". */
  readonly flags?: string;
  /** Seconds on the trace clock, which by default starts near boot. */
  readonly timestamp?: number;
  /** What printed the line: "bpf_trace_printk". */
  readonly event?: string;
  /** Number of lines of this CPU that were overwritten before they were read; NaN if the kernel does not know it. */
  readonly lost?: number;
}

/** trace_print_context() in kernel/trace/trace_output.c. The name occupies exactly 16 columns, whatever it contains. */
const ENTRY = /^(.{16})-(\d+) +(?:\([ \d-]{7}\) +)?\[(\d+)\] +(?:(\S{4,}) +)?(\d+(?:\.\d+)?): (\w+): (.*)$/s;
/** test_cpu_buff_start() and print_trace_line() in kernel/trace/trace.c. */
const LOST = /^CPU:(\d+) \[LOST (?:(\d+) )?EVENTS\]$/;

/**
 * Parses a line.
 *
 * @param line its bytes as latin1: the kernel counts bytes, and names and messages can contain any
 */
export function parseLine(line: string): TraceEntry {
  const lost = LOST.exec(line);
  if (lost !== null) return { message: line, cpu: Number(lost[1]), lost: Number(lost[2] ?? Number.NaN) };
  const entry = ENTRY.exec(line);
  if (entry === null) return { message: textOf(line) };
  const [, task = "", pid, cpu, flags, timestamp, event = "", message = ""] = entry;
  return {
    message: textOf(message),
    task: textOf(task).trimStart(),
    pid: Number(pid),
    cpu: Number(cpu),
    ...(flags !== undefined && { flags }),
    timestamp: Number(timestamp),
    event,
  };
}

const textOf = (latin1: string) => Buffer.from(latin1, "latin1").toString();

/** Splits a byte stream into lines. */
export class LineCutter {
  #rest = "";

  /** Returns the lines that `chunk` completes. */
  push(chunk: Buffer): string[] {
    const lines = (this.#rest + chunk.toString("latin1")).split("\n");
    this.#rest = lines.pop() ?? "";
    return lines;
  }
}
