/** Lines of the kernel's trace, as trace_pipe has them. */

/** A line of the trace. Fields that a line does not have are absent. */
export interface TraceEntry {
  /** What was printed; the whole line, where it is not of the usual form: such as what follows a line break in a message. */
  readonly message: string;
  /** The thread's name; "<...>" if the kernel does not know it any more. */
  readonly task?: string;
  /** The thread's id, which of a process' first thread is the process' id. */
  readonly pid?: number;
  readonly cpu?: number;
  /** Interrupts, preemption and so on as letters: Documentation/trace/ftrace.rst, "Output format". */
  readonly flags?: string;
  /** Seconds on the trace's clock, which by default begins near boot. */
  readonly timestamp?: number;
  /** What printed: "bpf_trace_printk". */
  readonly event?: string;
  /** Lines of this CPU that were overwritten before they were read; NaN if the kernel does not know how many. */
  readonly lost?: number;
}

/** trace_print_context(), kernel/trace/trace_output.c. The name has exactly 16 columns, whatever is in it. */
const ENTRY = /^(.{16})-(\d+) +(?:\([ \d-]{7}\) +)?\[(\d+)\] +(?:(\S{4,}) +)?(\d+(?:\.\d+)?): (\w+): (.*)$/s;
/** test_cpu_buff_start() and print_trace_line(), kernel/trace/trace.c. */
const LOST = /^CPU:(\d+) \[LOST (?:(\d+) )?EVENTS\]$/;

/** @param line its bytes as latin1: the kernel counts bytes, and prints whatever a name or message holds */
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

/** Cuts what is read into lines. */
export class LineCutter {
  #rest = "";

  /** The lines that `chunk` completes. */
  push(chunk: Buffer): string[] {
    const lines = (this.#rest + chunk.toString("latin1")).split("\n");
    this.#rest = lines.pop() ?? "";
    return lines;
  }
}
