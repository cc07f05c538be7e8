/** node-libbpf check: predicts whether the programs of objects would load. */
import { type Command, Option } from "commander";
import { type CheckOptions, open, type ProgramVerdict } from "../index";
import { addExamples } from "./examples";
import {
  addKernelOptions,
  HOST,
  type KernelOptions,
  kernelsOf,
  type NamedKernel,
  needHost,
  summary,
} from "./kernel-options";
import { needPrivilege } from "./probing";
import { document, printable, styled, table } from "./table";
import { byKernel, exitStatus, header, legend, reasons, verdictCell } from "./verdicts";

interface Options extends KernelOptions {
  precheck: NonNullable<CheckOptions["precheck"]>;
  json?: true;
}

export function addCheck(program: Command): void {
  const command = program
    .command("check")
    .summary("predict whether the programs of objects load, on this kernel or others")
    .description(
      "Judges each program that load() would load. Default: on the running kernel.\n" +
        "Exits with 0 if all are allowed, 1 if one is refused or unsafe, 3 if one is unknown, 2 if it failed.",
    )
    .argument("<object...>", "object files from clang -target bpf");
  addKernelOptions(command)
    .addOption(
      new Option("--precheck <mode>", "how to judge on the running kernel")
        .choices(["auto", "tables", "probe"])
        .default("auto"),
    )
    .option("--json", "print JSON")
    .action((paths: string[], options: Options) => {
      process.exitCode = check(paths, options);
    });
  addExamples(
    command,
    "node-libbpf check watch.bpf.o",
    "node-libbpf check watch.bpf.o guard.bpf.o --kernel 5.10,6.12,debian-7.3 --json",
  );
}

/** An object and the verdicts of its programs, each for all kernels in order. */
interface Checked {
  path: string;
  programs: ProgramVerdict[][];
}

function check(paths: readonly string[], { precheck, json: asJson, ...named }: Options): number {
  const kernels = kernelsOf(named);
  if (precheck === "probe") {
    needHost(kernels, "--precheck probe");
    needPrivilege();
  }
  const objects = paths.map((path) => checkObject(path, kernels, precheck));
  process.stdout.write(
    asJson ? toJson(objects, kernels) : `${objects.map((object) => show(object, kernels)).join("\n")}${legend()}`,
  );
  return exitStatus(objects.flatMap(({ programs }) => programs.flat()));
}

function checkObject(path: string, kernels: readonly NamedKernel[], precheck: Options["precheck"]): Checked {
  const spec = open(path);
  const columns = kernels.map(({ name, facts }) => spec.check(name === HOST ? { precheck } : { kernel: facts }));
  return { path, programs: (columns[0] ?? []).map((_, row) => columns.flatMap((column) => column[row] ?? [])) };
}

function toJson(objects: readonly Checked[], kernels: readonly NamedKernel[]): string {
  const described = objects.map(({ path, programs }) => ({
    path,
    programs: programs.map((verdicts) => ({
      program: verdicts[0]?.program,
      section: verdicts[0]?.section,
      verdicts: byKernel(verdicts, kernels),
    })),
  }));
  return document({ kernels: kernels.map(summary), objects: described });
}

function show({ path, programs }: Checked, kernels: readonly NamedKernel[]): string {
  const title = `${styled({ text: printable(path), style: "bold" })}\n`;
  if (programs.length === 0) return `${title}no program is loaded by default: all sections begin with "?"\n`;
  const rows = programs.map((verdicts) => [
    { text: printable(verdicts[0]?.program ?? "") },
    { text: printable(verdicts[0]?.section ?? "") },
    ...verdicts.map(({ verdict }) => verdictCell(verdict)),
  ]);
  const why = programs.map((verdicts) => reasons(verdicts, kernels));
  return title + table([header(["PROGRAM", "SECTION"], kernels), ...rows]) + why.join("");
}
