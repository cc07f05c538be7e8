/** node-libbpf prog: shows, pins and detaches programs that are loaded. */
import type { Command } from "commander";
import { ArgumentError, BpfError, pins, programInstructions, type RunningProgram, runningPrograms } from "../index";
import { native } from "../native";
import { detachProgram } from "../running/detach";
import { addExamples } from "./examples";
import { fields, holders, idOrPin, versioned } from "./running-output";
import { targetOf } from "./link-text";
import { printable, table } from "./table";

const PROGRAM = "an id, or the path of a pin";

interface Options {
  lines?: true;
  json?: true;
}

export function addProg(program: Command): void {
  const command = program.command("prog").summary("show, pin and detach programs that are loaded");
  const show = command
    .command("show")
    .summary("show a program with its links, maps, pins and owners")
    .description("Prints what the kernel reports about a program, and what belongs to it. Needs root.")
    .argument("<program>", PROGRAM)
    .option("--lines", "also the lines of the source, with the index of their first instruction")
    .option("--json", "print JSON")
    .action((word: string, options: Options) => {
      process.stdout.write(showProgram(find(word), options));
    });
  addExamples(show, "sudo node-libbpf prog show 42 --lines", "sudo node-libbpf prog show /sys/fs/bpf/guard --json");
  const pin = command
    .command("pin")
    .summary("pin a program, so that it stays loaded")
    .description("Pins a program to a path in bpffs, so that it stays loaded when its owners end. Needs root.")
    .argument("<program>", PROGRAM)
    .argument("<path>", "a path in bpffs that does not exist")
    .action((word: string, path: string) => pinProgram(find(word).id, path));
  addExamples(pin, "sudo node-libbpf prog pin 42 /sys/fs/bpf/guard");
  const detach = command
    .command("detach")
    .summary("detach all links of a program")
    .description("Detaches all links of a program, even if others hold them, where the kernel can do that. Needs root.")
    .argument("<program>", PROGRAM)
    .action((word: string) => {
      const links = detachProgram(find(word).id);
      process.stdout.write(`detached ${links.map((id) => `link ${id}`).join(", ")}\n`);
    });
  addExamples(detach, "sudo node-libbpf prog detach 42");
}
