/** node-libbpf build: compiles C to an object and its TypeScript. */
import { Command, type ParseOptionsResult } from "commander";
import { type BuildOptions, build } from "../build/build";
import type { U64 } from "../codec/plan";
import { addExamples } from "./examples";
import { addModuleOptions } from "./gen-command";
import { watching } from "./watching";

/** Exit status if clang reported errors. */
const REFUSED = 1;

interface Options {
  output: string;
  types: boolean;
  strip: boolean;
  arch?: string;
  btf?: string;
  embed?: true;
  event?: Record<string, string>;
  module?: "esm" | "cjs";
  u64?: U64;
  watch?: true;
}

/** commander takes the arguments after "--" for more sources; here they are clang's. */
class BuildCommand extends Command {
  clang: readonly string[] = [];

  override parseOptions(args: string[]): ParseOptionsResult {
    const end = args.includes("--") ? args.indexOf("--") : args.length;
    this.clang = args.slice(end + 1);
    return super.parseOptions(args.slice(0, end));
  }
}

export function addBuild(program: Command): void {
  const command = new BuildCommand("build")
    .copyInheritedSettings(program)
    .summary("compile BPF programs with clang, and write their TypeScript")
    .description(
      "Compiles each FILE.bpf.c to FILE.bpf.o and writes FILE.bpf.ts next to it. Arguments after -- go to clang.\n" +
        "Exits with 0 if all compiled, 1 if clang reported errors, 2 for any other error.",
    )
    .usage("[options] <source...> [-- <clang argument...>]")
    .argument("<source...>", "C files")
    .requiredOption("-o, --output <folder>", "folder for the objects and modules");
  program.addCommand(command);
  addModuleOptions(command)
    .option("--no-types", "do not write TypeScript")
    .option("--no-strip", "keep DWARF, which makes up most of an object and is not needed to load it")
    .option("--arch <arch>", "architecture of the target machines, as Node names it (default: this one's)")
    .option("--btf <file>", "BTF to generate vmlinux.h from, if it is included and missing (default: this kernel's)")
    .option("--watch", "rebuild whenever a source or an included header changes, until interrupted")
    .action((sources: string[], options: Options) => run(sources, options, command.clang));
  addExamples(
    command,
    "node-libbpf build watch.bpf.c -o build",
    "node-libbpf build watch.bpf.c -o build --watch -- -DDEBUG -Iinclude",
  );
}

async function run(sources: readonly string[], options: Options, clang: readonly string[]): Promise<void> {
  const { output, event, watch, ...rest } = options;
  const settings: BuildOptions = { ...rest, events: event, clang };
  if (watch)
    await watching(sources.map((source) => ({ run: () => build(source, output, settings), inputs: [source] })));
  else if (!sources.map((source) => build(source, output, settings)).every(({ compiled }) => compiled)) {
    process.exitCode = REFUSED;
  }
}
