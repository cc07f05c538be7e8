/** node-libbpf unpin: undoes run --pin. */
import type { Command } from "commander";
import { unpinAll } from "../object/unpin-all";
import { addExamples } from "./examples";
import { document, printable } from "./table";

export function addUnpin(program: Command): void {
  const command = program
    .command("unpin")
    .summary("remove what run --pin pinned, which detaches it")
    .description("Removes the pins of an object below a folder, links first, and prints their paths.")
    .argument("<folder>", "the folder that was given to run --pin")
    .option("--json", "print JSON")
    .action((folder: string, { json: asJson }: { json?: true }) => {
      const pins = unpinAll(folder);
      process.stdout.write(asJson ? document({ pins }) : pins.map((path) => `${printable(path)}\n`).join(""));
    });
  addExamples(command, "sudo node-libbpf unpin /sys/fs/bpf/guard");
}
