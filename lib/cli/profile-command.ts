/** node-libbpf profile: writes this kernel's facts to a file, to check objects against elsewhere. */
import type { Command } from "commander";
import { captureProfile } from "../index";
import { replace } from "../replace";
import { addExamples } from "./examples";
import { needPrivilege, warnUnanswered } from "./probing";
import { json } from "./table";

interface Options {
  probe?: boolean;
  output?: string;
}

export function addProfile(program: Command): void {
  const command = program
    .command("profile")
    .summary("write this kernel's facts to a file, to check objects against elsewhere")
    .description("Writes the running kernel's facts as JSON, for check --profile and hooks --profile.")
    .option("--probe", "also probe every hook and system call by loading programs; needs root")
    .option("-o, --output <file>", "output file, written atomically (default: standard output)")
    .action(profile);
  addExamples(command, "node-libbpf profile -o host.json", "sudo node-libbpf profile --probe > host.json");
}

function profile({ probe = false, output }: Options): void {
  if (probe) needPrivilege();
  const facts = captureProfile({ probe, onProgress });
  if (probe) warnUnanswered(facts);
  if (output === undefined) process.stdout.write(json(facts));
  else replace(output, json(facts));
}

function onProgress(done: number, of: number): void {
  if (process.stderr.isTTY) process.stderr.write(done < of ? `\rprobing ${done + 1}/${of}` : "\r\x1b[K");
}
