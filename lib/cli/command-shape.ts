/** The commands as data, from their definitions: for completion scripts and the man page. */
import type { Argument, Command, Option } from "commander";
import { examplesOf } from "./examples";

/** What the shell can complete a word to. */
export type Completes = "files" | "folders" | "nothing" | readonly string[];

export interface OptionShape {
  /** As typed: "-o", "--output". */
  readonly names: readonly string[];
  /** As in the help: "-o, --output <file>". */
  readonly flags: string;
  readonly description: string;
  /** What its value is; undefined if it has none. */
  readonly value: Completes | undefined;
}

export interface ArgumentShape {
  readonly name: string;
  readonly description: string;
  readonly completes: Completes;
  readonly variadic: boolean;
}

export interface CommandShape {
  /** The words after node-libbpf: ["btf", "dump"]. */
  readonly path: readonly string[];
  readonly summary: string;
  readonly description: string;
  readonly usage: string;
  readonly options: readonly OptionShape[];
  readonly arguments: readonly ArgumentShape[];
  readonly examples: readonly string[];
  readonly commands: readonly CommandShape[];
}

/** What a value is, by its name in the help. */
const PLACEHOLDERS: Readonly<Record<string, Exclude<Completes, readonly string[]>>> = {
  ...{ file: "files", object: "files", source: "files", path: "files", map: "files", command: "files" },
  // An id or a pin.
  ...{ program: "files", link: "files" },
  // Of a kernel, and of a file in a pair.
  ...{ kernels: "files", "host:guest": "files", folder: "folders" },
  ...{ name: "nothing", names: "nothing", type: "nothing", key: "nothing", value: "nothing" },
  ...{ "guest:host": "nothing", "name=value": "nothing", "map=type": "nothing", arch: "nothing", list: "nothing" },
  ...{ arguments: "nothing", mib: "nothing", n: "nothing", seconds: "nothing", percent: "nothing" },
};

/**
 * The shape of a command and of those below it.
 *
 * @throws if a placeholder is not in the table
 */
export function shapeOf(command: Command, path: readonly string[] = []): CommandShape {
  const help = command.createHelp();
  return {
    path,
    summary: command.summary(),
    description: command.description(),
    usage: help.commandUsage(command),
    options: help.visibleOptions(command).map((option) => optionShape(option, help.optionDescription(option))),
    arguments: command.registeredArguments.map((argument) => ({
      name: argument.name(),
      description: help.argumentDescription(argument),
      completes: completionOf(argument.name(), argument),
      variadic: argument.variadic,
    })),
    examples: examplesOf(command),
    commands: command.commands.map((one) => shapeOf(one, [...path, one.name()])),
  };
}

function optionShape(option: Option, description: string): OptionShape {
  const { short, long, flags } = option;
  const [, placeholder] = /[<[](.+?)(?:\.\.\.)?[>\]]/.exec(flags) ?? [];
  return {
    names: [short, long].filter((name) => name !== undefined),
    flags,
    description,
    value: placeholder === undefined ? undefined : completionOf(placeholder, option),
  };
}

function completionOf(placeholder: string, { argChoices }: Pick<Option | Argument, "argChoices">): Completes {
  const known = argChoices ?? PLACEHOLDERS[placeholder];
  if (known === undefined) throw new Error(`lib/cli/command-shape.ts does not say what <${placeholder}> completes to`);
  return known;
}

/** A command and all below it. */
export function* everyCommand(shape: CommandShape): Generator<CommandShape> {
  yield shape;
  for (const command of shape.commands) yield* everyCommand(command);
}
