/** Boots a kernel in a throw-away virtual machine and runs a command there as root. */

import { spawnSync } from "node:child_process";
import { mkdirSync, realpathSync } from "node:fs";
import { basename, join } from "node:path";
import { ArgumentError } from "../errors";
import {
  anyFunction,
  boolean,
  checkOptions,
  custom,
  filled,
  integer,
  list,
  object,
  oneOf,
  record,
  required,
  type Schema,
  text,
} from "../options";
import { type Accelerator, chooseAccelerator, KVM_DEADLINE_SECONDS } from "./accel";
import { type Arch, platformOf } from "./arch";
import { guestItems, writeInitramfs } from "./initramfs";
import { resolveKernel } from "./kernels";
import { ownNpm } from "./programs";
import { projectFiles } from "./project";
import { type Machine, type Outcome, runMachine } from "./qemu";
import { commandScript } from "./quote";
import { parseReport } from "./report";
import type { Put } from "./tree";
import { VmError } from "./vm-error";

/** The command to run, and the machine to run it in. */
export interface VmOptions {
  /** A Debian series ("6.12"), a release of it ("6.12.117", "debian-6.12.117"), or the path of a vmlinuz file. */
  readonly kernel: string;
  /** The program, looked up in the guest's PATH, and its arguments. */
  readonly command: readonly string[];
  /**
   * A project folder. The guest gets it at the same path, with the packages linked into its node_modules, and npm and
   * npx.
   */
  readonly project?: string;
  /** The command's working directory in the guest. Default: the project, or "/" without one. */
  readonly cwd?: string;
  /** Additional environment variables. The guest has PATH, HOME and NODE_LIBBPF_TEST_KERNEL (see {@link insideVm}). */
  readonly env?: Readonly<Record<string, string>>;
  /** Additional files and folders for the guest. */
  readonly put?: readonly Put[];
  /** Files and folders to copy back. */
  readonly collect?: readonly Collect[];
  /** Architecture. Default: this host's. A guest of another architecture has Node 20 and the files given here. */
  readonly arch?: Arch;
  /** The kernel's `lsm=` argument. The default includes bpf, which Debian's 5.10 omits. */
  readonly lsm?: string;
  /** Additional kernel arguments. */
  readonly append?: string;
  /** Memory in MiB. Default 1536. Files take three times their size while the machine boots. */
  readonly memoryMib?: number;
  /** Number of CPUs. Default 2. Without KVM they take turns on one core of the host. */
  readonly cpus?: number;
  /** Guest time counts instructions, which is reproducible. Emulated, with one CPU. */
  readonly countInstructions?: boolean;
  /** Time limit for the machine in seconds. Default 300. */
  readonly timeoutSeconds?: number;
  /** Receives the command's standard output as it arrives. */
  readonly onStdout?: (chunk: Buffer) => void;
  /** Receives the command's standard error as it arrives. */
  readonly onStderr?: (chunk: Buffer) => void;
  /** Receives descriptions of slow steps: "fetching …", "booting". */
  readonly onProgress?: (step: string) => void;
}

/** A file or directory of the guest, copied back under its own name after the command. */
export interface Collect {
  /** Guest path. */
  readonly from: string;
  /** Host directory; created if missing. */
  readonly into: string;
}

/** The result of a run. */
export interface VmResult {
  /** The command's exit status; 127 if the guest has no such program, 128 + N if signal N killed it. */
  readonly exitCode: number;
  /** Host paths of the files copied back. */
  readonly files: string[];
  /** Guest paths that should have been copied back but do not exist. */
  readonly missing: string[];
  /** How QEMU ran the guest. */
  readonly accelerator: Accelerator;
  /** Milliseconds from QEMU's start to the guest's user space. */
  readonly bootMs: number;
  /** Milliseconds from QEMU's start to its end. */
  readonly totalMs: number;
}

const CALLEE = { name: "runInVm", details: { operation: "vm" } } as const;
const TIMER_SECONDS = 2 ** 31 / 1000 - 1;

/** @internal */
export const VM_OPTIONS: Schema<VmOptions> = {
  ...{ kernel: required(filled), command: required(list(text)), arch: oneOf("x64", "arm64") },
  ...{ project: filled, cwd: filled, env: record(text), lsm: text, append: text },
  put: list(object<Put>({ from: required(filled), to: required(filled), filter: anyFunction })),
  collect: list(object<Collect>({ from: required(filled), into: required(filled) })),
  ...{ memoryMib: integer(1, 0xffffffff), cpus: integer(1, 0xffff), countInstructions: boolean },
  timeoutSeconds: custom(
    "a number of seconds",
    (value) => typeof value === "number" && value > 0 && value <= TIMER_SECONDS,
  ),
  ...{ onStdout: anyFunction, onStderr: anyFunction, onProgress: anyFunction },
};

