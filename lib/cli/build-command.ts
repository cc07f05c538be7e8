/** node-libbpf build: C to an object and its TypeScript. */
import { Command, type ParseOptionsResult } from "commander";
import { type BuildOptions, build } from "../build/build";
import type { U64 } from "../codec/plan";
import { addModuleOptions } from "./gen-command";
import { watching } from "./watching";

/** clang refused a source, and has said why. */
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
      "Compiles each FILE.bpf.c to FILE.bpf.o, and writes FILE.bpf.ts beside it. What follows -- goes to clang.\n" +
        "Exits with 0 if all compiled, 1 if clang refused one, 2 for everything else that went wrong.",
    )
    .usage("[options] <source...> [-- <clang argument...>]")
    .argument("<source...>", "C files")
    .requiredOption("-o, --output <folder>", "where the objects and modules go");
  program.addCommand(command);
  addModuleOptions(command)
    .option("--no-types", "only compile")
    .option("--no-strip", "keep DWARF, which is most of an object and nothing that loads one reads")
    .option("--arch <arch>", "of the machines that it is for, as Node names it; by default this one's")
    .option("--btf <file>", "what vmlinux.h is made of, if it is included and not there; by default this kernel's BTF")
    .option("--watch", "again whenever a source or a header that it includes changes, until it is interrupted")
    .action((sources: string[], options: Options) => run(sources, options, command.clang));
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
