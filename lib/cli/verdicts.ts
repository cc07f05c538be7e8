/** Formats verdicts: table cells, the reasons below the table, the exit status. */
import { given } from "../kernel/fact";
import type { Finding, ProgramVerdict, Verdict } from "../verdict";
import type { NamedKernel } from "./kernel-options";
import { type Cell, isTerminal, printable, type Style, styled } from "./table";

const LOOKS: Readonly<Record<Verdict, readonly [symbol: string, style: Style]>> = {
  allowed: ["✓", "green"],
  refused: ["✗", "red"],
  unsafe: ["!", "yellow"],
  unknown: ["?", "cyan"],
};

/** A symbol on a terminal, a word in a pipe. */
export function verdictCell(answer: Verdict): Cell {
  const [symbol, style] = LOOKS[answer];
  return { text: isTerminal ? symbol : answer, style };
}

/** The legend of the symbols; empty if words are used. */
export function legend(): string {
  const words = Object.entries(LOOKS).map(([answer, [text, style]]) => `${styled({ text, style })} ${answer}`);
  return isTerminal ? `${words.join("  ")}\n` : "";
}

/** 1 if any verdict is refused or unsafe, else 3 if any is unknown, else 0. */
export function exitStatus(verdicts: readonly ProgramVerdict[]): number {
  const answers = new Set(verdicts.map(({ verdict }) => verdict));
  if (answers.has("refused") || answers.has("unsafe")) return 1;
  return answers.has("unknown") ? 3 : 0;
}

/** Column titles: the table's own, then the kernels. */
export function header(own: readonly string[], kernels: readonly NamedKernel[]): Cell[] {
  return [...own, ...kernels.map(({ name }) => printable(name))].map((text) => ({ text, style: "dim" }));
}

/** Verdicts by kernel name, for JSON. They are in the order of the kernels. */
export function byKernel<T>(verdicts: readonly T[], kernels: readonly NamedKernel[]): Record<string, T> {
  return Object.fromEntries(verdicts.map((verdict, index) => [kernels[index]?.name ?? "", verdict]));
}

/**
 * Why one program is not allowed, and what to do instead. `verdicts` are in the order of the kernels. Text that several
 * kernels share is printed once.
 */
export function reasons(verdicts: readonly ProgramVerdict[], kernels: readonly NamedKernel[]): string {
  const groups = new Map<string, { found: Finding; common: string; on: string[] }>();
  for (const [index, { name, facts }] of kernels.entries()) {
    for (const found of verdicts[index]?.findings ?? []) {
      if (found.verdict === "allowed") continue;
      const common = found.message.replaceAll(`Linux ${given(facts.version)}`, "this kernel");
      const key = JSON.stringify([found.verdict, found.reason, common, found.remedy]);
      const group = groups.get(key) ?? { found, common, on: [] };
      group.on.push(name);
      groups.set(key, group);
    }
  }
  const [first] = verdicts;
  if (first === undefined || groups.size === 0) return "";
  const lines = Array.from(groups.values(), ({ found: { verdict, message, remedy }, common, on }) => {
    const answer = styled({ text: verdict, style: LOOKS[verdict][1] });
    const advice = remedy === undefined ? "" : `    ${printable(remedy)}\n`;
    return `  ${answer} on ${printable(on.join(", "))}: ${printable(on.length === 1 ? message : common)}\n${advice}`;
  });
  const label = styled({ text: printable(`${first.program} (${first.section})`), style: "bold" });
  return `\n${label}\n${lines.join("")}`;
}
