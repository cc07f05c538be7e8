/** node-libbpf verify: loads the programs of an object on other kernels, in throw-away virtual machines. */
import { type Command, InvalidArgumentError } from "commander";
import { ArgumentError } from "../errors";
import { open } from "../index";
import { setAllFromText } from "../object/variable-text";
import type { Arch } from "../testing/arch";
import { resolveKernel } from "../testing/kernels";
import { type Baseline, type Regression, readBaseline, regressions, type VerifiedProgram } from "../verify/baseline";
import { type Answer, type NotAccepted, programsOf } from "../verify/load-alone";
import { type KernelAnswers, type MachineOptions, verifyOn } from "../verify/machine";
import { addExamples } from "./examples";
import { inLanes } from "./lanes";
import { settingVariables } from "./run-command";
import { type Cell, document, isTerminal, printable, type Style, styled, table } from "./table";
import { list, positive } from "./vm-command";

interface Options {
  kernel: string[];
  set?: [string, string][];
  baseline?: string;
  tolerance: number;
  jobs: number;
  lsm?: string;
  memory?: number;
  timeout?: number;
  json?: true;
}

export function addVerify(program: Command): void {
  const command = program
    .command("verify")
    .summary("load the programs of an object on other kernels, in throw-away virtual machines")
    .description(
      "Boots each kernel in a virtual machine and loads every program of the object there, each on its own.\n" +
        "Exits with 0 if all are accepted, 1 if one is refused, 3 if one is unknown, 2 if it failed.\n" +
        "With --baseline, what the baseline knows of does not count; 1 if something is worse than it.",
    )
    .argument("<object>", "an object file from clang -target bpf")
    .requiredOption(
      "--kernel <kernels>",
      "series (5.10,6.12), releases (6.12.117) or vmlinuz files, comma-separated; repeatable",
      list,
    )
    .addOption(settingVariables())
    .option("--baseline <file>", "a former output of --json to compare with")
    .option("--tolerance <percent>", "with --baseline: how many more instructions are no regression", percent, 10)
    .option("--jobs <n>", "number of parallel machines", positive, 1)
    .option("--lsm <list>", "the kernel's lsm= argument (default: lockdown,capability,landlock,bpf)")
    .option("--memory <mib>", "memory in MiB (default: 1536)", positive)
    .option("--timeout <seconds>", "time limit of each machine (default: 300)", positive)
    .option("--json", "print JSON")
    .action(async (path: string, options: Options) => {
      process.exitCode = await verify(path, options);
    });
  addExamples(
    command,
    "node-libbpf verify watch.bpf.o --kernel 5.10,6.1,6.12,7.3",
    "node-libbpf verify watch.bpf.o --kernel 6.12 --baseline verified.json --tolerance 5",
  );
}

async function verify(path: string, options: Options): Promise<number> {
  const { kernel, baseline: file, tolerance, jobs, json: asJson } = options;
  // All that can be wrong without a machine, before the first one boots.
  const baseline = file === undefined ? undefined : readBaseline(file);
  const spec = open(path);
  setAllFromText(spec.variables, options.set ?? []);
  if (programsOf(spec).length === 0) throw new ArgumentError(`${path} has no programs`, { operation: "verify" });
  const kernels = [...new Set(kernel)];
  for (const name of kernels) resolveKernel(name, process.arch as Arch, progress(name));
  const answers = await inLanes(kernels, jobs, (name) => verifyOn(name, path, machine(name, options)));
  const programs = byProgram(answers);
  const worse = baseline === undefined ? [] : regressions(programs, baseline, tolerance);
  process.stdout.write(
    asJson
      ? document({
          object: path,
          kernels: answers.map(({ kernel, release }) => ({ name: kernel, release })),
          programs,
          ...(baseline !== undefined && { tolerance, regressions: worse }),
        })
      : show(path, kernels, programs) + (baseline === undefined ? "" : compared(worse, file as string, tolerance)),
  );
  return worse.length > 0 ? 1 : statusOf(programs, baseline);
}

function machine(name: string, { set, lsm, memory, timeout }: Options): MachineOptions {
  return {
    onProgress: progress(name),
    ...(set !== undefined && { variables: set }),
    ...(lsm !== undefined && { lsm }),
    ...(memory !== undefined && { memoryMib: memory }),
    ...(timeout !== undefined && { timeoutSeconds: timeout }),
  };
}

