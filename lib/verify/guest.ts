/** Runs in the virtual machine: node guest.js OBJECT ANSWERS VARIABLES. Loads the programs and writes the kernel's answers. */
import { writeFileSync } from "node:fs";
import { release } from "node:os";
import { loadAlone } from "./load-alone";

async function main([object = "", answers = "", variables = "[]"]: readonly string[]): Promise<void> {
  const programs = await loadAlone(object, JSON.parse(variables));
  writeFileSync(answers, JSON.stringify({ release: release(), programs }));
}

void main(process.argv.slice(2));
