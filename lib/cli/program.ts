/** The command line's words: its commands and what they share. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { addBtf } from "./btf";
import { addCheck } from "./check";
import { addDoctor } from "./doctor";
import { addHooks } from "./hooks";
import { addProfile } from "./profile";

/** @throws {@link CommanderError} for a wrong command line, and after help was printed */
export function run(args: readonly string[]): void {
  const program = new Command("node-libbpf")
    .description("Tells which BPF programs may sleep: on this kernel and on others.")
    .version(version())
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error:/, "node-libbpf:")) });
  for (const add of [addCheck, addHooks, addDoctor, addProfile, addBtf]) add(program);
  program.parse(args, { from: "user" });
}

function version(): string {
  const manifest = readFileSync(join(__dirname, "../../../package.json"), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
