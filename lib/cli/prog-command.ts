/** node-libbpf prog: shows, pins and detaches programs that are loaded. */
import type { Command } from "commander";
import { openProgramById, programInstructions, type RunningProgram, runningPrograms } from "../index";
import { detachProgram } from "../running/detach";
import { programInfo } from "../running/objects";
import { addExamples } from "./examples";
import { targetOf } from "./link-text";
import { fields, holders, idOf } from "./running-output";
import { document, printable, table } from "./table";

const PROGRAM = "an id, or the path of a pin";

interface Options {
  lines?: true;
  json?: true;
}

export function addProg(program: Command): void {
  const command = program.command("prog").summary("show, pin and detach programs that are loaded");
  addExamples(command, "sudo node-libbpf prog show 42", "sudo node-libbpf prog detach /sys/fs/bpf/guard");
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
    .action((word: string, path: string) => {
      using opened = openProgramById(idOf(word, "program"));
      opened.pin(path);
    });
  addExamples(pin, "sudo node-libbpf prog pin 42 /sys/fs/bpf/guard");
  const detach = command
    .command("detach")
    .summary("detach all links of a program")
    .description("Detaches all links of a program, even if others hold them, where the kernel can do that. Needs root.")
    .argument("<program>", PROGRAM)
    .action((word: string) => {
      const links = detachProgram(idOf(word, "program"));
      process.stdout.write(`detached ${links.map((id) => `link ${id}`).join(", ")}\n`);
    });
  addExamples(detach, "sudo node-libbpf prog detach 42");
}

function find(word: string): RunningProgram {
  const info = programInfo(idOf(word, "program"));
  const found = runningPrograms().find(({ id }) => id === info.id);
  return found ?? { ...info, attachTarget: undefined, links: [], maps: [], pins: [], owners: [] };
}

function showProgram(program: RunningProgram, { lines, json }: Options): string {
  const source = lines ? programInstructions(program.id).lines : [];
  if (json) return document({ program: { ...program, ...(lines && { lines: source }) } });
  const { links, maps, owners, pins, mapIds: _, ...info } = program;
  const rows = [
    ...fields(info),
    ...links.map((link) => [
      { text: "link", style: "dim" as const },
      { text: printable(`${link.id} ${link.type} ${targetOf(link)} ${link.pins.join(" ")}`) },
    ]),
    ...maps.map(({ id, type, name }) => [
      { text: "map", style: "dim" as const },
      { text: `${id} ${type} ${printable(name)}` },
    ]),
    ...fields({ pins, "held by": holders(owners) }),
  ];
  const text = source.map(({ instruction, file, line, text }) => [
    { text: String(instruction) },
    { text: printable(`${file.replace(/.*\//, "")}:${line}`) },
    { text: printable(text.replaceAll("\t", "  ")) },
  ]);
  return table(rows) + (text.length > 0 ? `\n${table(text)}` : "");
}
