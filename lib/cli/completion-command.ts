/** node-libbpf completion: prints the completion script for a shell. */
import { Argument, type Command } from "commander";
import { shapeOf } from "./command-shape";
import { completionScript, SHELLS, type Shell } from "./completion";
import { addExamples } from "./examples";

export function addCompletion(program: Command): void {
  const command = program
    .command("completion")
    .summary("print a script with which a shell completes commands, options, choices and files")
    .description("Prints the completion script for a shell, from the same definitions as this help.")
    .addArgument(new Argument("<shell>", "the shell").choices(SHELLS))
    .action((shell: Shell) => {
      process.stdout.write(completionScript(shell, shapeOf(program)));
    });
  addExamples(
    command,
    'eval "$(node-libbpf completion bash)"',
    "node-libbpf completion fish > ~/.config/fish/completions/node-libbpf.fish",
  );
}