/**
 * Boots a kernel in a throw-away virtual machine and runs a command there as root. The host needs no root, but it needs
 * QEMU, busybox, and Debian's apt for kernels given by series. Downloads are cached in ~/.cache/node-libbpf.
 *
 * @throws {@link VmError} if the command returned no exit status: something is missing, a kernel panic, a timeout
 * @throws {@link ArgumentError} for an invalid option
 */
export async function runInVm(options: VmOptions): Promise<VmResult> {
  const given = checkOptions(CALLEE, options, VM_OPTIONS);
  const { timeoutSeconds = 300, collect = [], project, onProgress = () => {} } = given;
  const { lsm = "lockdown,capability,landlock,bpf", arch = process.arch as Arch } = given;
  const platform = platformOf(arch);
  const kernel = resolveKernel(given.kernel, arch, onProgress);
  const environment = { NODE_LIBBPF_TEST_KERNEL: kernel.name, ...given.env };
  if (given.command.length === 0) throw new ArgumentError("the command is empty", { operation: "vm" });
  const files = project === undefined ? [] : [...projectFiles(project), ...ownNpm()];
  const cwd = given.cwd ?? (project === undefined ? "/" : realpathSync(project));
  const guest = {
    arch,
    command: commandScript(given.command, environment, cwd),
    collect: collect.map(({ from }) => guestPath(from)),
    put: [...files, ...(given.put ?? [])],
  };
  const machine = {
    platform,
    image: kernel.image,
    // Treat an oops as a panic. With -no-reboot a panic ends QEMU.
    append: [`console=${platform.console} panic=-1 oops=panic`, platform.append, lsm && `lsm=${lsm}`, given.append]
      .filter(Boolean)
      .join(" "),
    memoryMib: given.memoryMib ?? 1536,
    cpus: given.countInstructions ? 1 : (given.cpus ?? 2),
  };
  const items = guestItems(guest, machine.memoryMib, onProgress);
  const accelerator = await acceleratorFor(given, arch, machine);

  onProgress("booting");
  const start = performance.now();
  let bootMs = 0;
  const outcome = await runMachine({
    ...machine,
    accelerator,
    timeoutSeconds,
    writeInitramfs: (fd) => writeInitramfs(fd, guest, items),
    onStdout: given.onStdout,
    onStderr: given.onStderr,
    onReady: () => {
      bootMs = performance.now() - start;
    },
  });
  const report = parseReport(outcome.report);
  if (report === undefined) throw noReport(kernel.name, outcome, timeoutSeconds);
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

async function acceleratorFor(options: VmOptions, arch: Arch, machine: Host): Promise<Accelerator> {
  if (options.countInstructions) return "icount";
  return arch === process.arch ? chooseAccelerator(() => bootsWithKvm(arch, machine)) : "tcg";
}

type Host = Pick<Machine, "platform" | "image" | "append" | "memoryMib" | "cpus">;

async function bootsWithKvm(arch: Arch, machine: Host): Promise<boolean> {
  const nothing = { arch, command: commandScript(["true"], {}, "/"), collect: [], put: [] };
  const { report } = await runMachine({
    ...machine,
    accelerator: "kvm",
    timeoutSeconds: KVM_DEADLINE_SECONDS,
    writeInitramfs: (fd) =>
      writeInitramfs(
        fd,
        nothing,
        guestItems(nothing, machine.memoryMib, () => {}),
      ),
  });
  return parseReport(report)?.exitCode === 0;
}

function noReport(kernel: string, { timedOut, report, console }: Outcome, timeoutSeconds: number): VmError {
  const ready = report.length > 0;
  if (timedOut) {
    const where = ready ? "the command was still running" : "user space was not reached";
    return new VmError("ERR_BPF_VM_TIMEOUT", `the ${kernel} machine was stopped after ${timeoutSeconds} s: ${where}`, {
      console,
    });
  }
  const when = ready ? "while the command ran" : "during its boot";
  const what = /Kernel panic/.test(console) ? `the ${kernel} kernel panicked` : `the ${kernel} machine ended`;
  return new VmError("ERR_BPF_VM_DIED", `${what} ${when}`, { console });
}

function guestPath(path: string): string {
  if (path.startsWith("/") && !path.includes("\n")) return path;
  throw new ArgumentError(`a guest path must be absolute and without line breaks: ${JSON.stringify(path)}`, {
    operation: "vm",
  });
}

function unpackTar(archive: Buffer | undefined, into: string): void {
  if (archive === undefined) return;
  mkdirSync(into, { recursive: true });
  const extract = ["-xf", "-", "-C", into, "--no-same-owner"];
  const { status, stderr, error } = spawnSync("tar", extract, { input: archive, encoding: "utf8" });
  if (status === 0) return;
  throw new VmError("ERR_BPF_VM", `can't unpack the files copied back into ${into}: ${error?.message ?? stderr}`);
}
