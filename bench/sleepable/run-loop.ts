/** Runs the C program that has the attach targets. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Times } from "./figures";

export const LOOP = join(__dirname, "loop");

/** Times calls, in turns, in a fresh process; see loop.c. */
export function timeCalls(count: number, ...calls: readonly string[]): Times[] {
  return JSON.parse(runLoop(...calls, `${count}`)) as Times[];
}

export function runLoop(...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(LOOP, args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (status !== 0) throw new Error(`loop ${args.join(" ")} failed: ${error?.message ?? stderr}`);
  return stdout;
}
