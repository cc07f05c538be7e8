/**
 * Prints every exec of the system, with all its arguments:
 *   node dist/examples/exec-watch/index.js [--json] [--count N] [--duration SECONDS]
 * Needs root, Linux 5.10 and bpf as an active LSM.
 */
import { release } from "node:os";
import { styleText } from "node:util";
import { command, printEvents, UsageError, watchOptions } from "../command";
import type { ExecEvent } from "./event";
import { watchExecs } from "./watch";

command("exec-watch [--json] [--count N] [--duration SECONDS]", async () => {
  const options = watchOptions();
  if (options.positionals.length > 0) throw new UsageError(`unexpected argument "${options.positionals[0]}"`);
  await using watch = await watchExecs();
  process.stderr.write(`watching execs on Linux ${release()}\n`);
  await printEvents(watch, options, line);
});

function line({ pid, uid, fromUid, from, file, args, truncated }: ExecEvent): string {
  const color = (format: "cyan" | "dim", text: string) => (process.stdout.isTTY ? styleText(format, text) : text);
  const who = fromUid === uid ? `uid ${uid}` : `uid ${fromUid} -> ${uid}`;
  const words = args.map((arg) => (/^[\w@%+=:,./-]+$/.test(arg) ? arg : JSON.stringify(arg))).join(" ");
  const origin = from === "" ? "" : color("dim", `${from} -> `);
  return `${color("dim", String(pid).padStart(7))} ${who.padEnd(9)} ${origin}${color("cyan", file)}: ${words}${truncated ? " …" : ""}`;
}
