/** Formats the figures as Markdown that is readable on a terminal too. */
import {
  added,
  type Figures,
  type Hook,
  type MemoryState,
  type OnMachine,
  type OnThisKernel,
  paired,
  repeats,
} from "./figures";

const STATES: Record<MemoryState, string> = {
  resident: "the process has read it",
  mapped: "mapped and cached; the process has not read it yet",
  dropped: "read, then given back: on the disk only",
};

export function tables({ machines, here }: Figures): string {
  return [inMachines(machines), onThisKernel(here), memory(here)].join("\n\n");
}

function inMachines(machines: readonly OnMachine[]): string {
  const present = machines.filter(({ boots }) => boots.length > 0);
  const [first] = present.flatMap(({ boots }) => boots.slice(0, 1));
  const rows = (first?.hooks ?? []).map(({ name }, index) => [name, ...present.map((machine) => cell(machine, index))]);
  const calls = Object.keys(first?.bare ?? {}).map((call) => [
    `${call}, no program`,
    ...present.map(({ boots: [boot] }) => `${Math.round(boot?.bare[call]?.least ?? Number.NaN)}`),
  ]);
  const head = ["plain, sleepable: difference", ...present.map(({ kernel }) => kernel)];
  return [
    "Instructions that a program adds to a system call, one CPU under -icount shift=0:",
    "",
    table([head, ...rows, ...calls]),
    "",
    ...present.map(({ kernel, boots }) => `- ${kernel}: ${repetition(boots)}.`),
    ...machines.flatMap(({ kernel, missing }) => (missing === undefined ? [] : `- ${kernel}: not run: ${missing}`)),
    ...reasons(present),
  ].join("\n");
}

function cell({ boots: [boot] }: OnMachine, index: number): string {
  const hook = boot?.hooks[index];
  if (boot === undefined || hook === undefined) return "";
  const [plain, sleepable] = [added(boot, hook, "plain"), added(boot, hook, "sleepable")];
  const difference = plain !== undefined && sleepable !== undefined ? `: ${signed(sleepable - plain)}` : "";
  return `${plain ?? "n/a"}, ${sleepable ?? "n/a"}${difference}`;
}

function repetition(boots: OnMachine["boots"]): string {
  const [boot] = boots;
  const times =
    boots.length === 1 ? "once" : `${boots.length} times, ${repeats(boots) ? "with the same counts" : "counts differ"}`;
  return `${boot?.release}, booted ${times}; 1,000 nops count as ${Math.round(boot?.nops.least ?? Number.NaN)}`;
}

/** Why there is no figure, or should be none. */
function reasons(machines: readonly OnMachine[]): string[] {
  const hooks = new Map<string, string[]>();
  const note = (kernel: string, { name, plain, sleepable }: Hook) => {
    for (const why of [plain.why, sleepable.why]) {
      if (why === undefined) continue;
      const line = `- ${kernel}: ${why}`;
      hooks.set(line, [...(hooks.get(line) ?? []), name]);
    }
  };
  for (const { kernel, boots } of machines) for (const hook of boots[0]?.hooks ?? []) note(kernel, hook);
  return [...hooks].map(([line, names]) => `${line} (${names.join("; ")})`);
}

function onThisKernel({ pairs }: OnThisKernel): string {
  const rows = pairs.map((pair) => {
    const { plain, sleepable, difference, ratio } = paired(pair);
    const [median, low, high] = [ratio.median, ratio.low, ratio.high].map((value) => value.toFixed(3));
    return [pair.name, plain.toFixed(0), sleepable.toFixed(0), signed(difference), `${median} [${low}-${high}]`];
  });
  const head = ["ns", "plain", "sleepable", "difference", "sleepable / plain"];
  return [
    `On this kernel, medians of ${pairs[0]?.plain.length} rounds; differences and ratios [quartiles] are taken within a round:`,
    "",
    table([head, ...rows]),
  ].join("\n");
}

function memory({ memory }: OnThisKernel): string {
  const success = ({ right, wrong, failed }: { right: number; wrong: number; failed: number }) =>
    `${right} of ${right + wrong + failed}`;
  const rows = memory.map(({ state, plain, sleepable }) => [STATES[state], success(plain), success(sleepable)]);
  const head = ["page of a file", "uprobe, bpf_probe_read_user", "uprobe.s, bpf_copy_from_user"];
  return ["Successful reads:", "", table([head, ...rows])].join("\n");
}

function signed(value: number): string {
  const rounded = Math.round(value);
  return rounded < 0 ? `${rounded}` : `+${Math.abs(rounded)}`;
}

function table([head = [], ...rows]: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [head, widths.map((width) => "-".repeat(width)), ...rows].map(line).join("\n");
}
