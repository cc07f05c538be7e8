/** The command line's words: its commands and what they share. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { addBtf } from "./btf";
import { addBuild } from "./build";
import { addCheck } from "./check";
import { addDoctor } from "./doctor";
import { addGen } from "./gen";
import { addHooks } from "./hooks";
import { addProfile } from "./profile";
import { addVm } from "./vm";

/** @throws {@link CommanderError} for a wrong command line, and after help was printed */
export async function run(args: readonly string[]): Promise<void> {
  // commander would take what stands behind "--" for more sources.
  const end = args[0] === "build" && args.includes("--") ? args.indexOf("--") : args.length;
  const program = new Command("node-libbpf")
    .description("Builds, types and tests BPF programs, and tells which may sleep: on this kernel and on others.")
    .version(version())
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error:/, "node-libbpf:")) });
  for (const add of [addCheck, addHooks, addDoctor, addProfile, addBtf, addVm]) add(program);
  addGen(program);
  addBuild(program, args.slice(end + 1));
  await program.parseAsync(args.slice(0, end), { from: "user" });
}

function version(): string {
  const manifest = readFileSync(join(__dirname, "../../../package.json"), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
