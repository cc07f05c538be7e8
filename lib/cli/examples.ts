/** The examples of a command, for its help and its section of the man page. */
import type { Command } from "commander";

const examples = new WeakMap<Command, readonly string[]>();

/** Adds command lines to the help of a command. */
export function addExamples(command: Command, ...lines: readonly string[]): Command {
  examples.set(command, lines);
  return command.addHelpText("after", `\nExamples:\n${lines.map((line) => `  ${line}`).join("\n")}`);
}

export function examplesOf(command: Command): readonly string[] {
  return examples.get(command) ?? [];
}
