/** node-libbpf code-cache: keeps V8's compiled code of this package. */
import { chownSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { setFlagsFromString } from "node:v8";
import type { Command } from "commander";
import { BUNDLE, codeCache, kept, scriptOf } from "../code-cache";
import { BpfError } from "../errors";
import { makeFolder, replace } from "../replace";
import { addExamples } from "./examples";
import { printable } from "./table";

export function addCodeCache(program: Command): void {
  const command = program
    .command("code-cache")
    .summary("keep V8's compiled code of this package, with which processes start sooner")
    .description(
      "Writes V8's compiled code of this package beside its files, for the Node.js that runs this command, and prints the folder.",
    )
    .option("--remove", "remove what is kept, for every Node.js")
    .action(({ remove }: { remove?: true }) => {
      process.stdout.write(`${printable(remove ? removed() : written())}\n`);
    });
  addExamples(command, "node-libbpf code-cache", "node-libbpf code-cache --remove");
}

function removed(): string {
  const folder = dirname(codeCache());
  rmSync(folder, { recursive: true, force: true });
  return folder;
}

function written(): string {
  const folder = codeCache();
  makeFolder(folder, 0o755);
  // Node.js itself loads the program, which begins with the name of an interpreter.
  const files = readdirSync(BUNDLE).filter((file) => file.endsWith(".js") && file !== "main.js");
  for (const file of files) replace(join(folder, file), compiled(join(BUNDLE, file)));
  giveToOwner([dirname(folder), folder, ...files.map((file) => join(folder, file))]);
  return folder;
}

/** All functions, and not only those that are called here. The flag must be as before where the code is used. */
function compiled(path: string): Buffer {
  const source = readFileSync(path);
  setFlagsFromString("--no-lazy");
  const script = scriptOf(path, kept(source));
  setFlagsFromString("--lazy");
  const all = kept(source, script.createCachedData());
  if (scriptOf(path, all).cachedDataRejected !== false)
    throw new BpfError("ERR_BPF_NOT_SUPPORTED", `${process.execPath} can't use the code that it has compiled`);
  return all;
}

/** After sudo the package's owner must still be able to remove it, as npm install does. */
function giveToOwner(paths: readonly string[]): void {
  const { uid, gid } = statSync(BUNDLE);
  if (process.geteuid?.() === 0) for (const path of paths) chownSync(path, uid, gid);
}
