/** node-libbpf doctor: checks whether this host can run sleepable LSM programs, and what to change if not. */
import type { Command } from "commander";
import { ProgramType } from "../constants";
import { errnoName } from "../errors";
import { isKnown } from "../kernel/fact";
import type { KernelFacts } from "../kernel/kernel-facts";
import { tryLoad } from "../kernel/probe";
import { whyRefused } from "../kernel/refusal";
import { printFeatures } from "./doctor-features";
import type { Line, State } from "./doctor-line";
import { conclusion, diagnose, type HookProbe, PROBED_HOOK } from "./doctor-report";
import { addExamples } from "./examples";
import { HOST, hostFacts, summary } from "./kernel-options";
import { document, type Style, styled } from "./table";

/** Exit status for each result. */
const STATUS: Readonly<Record<State, number>> = { ok: 0, bad: 1, unknown: 3 };
const CAN: Readonly<Record<State, boolean | null>> = { ok: true, bad: false, unknown: null };

export function addDoctor(program: Command): void {
  const command = program
    .command("doctor")
    .summary("check whether this host can run sleepable LSM programs")
    .description(
      "Checks whether this host can load and attach sleepable LSM programs, and shows what to change if not.\n" +
        "Exits with 0 if it can, 1 if not, 3 if unknown.",
    )
    .option(
      "--features",
      "instead, print which program types, map types, attach types, flags and helpers the kernel has",
    )
    .option("--json", "print JSON")
    .action(({ features, ...options }: { features?: true; json?: true }) => {
      process.exitCode = features ? printFeatures(options) : doctor(options);
    });
  addExamples(command, "node-libbpf doctor", "node-libbpf doctor --json");
}

function doctor({ json: asJson }: { json?: true }): number {
  const facts = hostFacts();
  const lines = diagnose(facts, probeHook(facts));
  const answer = conclusion(lines);
  const kernel = summary({ name: HOST, facts });
  process.stdout.write(asJson ? document({ can: CAN[answer], kernel, lines }) : show(lines, answer));
  return STATUS[answer];
}

/** Loads a test program. Needs no privilege to get a negative answer. */
function probeHook({ btfSize }: KernelFacts): HookProbe | undefined {
  const answer = isKnown(btfSize) ? tryLoad("lsm", PROBED_HOOK) : undefined;
  if (answer === undefined) return undefined;
  const { status, log } = answer;
  if (status === 0) return { log };
  const permission = whyRefused({ operation: "load", types: [ProgramType.LSM], trampoline: true });
  const errno = errnoName(status);
  return { errno, log, ...(errno === "EPERM" && { permission }) };
}

const STYLES: Readonly<Record<State, Style>> = { ok: "green", bad: "red", unknown: "cyan" };

function show(lines: readonly Line[], answer: State): string {
  const part = (wanted: boolean) =>
    lines
      .filter(({ required }) => required === wanted)
      .map((line) => text(line))
      .join("");
  const title = (text: string) => `${styled({ text, style: "bold" })}\n`;
  return (
    title("Sleepable LSM programs need") +
    part(true) +
    title("\nOptional") +
    part(false) +
    title(`\n${sentence(lines, answer)}`)
  );
}

function text({ state, required, message, evidence: { value, origin }, remedy }: Line): string {
  const style = state === "bad" && !required ? "yellow" : STYLES[state];
  const advice = remedy === undefined ? "" : `           ${remedy}\n`;
  const evidence = styled({ text: `[${value}: ${origin}]`, style: "dim" });
  return `  ${styled({ text: state.padEnd(7), style })}  ${message} ${evidence}\n${advice}`;
}

function sentence(lines: readonly Line[], answer: State): string {
  const why = lines.filter(({ required, state }) => required && state === answer).map(({ message }) => message);
  if (answer === "ok") return "This host can load and attach sleepable LSM programs.";
  const what =
    answer === "bad"
      ? "This host can't run sleepable LSM programs"
      : "It is unknown whether this host can run sleepable LSM programs";
  return `${what}: ${why.join("; ")}.`;
}
