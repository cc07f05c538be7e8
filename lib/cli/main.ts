#!/usr/bin/env node
/** Entry point of node-libbpf: runs the command and reports errors as one line and an exit status. */
import type { CommanderError } from "commander";
import { BpfError } from "../errors";
import { keepCompiled } from "./compile-cache";
import { version } from "./package-version";
import { printable } from "./table";

/** Exit status without a result: invalid arguments, an unusable file, a missing privilege. */
const NO_ANSWER = 2;

async function main(args: readonly string[]): Promise<void> {
  // Commander would do it too, but loading it takes as long as Node.js needs to start.
  if (args.length === 1 && (args[0] === "-V" || args[0] === "--version")) {
    process.stdout.write(`${version()}\n`);
    return;
  }
  keepCompiled();
  // Loaded here, so that a failure to load is reported like every other error.
  const { run } = await import("./commands.js");
  await run(args);
}

function fail(error: unknown): void {
  // commander has printed the message. Requested help and versions are not errors.
  if (isOfCommander(error)) process.exitCode = error.exitCode === 0 ? 0 : NO_ANSWER;
  else {
    process.exitCode = NO_ANSWER;
    const text = error instanceof BpfError ? textOf(error) : isOfSystem(error) ? error.message : (error as Error).stack;
    process.stderr.write(`node-libbpf: ${text}\n`);
  }
}

/** Not instanceof, which would load commander for every error. */
function isOfCommander(error: unknown): error is CommanderError {
  return error instanceof Error && "exitCode" in error;
}

/** A failed system call, such as a write to a full disk, is not a bug of this program. */
function isOfSystem(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error;
}

/** One line, except for the help on a missing addon and what a machine printed. */
function textOf({ code, message }: BpfError): string {
  return code === "ERR_BPF_NO_BINARY" || code.startsWith("ERR_BPF_VM")
    ? message.split("\n").map(printable).join("\n")
    : printable(message);
}

// A reader that closes the pipe early, such as head(1), is not an error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => error.code === "EPIPE" || fail(error));

main(process.argv.slice(2)).catch(fail);
