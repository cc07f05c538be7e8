/**
 * Has both sides load the same objects, one after the other, and prints their lines, each behind "theirs " or "ours ": what
 * a machine said before it died is not lost.
 *   node both.js whole|each FILE...
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { insideVm } from "../../lib/testing";
import type { Line } from "./ours";

/** For one object. */
const SECONDS = 300;

async function main([how = "", ...files]: readonly string[]): Promise<void> {
  // The programs test faults of the verifier that other kernels still have: some crash Linux 6.18.
  if (insideVm() === undefined) throw new Error("only in a virtual machine: these programs can crash a kernel");
  const peer = start(join(__dirname, "peer"), [how, ...files]);
  for await (const line of linesOf(peer)) print("theirs", line);
  const left = [...files];
  while (left.length > 0) await ours(how, left);
}

/** Loads until the process ends; takes from `files` what it is done with. An object that ends it is a line too. */
async function ours(how: string, files: string[]): Promise<void> {
  const child = start(process.execPath, [join(__dirname, "ours.js"), how, ...files]);
  const ended = once(child, "close");
  const watch = () => setTimeout(() => child.kill("SIGKILL"), SECONDS * 1000);
  let timer = watch();
  for await (const line of linesOf(child)) {
    clearTimeout(timer);
    timer = watch();
    const done = /^done (.*)$/.exec(line)?.[1];
    if (done === undefined) print("ours", line);
    else files.splice(files.indexOf(done), 1);
  }
  const [status, signal] = (await ended) as [number, NodeJS.Signals | null];
  clearTimeout(timer);
  const file = files.shift();
  if (file === undefined) return;
  const died = signal === null ? status : constants.signals[signal];
  print("ours", JSON.stringify({ object: basename(file).replace(/\..*/, ""), program: "", died } satisfies Line));
}

function start(command: string, args: readonly string[]): ChildProcess & { stdout: Readable } {
  return spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
}

const linesOf = ({ stdout }: { stdout: Readable }) => createInterface(stdout);

function print(side: string, line: string): void {
  process.stdout.write(`${side} ${line}\n`);
}

main(process.argv.slice(2));
