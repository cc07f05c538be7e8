/**
 * Lists the processes of the system with their command lines, read from their memory by a sleepable iterator:
 *   node dist/examples/task-iter/index.js [--json]
 * Needs root and Linux 5.18.
 */
import { parseArgs } from "node:util";
import { command } from "../command";
import { listProcesses, type Process } from "./list";

command("task-iter [--json]", async () => {
  const { values } = parseArgs({ options: { json: { type: "boolean" } } });
  for (const process of await listProcesses()) say(values.json ? JSON.stringify(process) : line(process));
});

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function line({ pid, ppid, uid, comm, args }: Process): string {
  const numbers = [pid, ppid, uid].map((number) => String(number).padStart(7)).join("");
  return `${numbers}  ${args.length === 0 ? `[${comm}]` : args.join(" ")}`;
}
