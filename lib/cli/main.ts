#!/usr/bin/env node
/** node-libbpf, the command: runs it, and turns what goes wrong into a line and a status. */
import { CommanderError } from "commander";
import { BpfError } from "../errors";
import { printable } from "./table";

/** No answer: a wrong command line, a file that can't be used, a privilege that is missing. */
const NO_ANSWER = 2;

async function main(): Promise<void> {
  // Loaded here: what can't be loaded is told as every other error is.
  const { run } = await import("./commands.js");
  await run(process.argv.slice(2));
}

function fail(error: unknown): void {
  // commander has said what is wrong; help and versions that were asked for are no errors.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : NO_ANSWER;
  else {
    process.exitCode = NO_ANSWER;
    const text = error instanceof BpfError ? textOf(error) : isOfSystem(error) ? error.message : (error as Error).stack;
    process.stderr.write(`node-libbpf: ${text}\n`);
  }
}

/** A call of the system failed, as a write to a full disk does: no fault of this program's. */
function isOfSystem(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error;
}

/** In one line, but for the page that says why there is no addon. */
function textOf({ code, message }: BpfError): string {
  return code === "ERR_BPF_NO_BINARY" ? message.split("\n").map(printable).join("\n") : printable(message);
}

// A reader that has seen enough, such as head(1), is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => error.code === "EPIPE" || fail(error));

main().catch(fail);
