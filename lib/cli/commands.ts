/** Defines the command line: the commands and what they share. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";

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
  ["map", async () => (await import("./map-command.js")).addMap],
  ["verify", async () => (await import("./verify-command.js")).addVerify],
  ["gen", async () => (await import("./gen-command.js")).addGen],
  ["build", async () => (await import("./build-command.js")).addBuild],
]);

/**
 * Runs the command line.
 *
 * @throws {@link CommanderError} for invalid arguments, and after printing help
 */
export async function run(args: readonly string[]): Promise<void> {
  const program = new Command("node-libbpf")
    .description("Builds, types and tests BPF programs, and shows which may sleep, on this kernel and on others.")
    .version(version())
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(inOurWords(text)) });
  // All commands are loaded for the help and for unknown commands.
  const named = COMMANDS.get(args[0] ?? "");
  for (const load of named ? [named] : COMMANDS.values()) (await load())(program);
  await program.parseAsync(args, { from: "user" });
}

/** Removes the text with the argument's value that commander puts before the message of an option's parser. */
function inOurWords(text: string): string {
  return text.replace(/^error:/, "node-libbpf:").replace(/ argument '.*' is invalid\. (?=expected )/s, ": ");
}

function version(): string {
  const manifest = readFileSync(join(__dirname, "../../../package.json"), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
