/**
 * Has both sides load the same objects, one after the other, and writes what they say to a folder.
 *   node both.js FOLDER whole|each FILE...
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, createWriteStream, mkdirSync } from "node:fs";
import { constants } from "node:os";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import type { Line } from "./ours";

/** For one object. */
const SECONDS = 300;

async function main([folder = "", how = "", ...files]: readonly string[]): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const peer = spawn(join(__dirname, "peer"), [how, ...files], { stdio: ["ignore", "pipe", "inherit"] });
  peer.stdout.pipe(createWriteStream(join(folder, "theirs.jsonl")));
  await once(peer, "close");
  const left = [...files];
  while (left.length > 0) await ours(how, left, join(folder, "ours.jsonl"));
}

/** Loads until the process ends; takes from `files` what it is done with. An object that ends it is a line too. */
async function ours(how: string, files: string[], output: string): Promise<void> {
  const child = spawn(process.execPath, [join(__dirname, "ours.js"), how, ...files], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const watch = () => setTimeout(() => child.kill("SIGKILL"), SECONDS * 1000);
  let timer = watch();
  for await (const text of createInterface(child.stdout)) {
    clearTimeout(timer);
    timer = watch();
    const done = /^done (.*)$/.exec(text)?.[1];
    if (done === undefined) appendFileSync(output, `${text}\n`);
    else files.splice(files.indexOf(done), 1);
  }
  clearTimeout(timer);
  const [status, signal] =
    child.exitCode === null && child.signalCode === null
      ? await once(child, "close")
      : [child.exitCode, child.signalCode];
  const [file] = files;
  if (file === undefined) return;
  files.shift();
  const died = signal === null ? status : constants.signals[signal as NodeJS.Signals];
  const line: Line = {
    object: basename(file).replace(/\..*/, ""),
    program: "",
    died,
    said: `ended with ${signal ?? status}`,
  };
  appendFileSync(output, `${JSON.stringify(line)}\n`);
}

main(process.argv.slice(2));
