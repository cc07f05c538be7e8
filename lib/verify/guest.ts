/** Runs in the virtual machine: node guest.js OBJECT ANSWERS. Loads the programs and writes the kernel's answers. */
import { writeFileSync } from "node:fs";
import { release } from "node:os";
import { loadAlone } from "./load-alone";

async function main([object = "", answers = ""]: readonly string[]): Promise<void> {
  writeFileSync(answers, JSON.stringify({ release: release(), programs: await loadAlone(object) }));
}

void main(process.argv.slice(2));
