/**
 * Shows what the TypeScript compiler checks of a BPF program: lines that use it, and the compiler's errors.
 *   node dist/examples/gen-and-typecheck/index.js [--json]
 * Needs clang and TypeScript; no root and no particular kernel, because it loads nothing.
 */
import { parseArgs } from "node:util";
import { command } from "../command";
import { judge } from "./check";

/** Valid and invalid lines, in turns. */
const LINES = [
  "event?.comm.toUpperCase();",
  "event?.command;",
  "object.maps.calls.set(process.pid, 0n);",
  'object.maps.calls.set("1", 0n);',
  "spec.variables.watched = process.pid;",
  "object.variables.watched = process.pid;",
  'object.programs.on_call.attach({ path: "/bin/sh", function: "main" });',
  'object.programs.on_call.attach({ target: "sched/sched_switch" });',
];

command("gen-and-typecheck [--json]", async () => {
  const { values } = parseArgs({ options: { json: { type: "boolean" } } });
  for (const judgement of judge(LINES)) {
    const { line, error } = judgement;
    process.stdout.write(
      `${values.json ? JSON.stringify(judgement) : `${line}\n  ${error === undefined ? "ok" : error}`}\n`,
    );
  }
});
