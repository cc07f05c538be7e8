/** Tests for jest and node:test that run in virtual machines. */
import { checkOptions, filled, list, required, type Schema } from "../options";
import { runInVm, VM_OPTIONS, type VmOptions } from "./vm";
import { VmError } from "./vm-error";

/** What a test runs, and on which kernels. */
export interface VmTestOptions extends Omit<VmOptions, "kernel" | "onStdout" | "onStderr"> {
  /** Kernels as in {@link VmOptions}; each gets a test. */
  readonly kernels: readonly string[];
}

const { kernel: _, onStdout: __, onStderr: ___, ...shared } = VM_OPTIONS;
const OPTIONS: Schema<VmTestOptions> = { ...shared, kernels: required(list(filled)) };

/** The global `test` of jest, vitest and similar runners. */
type GlobalTest = (name: string, run: () => Promise<void>, timeoutMs: number) => void;

/** Maximum output in the error of a failed test, in bytes. */
const OUTPUT_LIMIT = 64 * 1024;
/** Time in addition to the machine's own limit: downloading a kernel, packing a project. */
const SETUP_MS = 600_000;

/**
 * Declares one test per kernel. It runs the command in a machine, and fails with the command's output if the exit
 * status is not 0. Uses the global `test` if there is one (jest; vitest with globals), else node:test.
 */
export function vmTest(name: string, input: VmTestOptions): void {
  const { kernels, ...options } = checkOptions({ name: "vmTest", details: { operation: "vm" } }, input, OPTIONS);
  const timeoutMs = (options.timeoutSeconds ?? 300) * 1000 + SETUP_MS;
  for (const kernel of kernels) {
    const title = `${name} [Linux ${kernel}]`;
    const run = () => passInVm({ ...options, kernel });
    const { test } = globalThis as { test?: GlobalTest };
    if (test !== undefined) test(title, run, timeoutMs);
    else nodeTest().test(title, { timeout: timeoutMs }, run);
  }
}

/** Required lazily: importing node:test changes how the process ends for every user of this file. */
function nodeTest(): typeof import("node:test") {
  return require("node:test");
}

/**
 * Runs a command.
 *
 * @throws {@link VmError} ERR_BPF_VM_FAILED, with the end of the command's output, if its exit status is not 0
 */
async function passInVm(options: VmOptions): Promise<void> {
  let output = Buffer.alloc(0);
  const onOutput = (chunk: Buffer) => {
    output = Buffer.concat([output, chunk]).subarray(-OUTPUT_LIMIT);
  };
  const { exitCode } = await runInVm({ ...options, onStdout: onOutput, onStderr: onOutput });
  if (exitCode === 0) return;
  const what = `${options.command.join(" ")}: exit status ${exitCode} on ${options.kernel}`;
  throw new VmError("ERR_BPF_VM_FAILED", `${what}\n${output}`);
}

/** The kernel's name ("6.12") inside a virtual machine of this harness; undefined elsewhere. */
export function insideVm(): string | undefined {
  return process.env.NODE_LIBBPF_TEST_KERNEL;
}
