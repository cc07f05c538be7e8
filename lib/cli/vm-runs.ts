/** Runs the machines of node-libbpf vm, sequentially or in parallel, and reports the results. */
import { StringDecoder } from "node:string_decoder";
import { runInVm, VmError, type VmOptions, type VmResult } from "../testing";
import { inLanes } from "./lanes";
import { type Cell, document, printable, table } from "./table";

/** As in timeout(1). */
const TIMED_OUT = 124;
/** As in `docker run`: the command is not at fault. */
const BROKE_DOWN = 125;
/** As in shells. */
const NOT_FOUND = 127;

/** The result on one kernel. */
export interface Run {
  kernel: string;
  result: VmResult | VmError;
}

interface Manner {
  /** Maximum number of parallel machines. */
  jobs: number;
  /** Whether to keep standard output free. */
  quiet: boolean;
}

/** Runs the command on each kernel, even if others fail. */
export async function runVms(
  kernels: readonly string[],
  options: Omit<VmOptions, "kernel">,
  { jobs, quiet }: Manner,
): Promise<Run[]> {
  const marked = jobs > 1 && kernels.length > 1;
  return inLanes(kernels, jobs, async (kernel) => {
    const mark = marked ? `${kernel} | ` : "";
    return { kernel, result: await attempt({ ...options, kernel }, mark, quiet) };
  });
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

/** Forwards output unchanged, or as whole lines with a prefix. */
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

/** Prints a table or JSON, and returns the first nonzero status. */
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
  return [accelerator, ...notFound, ...missing.map((path) => `${path} does not exist and was not copied back`)].join(
    ", ",
  );
}

function firstLine({ message }: VmError): string {
  return printable(message.split("\n", 1)[0] ?? "");
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
