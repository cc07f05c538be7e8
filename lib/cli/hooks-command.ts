/** node-libbpf hooks: lists attach targets and which of them may sleep. */
import { type Command, Option } from "commander";
import { judge, type ProgramVerdict, type ReasonCode } from "../index";
import type { KernelFacts } from "../kernel/kernel-facts";
import { isProbed, withProbeResults } from "../kernel/probe";
import { nearest } from "../nearest";
import { HOOK_KINDS, type Hook, type HookKind, hookProgram } from "../sleepable/hooks";
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
import { needPrivilege, warnUnanswered } from "./probing";
import { type Cell, document, table } from "./table";
import { byKernel, exitStatus, header, legend, reasons, verdictCell } from "./verdicts";

interface Options extends KernelOptions {
  kind?: HookKind;
  sleepable?: true;
  probe?: true;
  json?: true;
}

interface Listed extends Hook {
  /** A similar name, if no kernel has this one. */
  meant?: string | undefined;
}

/** A hook's verdicts, in the order of the kernels. */
interface Judged extends Listed {
  verdicts: ProgramVerdict[];
}

export function addHooks(program: Command): void {
  const command = program
    .command("hooks")
    .summary("list LSM hooks, iterators, system calls and tracepoints, and which may sleep")
    .description(
      "Lists possible targets of sleepable programs, and which of them may sleep.\n" +
        "With names, exits with 0 if all may sleep, 1 if one is refused or unsafe, 3 if one is unknown.",
    )
    .argument("[name...]", "only these, even if they do not exist");
  addKernelOptions(command)
    .addOption(new Option("--kind <kind>", "only one kind").choices(Object.keys(HOOK_KINDS)))
    .option("--sleepable", "only those that may sleep on at least one of the kernels")
    .option("--probe", "probe the running kernel by loading programs; needs root")
    .option("--json", "print JSON")
    .action((names: string[], options: Options) => {
      process.exitCode = hooks(names, options);
    });
  addExamples(
    command,
    "node-libbpf hooks --sleepable --kind lsm",
    "node-libbpf hooks file_open file_mprotect --kernel 6.12",
  );
}

function hooks(names: readonly string[], { kind, sleepable, probe, json: asJson, ...named }: Options): number {
  const kernels = kernelsOf(named);
  const kinds = kind === undefined ? (Object.keys(HOOK_KINDS) as HookKind[]) : [kind];
  const listed = kinds.flatMap((kind) => namesOf(kind, kernels).map((name) => ({ kind, name })));
  const wanted =
    names.length === 0 ? listed : [...new Set(names)].flatMap((name) => find(name, kinds, listed, kernels));
  if (probe) {
    needHost(kernels, "--probe");
    needPrivilege();
    for (const kernel of kernels) if (kernel.name === HOST) kernel.facts = ask(kernel.facts, wanted);
  }
  const judged = wanted.map((hook) => ({
    ...hook,
    verdicts: kernels.map(({ facts }) => judge(hookProgram(hook), facts)),
  }));
  const shown = judged.filter(({ verdicts }) => !sleepable || verdicts.some(maySleep));
  const why = names.length === 0 ? "" : shown.map((hook) => explain(hook, kernels)).join("");
  process.stdout.write(asJson ? toJson(shown, kernels, names.length > 0) : show(shown, kernels) + why + legend());
  return names.length === 0 ? 0 : exitStatus(judged.flatMap(({ verdicts }) => verdicts));
}

/** All hooks of a kind that at least one kernel has. */
function namesOf(kind: HookKind, kernels: readonly NamedKernel[]): string[] {
  return [...new Set(kernels.flatMap(({ facts }) => Array.from(HOOK_KINDS[kind].names(facts))))];
}

/** The kinds that have a name, else the kind of the most similar name. */
function find(
  name: string,
  kinds: readonly HookKind[],
  listed: readonly Hook[],
  kernels: readonly NamedKernel[],
): Listed[] {
  const unlisted = kinds.flatMap((kind) =>
    kernels.flatMap(({ facts }) => HOOK_KINDS[kind].more?.(facts) ?? []).map((name) => ({ kind, name })),
  );
  for (const hooks of [listed, unlisted]) {
    const found = new Set(hooks.filter((hook) => hook.name === name).map(({ kind }) => kind));
    if (found.size > 0) return Array.from(found, (kind) => ({ kind, name }));
  }
  for (const hooks of [listed, unlisted]) {
    const meant = nearest(name, new Set(hooks.map((hook) => hook.name)));
    const kind = hooks.find((hook) => hook.name === meant)?.kind;
    if (kind !== undefined) return [{ kind, name, meant }];
  }
  return [{ kind: kinds[0] ?? "lsm", name }];
}

function ask(facts: KernelFacts, wanted: readonly Hook[]): KernelFacts {
  const targets = wanted.flatMap(({ kind, name }) => {
    const { program } = HOOK_KINDS[kind];
    return isProbed(program) ? [[program, name] as const] : [];
  });
  const asked = withProbeResults(facts, targets);
  warnUnanswered(asked, [...new Set(targets.map(([kind]) => kind))]);
  return asked;
}

/** Whether bpf is among the active LSMs depends on the host, not on the hook. */
function maySleep({ findings }: ProgramVerdict): boolean {
  return findings.every(({ verdict, reason }) => verdict === "allowed" || reason === "LSM_INACTIVE");
}

const ABSENT: ReadonlySet<ReasonCode> = new Set([
  "HOOK_NOT_FOUND",
  "NOT_A_HOOK",
  "ITER_NOT_FOUND",
  "TRACEPOINT_NOT_FOUND",
  "TARGET_NOT_FOUND",
]);

function cell({ verdict, reason }: ProgramVerdict): Cell {
  return ABSENT.has(reason) ? { text: "absent", style: "dim" } : verdictCell(verdict);
}

function show(judged: readonly Judged[], kernels: readonly NamedKernel[]): string {
  const rows = judged.map(({ kind, name, verdicts }) => [{ text: kind }, { text: name }, ...verdicts.map(cell)]);
  return table([header(["KIND", "NAME"], kernels), ...rows]);
}

function explain({ verdicts, meant }: Judged, kernels: readonly NamedKernel[]): string {
  const why = reasons(verdicts, kernels);
  return meant === undefined || why.includes("did you mean") ? why : `${why}  did you mean ${meant}?\n`;
}

/** The list of all hooks has thousands of verdicts, so reasons and evidence are included only for named hooks. */
function toJson(judged: readonly Judged[], kernels: readonly NamedKernel[], whole: boolean): string {
  const described = judged.map(({ kind, name, verdicts }) => {
    const shown = whole ? verdicts : verdicts.map(({ verdict, reason }) => ({ verdict, reason }));
    return { kind, name, verdicts: byKernel(shown, kernels) };
  });
  return document({ kernels: kernels.map(summary), hooks: described });
}
