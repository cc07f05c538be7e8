/**
 * Denies the execution of listed files while it runs:
 *   node dist/examples/exec-guard/index.js [--json] PATH...
 * The list changes by lines on standard input: "deny PATH", "allow PATH", "list".
 * Needs root, Linux 5.11 and bpf as an active LSM.
 */
import { realpathSync } from "node:fs";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { command, stopSignal } from "../command";
import { guardExecs } from "./guard";

command("exec-guard [--json] PATH...", async () => {
  const { values, positionals } = parseArgs({ options: { json: { type: "boolean" } }, allowPositionals: true });
  await using guard = await guardExecs();
  const say = (text: string) => process.stdout.write(`${text}\n`);
  const commands: Record<string, (path: string) => void> = {
    deny: (path) => guard.deny(realpathSync(path)),
    allow: (path) => guard.allow(realpathSync(path)),
    list: () => {
      for (const [path, times] of guard.denials()) {
        say(values.json ? JSON.stringify({ path, times: Number(times) }) : `${path} denied ${times} times`);
      }
    },
  };
  for (const path of positionals) commands.deny?.(path);
  say("guarding");
  for await (const line of createInterface({ input: process.stdin, signal: stopSignal() })) {
    const [name = "", path = ""] = line.trim().split(/\s+(.*)/);
    const run = Object.hasOwn(commands, name) ? commands[name] : undefined;
    try {
      if (run === undefined) throw new Error(`expected deny PATH, allow PATH or list, got "${line}"`);
      run(path);
      say(`ok ${line}`);
    } catch (error) {
      say(`error ${(error as Error).message}`);
    }
  }
});
