/** node-libbpf vm: runs a command in throw-away virtual machines, one per kernel. */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Arch, Collect, Put, VmOptions } from "../testing";
import { projectOf } from "../testing/project";
import { addExamples } from "./examples";
import { runVms, showRuns } from "./vm-runs";

interface Options {
  kernel: string[];
  project: string | boolean;
  jobs: number;
  arch: Arch;
  put?: Put[];
  get?: Collect[];
  env?: [string, string][];
  lsm?: string;
  append?: string;
  memory?: number;
  cpus?: number;
  icount?: true;
  timeout?: number;
  json?: true;
}

/** What a command runs in: files, and a working directory of the guest. */
export type GuestFolder = Pick<VmOptions, "project" | "put" | "cwd">;

export function addVm(program: Command): void {
  addVmOptions(program.command("vm"))
    .option(
      "--project <folder>",
      "project folder to put into the machines (default: the nearest folder with a package.json)",
    )
    .option("--no-project", "put no project there, and run in /")
    .action((command: string[], options: Options) => vm(command, options, guestFolder(options)));
}

/** Options that are not about where the command runs. */
export function addVmOptions(command: Command): Command {
  addExamples(
    command,
    "node-libbpf vm --kernel 5.10,6.12 -- npm test",
    "node-libbpf vm --kernel 6.12 --no-project -- uname -r",
  );
  return command
    .summary("run a command as root on other kernels, in throw-away virtual machines")
    .description(
      "Boots each kernel in a virtual machine and runs the command there as root, in the same folder.\n" +
        "Exits with the first nonzero status; 124 for a timeout, 125 if a machine failed.",
    )
    .usage("--kernel <kernels> [options] -- <command> [argument...]")
    .argument("<command...>", "a program in the guest, such as node, npm, npx, sh")
    .requiredOption(
      "--kernel <kernels>",
      "series (5.10,6.12), releases (6.12.117) or vmlinuz files, comma-separated; repeatable",
      list,
    )
    .addOption(
      new Option("--arch <arch>", "architecture of the machines")
        .choices(["x64", "arm64"])
        .default(process.arch, "this machine's"),
    )
    .option("--jobs <n>", "number of parallel machines", positive, 1)
    .option("--put <host:guest>", "a file or folder to put into the guest; repeatable", put)
    .option("--get <guest:host>", "a file or folder to copy back into the folder HOST; repeatable", get)
    .option("--env <name=value>", "an environment variable; repeatable", env)
    .option("--lsm <list>", "the kernel's lsm= argument (default: lockdown,capability,landlock,bpf)")
    .option("--append <arguments>", "additional kernel arguments")
    .option("--memory <mib>", "memory in MiB (default: 1536)", positive)
    .option("--cpus <n>", "number of CPUs (default: 2)", positive)
    .option("--icount", "guest time counts instructions, on one CPU")
    .option("--timeout <seconds>", "time limit of each machine (default: 300)", positive)
    .option("--json", "print JSON; the command's output goes to standard error");
}

/** The command's working directory: by default the user's current one. */
function guestFolder({ project }: Options): GuestFolder {
  if (project === false) return {};
  if (typeof project === "string") return { project };
  return { project: projectOf(process.cwd()), cwd: process.cwd() };
}

export async function vm(command: readonly string[], options: Options, place: GuestFolder): Promise<void> {
  const { kernel, jobs, arch, json = false, get, env = [], lsm, append, memory, cpus, icount, timeout } = options;
  const kernels = [...new Set(kernel)];
  const settings = {
    ...place,
    put: [...(place.put ?? []), ...(options.put ?? [])],
    arch,
    command,
    env: Object.fromEntries(env),
    ...(get && { collect: get }),
    ...(lsm !== undefined && { lsm }),
    ...(append !== undefined && { append }),
    ...(memory !== undefined && { memoryMib: memory }),
    ...(cpus !== undefined && { cpus }),
    ...(icount && { countInstructions: true }),
    ...(timeout !== undefined && { timeoutSeconds: timeout }),
  };
  const runs = await runVms(kernels, settings, { jobs, quiet: json });
  process.exitCode = showRuns(runs, json);
}

export function list(text: string, before: string[] = []): string[] {
  return [
    ...before,
    ...text
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== ""),
  ];
}

export function positive(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError(`expected a positive integer, got '${text}'`);
  return Number(text);
}

function pair(text: string, separator: ":" | "="): [string, string] {
  const at = text.indexOf(separator);
  if (at < 1) throw new InvalidArgumentError(`expected two parts with "${separator}" between them, got '${text}'`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function put(text: string, before: Put[] = []): Put[] {
  const [from, to] = pair(text, ":");
  return [...before, { from, to }];
}

function get(text: string, before: Collect[] = []): Collect[] {
  const [from, into] = pair(text, ":");
  return [...before, { from, into }];
}

export function env(text: string, before: [string, string][] = []): [string, string][] {
  return [...before, pair(text, "=")];
}
