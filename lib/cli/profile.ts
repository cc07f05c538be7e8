/** node-libbpf profile: this kernel's facts as a file, to check objects against elsewhere. */
import { realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { Command } from "commander";
import { BpfError, captureProfile } from "../index";
import { needPrivilege, warnUnanswered } from "./asking";
import { json } from "./table";

interface Options {
  probe?: boolean;
  output?: string;
}

export function addProfile(program: Command): void {
  program
    .command("profile")
    .summary("write down this kernel's facts, to check objects against elsewhere")
    .description("Writes the running kernel's facts as JSON, for --profile of check and hooks.")
    .option("--probe", "with what the kernel answers about every hook and system call, by loading; needs root")
    .option("-o, --output <file>", "write to a file, all or nothing; by default to standard output")
    .action(profile);
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

/** Puts a whole file in a file's place; a device or pipe, which nothing may replace, is written to. */
function replace(path: string, text: string): void {
  try {
    const existing = statSync(path, { throwIfNoEntry: false });
    if (existing === undefined) rename(path, text);
    else if (existing.isFile()) rename(realpathSync(path), text);
    else writeFileSync(path, text);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new BpfError("ERR_BPF_PROFILE", `${path} can't be written (${code ?? message})`, {
      operation: "profile",
      cause,
    });
  }
}

function rename(target: string, text: string): void {
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, text);
    renameSync(temporary, target);
  } finally {
    rmSync(temporary, { force: true });
  }
}
