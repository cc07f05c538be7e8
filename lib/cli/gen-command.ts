/** node-libbpf gen: writes the TypeScript of an object. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { moduleFor } from "../build/write-module";
import type { U64 } from "../codec/plan";
import { readObject } from "../elf/file";
import { makeFolderOf, replace } from "../replace";
import { addExamples } from "./examples";
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

/** Options that gen and build share: those of the module. */
export function addModuleOptions(command: Command): Command {
  return command
    .option("--embed", "embed the object's bytes in the TypeScript")
    .option("--event <map=type>", "record type of a ring buffer, such as events='struct exec_event'", event)
    .addOption(new Option("--module <kind>", "module kind (default: as in package.json)").choices(["esm", "cjs"]))
    .addOption(
      new Option("--u64 <kind>", "how 64-bit integers are decoded (default: bigint)").choices(["bigint", "number"]),
    );
}

export function addGen(program: Command): void {
  const command = program
    .command("gen")
    .summary("write the TypeScript of an object: its types, maps, programs, variables")
    .description("Writes a module that opens the object, with types from its BTF. The same object gives the same text.")
    .argument("<object>", "an object file from clang -target bpf -g")
    .requiredOption("-o, --output <file>", "the module, a .ts file; written atomically");
  addModuleOptions(command)
    .option("--path <path>", "path of the object relative to the module's folder (default: where it is now)")
    .option("--watch", "regenerate whenever the object changes, until interrupted")
    .action((object: string, options: Options) => gen(object, options));
  addExamples(
    command,
    "node-libbpf gen watch.bpf.o -o watch.bpf.ts",
    "node-libbpf gen watch.bpf.o -o watch.bpf.ts --event events='struct exec_event' --watch",
  );
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

export function event(text: string, before: Record<string, string> = {}): Record<string, string> {
  const [, map, type] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (map === undefined || type === undefined) throw new InvalidArgumentError(`expected MAP=TYPE, got '${text}'`);
  return { ...before, [map]: type };
}
