/** Defines the command line: the commands and what they share. */
import { Command } from "commander";
import { addExamples } from "./examples";
import { version } from "./package-version";

type Add = (program: Command) => void;

/** Commands are loaded on demand, because most need little of the library. */
const COMMANDS: ReadonlyMap<string, () => Promise<Add>> = new Map([
  ["check", async () => (await import("./check-command.js")).addCheck],
  ["hooks", async () => (await import("./hooks-command.js")).addHooks],
  ["doctor", async () => (await import("./doctor-command.js")).addDoctor],
  ["profile", async () => (await import("./profile-command.js")).addProfile],
  ["btf", async () => (await import("./btf-command.js")).addBtf],
  ["ps", async () => (await import("./ps-command.js")).addPs],
  ["prog", async () => (await import("./prog-command.js")).addProg],
  ["link", async () => (await import("./link-command.js")).addLink],
  ["vm", async () => (await import("./vm-command.js")).addVm],
  ["run", async () => (await import("./run-command.js")).addRun],
  ["unpin", async () => (await import("./unpin-command.js")).addUnpin],
  ["map", async () => (await import("./map-command.js")).addMap],
  ["verify", async () => (await import("./verify-command.js")).addVerify],
  ["gen", async () => (await import("./gen-command.js")).addGen],
  ["build", async () => (await import("./build-command.js")).addBuild],
  ["code-cache", async () => (await import("./code-cache-command.js")).addCodeCache],
  ["completion", async () => (await import("./completion-command.js")).addCompletion],
]);

/**
 * Runs the command line.
 *
 * @throws {@link CommanderError} for invalid arguments, and after printing help
 */
export async function run(args: readonly string[]): Promise<void> {
  const [name = ""] = args;
  // All commands are loaded for the help, for unknown commands, and to be completed.
  const named = name === "completion" ? undefined : COMMANDS.get(name);
  const program = named ? await programOf([named]) : await wholeProgram();
  await program.parseAsync(args, { from: "user" });
}

/** The program with all commands. */
export function wholeProgram(): Promise<Command> {
  return programOf(COMMANDS.values());
}

async function programOf(commands: Iterable<() => Promise<Add>>): Promise<Command> {
  const program = new Command("node-libbpf")
    .description("Builds, types and tests BPF programs, and shows which may sleep, on this kernel and on others.")
    .version(version())
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(inOurWords(text)) });
  addExamples(program, "node-libbpf doctor", "node-libbpf check watch.bpf.o --kernel 5.10,6.12");
  for (const load of commands) (await load())(program);
  return program;
}

/** Removes the text with the argument's value that commander puts before the message of an option's parser. */
function inOurWords(text: string): string {
  return text.replace(/^error:/, "node-libbpf:").replace(/ argument '.*' is invalid\. (?=expected )/s, ": ");
}