function progress(kernel: string): (step: string) => void {
  return (step) => {
    if (process.stderr.isTTY) process.stderr.write(`node-libbpf: ${kernel}: ${step}\n`);
  };
}

/** The answers of all kernels to each program. Every kernel has the same programs. */
function byProgram(answers: readonly KernelAnswers[]): VerifiedProgram[] {
  return (answers[0]?.programs ?? []).map(({ program, section }, index) => ({
    program,
    section,
    verdicts: Object.fromEntries(
      answers.map(({ kernel, programs }) => [kernel, programs[index]?.answer as Answer] as const),
    ),
  }));
}

/** 1 if a program is refused, else 3 if one is unknown, else 0; without those that the baseline has. */
function statusOf(programs: readonly VerifiedProgram[], baseline: Baseline | undefined): number {
  const verdicts = new Set(
    programs.flatMap(({ program, verdicts }) =>
      Object.entries(verdicts).flatMap(([kernel, { verdict }]) => (baseline?.get(program)?.has(kernel) ? [] : verdict)),
    ),
  );
  return verdicts.has("refused") ? 1 : verdicts.has("unknown") ? 3 : 0;
}

const LOOKS: Readonly<Record<Answer["verdict"], readonly [symbol: string, style: Style]>> = {
  accepted: ["✓", "green"],
  refused: ["✗", "red"],
  unknown: ["?", "cyan"],
};

function cell({ verdict, instructions }: Answer): Cell {
  const [symbol, style] = LOOKS[verdict];
  const count = verdict === "accepted" && instructions !== null ? ` ${instructions}` : "";
  return { text: `${isTerminal ? symbol : verdict}${count}`, style };
}

function show(path: string, kernels: readonly string[], programs: readonly VerifiedProgram[]): string {
  const titles = ["PROGRAM", "SECTION", ...kernels.map(printable)].map((text) => ({ text, style: "dim" as const }));
  const rows = programs.map(({ program, section, verdicts }) => [
    { text: printable(program) },
    { text: printable(section) },
    ...kernels.map((kernel) => cell(verdicts[kernel] as Answer)),
  ]);
  const title = `${styled({ text: printable(path), style: "bold" })}\n`;
  return title + table([titles, ...rows]) + programs.map(reasons).join("");
}

/** Why a program is not accepted. What several kernels say alike is printed once. */
function reasons({ program, section, verdicts }: VerifiedProgram): string {
  const groups = new Map<string, { answer: NotAccepted; on: string[] }>();
  for (const [kernel, answer] of Object.entries(verdicts)) {
    if (answer.verdict === "accepted") continue;
    const { verdict, message, hint, log } = answer;
    const key = JSON.stringify([verdict, message, hint, log]);
    const group = groups.get(key) ?? { answer, on: [] };
    group.on.push(kernel);
    groups.set(key, group);
  }
  if (groups.size === 0) return "";
  const lines = Array.from(groups.values(), ({ answer: { verdict, message, hint, log }, on }) => {
    const said = styled({ text: verdict, style: LOOKS[verdict][1] });
    // The program is named above, and a log of one line is in the message.
    const words = message.replace(`program ${program} (${section}) was refused by the kernel: `, "");
    return [
      `  ${said} on ${printable(on.join(", "))}: ${printable(words)}`,
      ...(hint === null ? [] : [`    ${printable(hint)}`]),
      ...(log.length > 1 ? log.map((line) => `    | ${printable(line)}`) : []),
    ];
  });
  const label = styled({ text: printable(`${program} (${section})`), style: "bold" });
  return `\n${label}\n${lines.flat().join("\n")}\n`;
}

function compared(worse: readonly Regression[], file: string, tolerance: number): string {
  const against = `${printable(file)}, with a tolerance of ${tolerance} %`;
  if (worse.length === 0) return `\nno regression from ${against}\n`;
  const lines = worse.map(({ program, kernel, before, now }) => {
    const what =
      now.verdict === before.verdict
        ? `${now.instructions} instructions, before ${before.instructions}`
        : `${now.verdict}, before ${before.verdict}`;
    return `  ${printable(program)} on ${printable(kernel)}: ${what}\n`;
  });
  return `\n${styled({ text: "worse", style: "red" })} than ${against}:\n${lines.join("")}`;
}

function percent(text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new InvalidArgumentError(`expected a percentage such as 10, got '${text}'`);
  return Number(text);
}
