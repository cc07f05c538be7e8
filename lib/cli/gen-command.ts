/** node-libbpf gen: the TypeScript of an object. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { moduleFor } from "../build/write-module";
import type { U64 } from "../codec/plan";
import { readObject } from "../elf/file";
import { makeFolderOf, replace } from "../replace";
import { watching } from "./watching";

interface Options {
  output: string;
  embed?: true;
  event?: Record<string, string>;
  module?: "esm" | "cjs";
  u64?: U64;
  path?: string;
  watch?: true;
}

/** What gen and build share: the module that is written. */
export function addModuleOptions(command: Command): Command {
  return command
    .option("--embed", "put the object's bytes into the TypeScript")
    .option("--event <map=type>", "the type of a ring buffer's records, such as events='struct exec_event'", event)
    .addOption(new Option("--module <kind>", "by default as package.json says").choices(["esm", "cjs"]))
    .addOption(new Option("--u64 <kind>", "what 64-bit integers are; by default bigint").choices(["bigint", "number"]));
}

export function addGen(program: Command): void {
  const command = program
    .command("gen")
    .summary("write the TypeScript of an object: its types, maps, programs, variables")
    .description("Writes a module that opens the object, typed by its BTF. The same object gives the same text.")
    .argument("<object>", "an object file that clang -target bpf -g made")
    .requiredOption("-o, --output <file>", "the module, a .ts file; written all or nothing");
  addModuleOptions(command)
    .option("--path <path>", "where the module finds the object, from its own folder; by default where it is now")
    .option("--watch", "again whenever the object changes, until it is interrupted")
    .action((object: string, options: Options) => gen(object, options));
}

async function gen(object: string, { output, event, watch, ...options }: Options): Promise<void> {
  const once = () => {
    const text = moduleFor(readObject(object), object, output, { ...options, events: event });
    makeFolderOf(output);
    replace(output, text);
    return { outputs: [output], inputs: [object] };
  };
  if (watch) await watching([{ run: once, inputs: [object] }]);
  else once();
}

function event(text: string, before: Record<string, string> = {}): Record<string, string> {
  const [, map, type] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (map === undefined || type === undefined) throw new InvalidArgumentError(`expected MAP=TYPE, got '${text}'`);
  return { ...before, [map]: type };
}
