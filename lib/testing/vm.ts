/** Boots a kernel in a throw-away virtual machine and runs a command in it as root. */

import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import { type Accelerator, chooseAccelerator, KVM_DEADLINE_SECONDS } from "./accel";
import { type Put, writeInitramfs } from "./initramfs";
import { resolveKernel } from "./kernels";
import { type Machine, type Outcome, runMachine } from "./qemu";
import { commandScript } from "./quote";
import { parseReport } from "./report";

export type { Put } from "./initramfs";

export interface VmOptions {
  /** "6.12", "5.10-errinj" or a vmlinuz file: see kernels.ts. */
  readonly kernel: string;
  readonly command: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly put?: readonly Put[];
  readonly collect?: readonly Collect[];
  /** The `lsm=` argument; the default has bpf, which Debian's 5.10 leaves out. */
  readonly lsm?: string;
  /** More kernel arguments. */
  readonly append?: string;
  readonly memoryMib?: number;
  readonly cpus?: number;
  /** Guest time counts instructions, the same in each run: emulated, with one CPU. */
  readonly countInstructions?: boolean;
  readonly timeoutSeconds?: number;
  readonly onStdout?: (chunk: Buffer) => void;
  readonly onStderr?: (chunk: Buffer) => void;
}

/** A file or directory of the guest that is brought back under its own name once the command has ended. */
export interface Collect {
  readonly from: string;
  /** A directory of the host; made if it does not exist. */
  readonly into: string;
}

export interface VmResult {
  /** The command's; 128 + N if signal N ended it. */
  readonly exitCode: number;
  /** The host paths of what was brought back. */
  readonly files: string[];
  /** The guest paths that were to be brought back and did not exist. */
  readonly missing: string[];
  readonly accelerator: Accelerator;
  /** From QEMU's start to the guest's user space. */
  readonly bootMs: number;
  readonly totalMs: number;
}

/** The guest did not come to its end: a panic, a hang, no boot. */
export class VmError extends Error {
  override readonly name = "VmError";

  constructor(
    message: string,
    /** The last 64 KiB of the kernel's console. */
    readonly console: string,
  ) {
    const tail = console.trimEnd().split(/\r?\n/).slice(-60).join("\n");
    super(`${message}\n${tail === "" ? "(nothing on its console)" : `--- end of its console ---\n${tail}`}`);
  }
}

export async function runInVm(options: VmOptions): Promise<VmResult> {
  if (process.arch !== "x64") throw new Error(`the virtual machines are x86-64 ones; this Node is ${process.arch}`);
  const { timeoutSeconds = 300, collect = [], lsm = "lockdown,capability,landlock,bpf" } = options;
  const kernel = await resolveKernel(options.kernel);
  const environment = { NODE_LIBBPF_TEST_KERNEL: kernel.name, ...options.env };
  const guest = {
    command: commandScript(options.command, environment, options.cwd ?? "/"),
    collect: collect.map(({ from }) => guestPath(from)),
    put: options.put ?? [],
  };
  const machine = {
    image: kernel.image,
    // An oops is as good as a panic, and with -no-reboot a panic ends QEMU.
    append: ["console=ttyS0 panic=-1 oops=panic", lsm && `lsm=${lsm}`, options.append].filter(Boolean).join(" "),
    memoryMib: options.memoryMib ?? 1536,
    cpus: options.countInstructions ? 1 : (options.cpus ?? 2),
  };
  const accelerator = options.countInstructions ? "icount" : await chooseAccelerator(() => bootsWithKvm(machine));

  const start = performance.now();
  let bootMs = 0;
  const outcome = await runMachine({
    ...machine,
    accelerator,
    timeoutSeconds,
    writeInitramfs: (fd) => writeInitramfs(fd, guest),
    onStdout: options.onStdout,
    onStderr: options.onStderr,
    onReady: () => {
      bootMs = performance.now() - start;
    },
  });
  const report = parseReport(outcome.report);
  if (report === undefined) throw new VmError(whatHappened(kernel.name, outcome, timeoutSeconds), outcome.console);
  const came = collect.filter((_, index) => report.archives.has(index));
  for (const [index, { into }] of collect.entries()) unpackTar(report.archives.get(index), into);
  return {
    exitCode: report.exitCode,
    files: came.map(({ from, into }) => join(into, basename(from))),
    missing: collect.filter((item) => !came.includes(item)).map(({ from }) => from),
    accelerator,
    bootMs: Math.round(bootMs),
    totalMs: Math.round(performance.now() - start),
  };
}

async function bootsWithKvm(machine: Pick<Machine, "image" | "append" | "memoryMib" | "cpus">): Promise<boolean> {
  const nothing = { command: commandScript(["true"], {}, "/"), collect: [], put: [] };
  const { report } = await runMachine({
    ...machine,
    accelerator: "kvm",
    timeoutSeconds: KVM_DEADLINE_SECONDS,
    writeInitramfs: (fd) => writeInitramfs(fd, nothing),
  });
  return parseReport(report)?.exitCode === 0;
}

function whatHappened(kernel: string, { timedOut, report, console }: Outcome, timeoutSeconds: number): string {
  const ready = report.length > 0;
  if (timedOut) {
    const where = ready ? "the command was still running" : "user space was not reached";
    return `the ${kernel} machine was stopped after ${timeoutSeconds} s: ${where}`;
  }
  const when = ready ? "while the command ran" : "during its boot";
  return /Kernel panic/.test(console) ? `the ${kernel} kernel panicked ${when}` : `the ${kernel} machine ended ${when}`;
}

function guestPath(path: string): string {
  if (path.startsWith("/") && !path.includes("\n")) return path;
  throw new Error(`a guest path is absolute and one line: ${JSON.stringify(path)}`);
}

function unpackTar(archive: Buffer | undefined, into: string): void {
  if (archive === undefined) return;
  mkdirSync(into, { recursive: true });
  const extract = ["-xf", "-", "-C", into, "--no-same-owner"];
  const { status, stderr, error } = spawnSync("tar", extract, { input: archive, encoding: "utf8" });
  if (status !== 0) throw new Error(`cannot unpack into ${into}: ${error?.message ?? stderr}`);
}
