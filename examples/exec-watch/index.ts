/**
 * Prints every exec of the system:
 *   node dist/examples/exec-watch/index.js [--json] [--count N] [--duration S]
 */
import { release } from "node:os";
import { parseArgs, styleText } from "node:util";
import { BpfError } from "node-libbpf";
import type { ExecEvent } from "./event";
import { watchExecs } from "./watch";

const USAGE = "usage: exec-watch [--json] [--count N] [--duration SECONDS]";

async function main(): Promise<void> {
  const { json, count, duration } = options();
  await using watch = await watchExecs();
  process.stderr.write(`watching execs on Linux ${release()}\n`);
  const stop = () => void watch[Symbol.asyncDispose]();
  const timer = duration === undefined ? undefined : setTimeout(stop, duration * 1000);
  process.once("SIGINT", stop).once("SIGTERM", stop);

  let left = count ?? Number.POSITIVE_INFINITY;
  for await (const batch of watch.events) {
    for (const event of batch) {
      if (left-- > 0) process.stdout.write(json ? `${JSON.stringify(event)}\n` : line(event));
    }
    if (left <= 0) break;
  }
  clearTimeout(timer);
}

function options(): { json: boolean; count?: number; duration?: number } {
  const { values } = parseArgs({
    options: { json: { type: "boolean" }, count: { type: "string" }, duration: { type: "string" } },
  });
  const positive = (name: "count" | "duration") => {
    const text = values[name];
    if (text === undefined) return {};
    const value = Number(text);
    if (!(value > 0)) throw new TypeError(`--${name} takes a positive number, got "${text}"`);
    return { [name]: value };
  };
  return { json: values.json ?? false, ...positive("count"), ...positive("duration") };
}

function line({ pid, uid, fromUid, from, file, args, truncated }: ExecEvent): string {
  const color = (format: "cyan" | "dim", text: string) => (process.stdout.isTTY ? styleText(format, text) : text);
  const who = fromUid === uid ? `uid ${uid}` : `uid ${fromUid} -> ${uid}`;
  const words = args.map((arg) => (/^[\w@%+=:,./-]+$/.test(arg) ? arg : JSON.stringify(arg))).join(" ");
  const origin = from === "" ? "" : color("dim", `${from} -> `);
  return `${color("dim", String(pid).padStart(7))} ${who.padEnd(9)} ${origin}${color("cyan", file)}: ${words}${truncated ? " …" : ""}\n`;
}

main().catch((error: Error) => {
  const known = error instanceof BpfError || error instanceof TypeError;
  process.stderr.write(`exec-watch: ${known ? error.message : error.stack}\n`);
  if (error instanceof TypeError) process.stderr.write(`${USAGE}\n`);
  process.exitCode = error instanceof TypeError ? 2 : 1;
});
