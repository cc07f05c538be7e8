/** Runs in the child process of isolated.ts: reads an object in every way that open() and check() do, as nobody. */
import { readFileSync, writeFileSync, writeSync } from "node:fs";
import { deserialize } from "node:v8";
import { BpfError } from "../errors";
import { native, type OpenRequest } from "../native";
import { atOnce } from "../slices";
import { UNPRIVILEGED, written } from "./isolated";
import { ObjectFile } from "./object-file";

const NOBODY = 65534;

/** Everything is loaded before: nobody may lack the right to read this library's files. */
function giveUpPrivileges(): void {
  void native.possibleCpus;
  // The kernel ends this process first if memory is exhausted.
  writeFileSync("/proc/self/oom_score_adj", "1000");
  if (process.geteuid?.() !== 0) return;
  try {
    process.setgroups?.([]);
    process.setgid?.(NOBODY);
    process.setuid?.(NOBODY);
  } catch (error) {
    writeSync(2, `${(error as Error).message}`);
    process.exit(UNPRIVILEGED);
  }
}

function main(): void {
  giveUpPrivileges();
  const { request, label } = deserialize(readFileSync(0)) as { request: OpenRequest; label: string };
  let answer = "";
  const describe = () => {
    const description = native.describe(request);
    answer = written(description);
    return description;
  };
  try {
    atOnce(ObjectFile.of(request, label, undefined, () => describe).facts());
  } catch (error) {
    // The parent finds the same, in the same bytes or in the description.
    if (!(error instanceof BpfError)) throw error;
  }
  writeFileSync(1, answer);
}

main();
