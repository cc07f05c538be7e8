/**
 * Denies the execution of listed files until it ends:
 *   node dist/examples/exec-guard/index.js PATH...
 * The list changes at run time by lines on standard input: "deny PATH", "allow PATH", "list".
 */
import { realpathSync } from "node:fs";
import { createInterface } from "node:readline";
import { guardExecs } from "./guard";

async function main(): Promise<void> {
  await using guard = await guardExecs();
  const say = (text: string) => process.stdout.write(`${text}\n`);
  const commands: Record<string, (path: string) => void> = {
    deny: (path) => guard.deny(realpathSync(path)),
    allow: (path) => guard.allow(realpathSync(path)),
    list: () => {
      for (const [path, times] of guard.denials()) say(`${path} denied ${times} times`);
    },
  };
  for (const path of process.argv.slice(2)) commands.deny?.(path);
  say("guarding");
  for await (const line of createInterface({ input: process.stdin })) {
    const [name = "", path = ""] = line.trim().split(/\s+(.*)/);
    const command = commands[name];
    try {
      if (command === undefined) throw new TypeError(`deny PATH, allow PATH or list; got "${line}"`);
      command(path);
      say(`ok ${line}`);
    } catch (error) {
      say(`error ${(error as Error).message}`);
    }
  }
}

main().catch((error: Error) => {
  process.stderr.write(`exec-guard: ${error.message}\n`);
  process.exitCode = 1;
});
