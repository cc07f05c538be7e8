/** The runs of node-libbpf vm: one after the other or side by side, and what is said of them. */
import { StringDecoder } from "node:string_decoder";
import { runInVm, VmError, type VmOptions, type VmResult } from "../testing";
import { type Cell, document, printable, table } from "./table";

/** As timeout(1) has it. */
const TIMED_OUT = 124;
/** As `docker run` has it: the fault is not the command's. */
const BROKE_DOWN = 125;
/** As shells have it. */
const NOT_FOUND = 127;

/** What came of a kernel. */
export interface Run {
  kernel: string;
  result: VmResult | VmError;
}

interface Manner {
  /** How many machines may run at once. */
  jobs: number;
  /** Keeps standard output free. */
  quiet: boolean;
}

/** Runs on each kernel, whatever becomes of the others. */
export async function runVms(
  kernels: readonly string[],
  options: Omit<VmOptions, "kernel">,
  { jobs, quiet }: Manner,
): Promise<Run[]> {
  const marked = jobs > 1 && kernels.length > 1;
  const runs: Run[] = [];
  const waiting = kernels.entries();
  const lanes = Array.from({ length: jobs }, async () => {
    for (const [index, kernel] of waiting) {
      const mark = marked ? `${kernel} | ` : "";
      runs[index] = { kernel, result: await attempt({ ...options, kernel }, mark, quiet) };
    }
  });
  await Promise.all(lanes);
  return runs;
}

async function attempt(options: VmOptions, mark: string, quiet: boolean): Promise<VmResult | VmError> {
  const stdout = outputTo(quiet ? process.stderr : process.stdout, mark);
  const stderr = outputTo(process.stderr, mark);
  const say = (text: string) => process.stderr.write(`node-libbpf: ${options.kernel}: ${text}\n`);
  try {
    return await runInVm({ ...options, onStdout: stdout.write, onStderr: stderr.write, onProgress: say });
  } catch (error) {
    if (!(error instanceof VmError)) throw error;
    say(error.message);
    return error;
  } finally {
    stdout.end();
    stderr.end();
  }
}

/** Hands on what comes: as it is, or in whole lines with a mark before each. */
function outputTo(stream: NodeJS.WritableStream, mark: string) {
  if (mark === "") return { write: (chunk: Buffer) => void stream.write(chunk), end: () => {} };
  const decoder = new StringDecoder();
  let rest = "";
  const lines = (text: string) => {
    for (const line of text.split("\n")) stream.write(`${mark}${line}\n`);
  };
  return {
    write(chunk: Buffer) {
      rest += decoder.write(chunk);
      const end = rest.lastIndexOf("\n");
      if (end < 0) return;
      lines(rest.slice(0, end));
      rest = rest.slice(end + 1);
    },
    end() {
      if (rest !== "") lines(rest);
    },
  };
}

/** Prints a table for people or JSON for programs, and returns the first status that is not 0. */
export function showRuns(runs: readonly Run[], asJson: boolean): number {
  if (asJson) process.stdout.write(document({ runs: runs.map(summary) }));
  else
    process.stderr.write(table([["KERNEL", "EXIT", "BOOT", "TOTAL", ""].map((text) => ({ text })), ...runs.map(row)]));
  return runs.map(statusOf).find((status) => status !== 0) ?? 0;
}

function statusOf({ result }: Run): number {
  if (!(result instanceof VmError)) return result.exitCode;
  return result.code === "ERR_BPF_VM_TIMEOUT" ? TIMED_OUT : BROKE_DOWN;
}

function summary(run: Run): object {
  const { kernel, result } = run;
  if (result instanceof VmError) {
    return { kernel, status: statusOf(run), error: { code: result.code, message: result.message } };
  }
  const { exitCode: status, ...rest } = result;
  return { kernel, status, error: null, ...rest };
}

function row(run: Run): Cell[] {
  const { kernel, result } = run;
  const status = statusOf(run);
  const cells =
    result instanceof VmError
      ? ["", "", firstLine(result)]
      : [seconds(result.bootMs), seconds(result.totalMs), note(result)];
  return [
    { text: printable(kernel) },
    { text: String(status), style: status === 0 ? "green" : "red" },
    ...cells.map((text) => ({ text })),
  ];
}

function note({ exitCode, accelerator, missing }: VmResult): string {
  const notFound = exitCode === NOT_FOUND ? ["the machine has no such command"] : [];
  return [accelerator, ...notFound, ...missing.map((path) => `no ${path} to bring back`)].join(", ");
}

function firstLine({ message }: VmError): string {
  return printable(message.split("\n", 1)[0] ?? "");
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
