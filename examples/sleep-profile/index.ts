/**
 * Shows the sizes and durations of this process's file writes, from uprobes on its own libuv:
 *   node dist/examples/sleep-profile/index.js [--json]
 * Needs root and Linux 6.0. Only this process is probed.
 */
import { closeSync, mkdtempSync, openSync, rmSync, writevSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { command } from "../command";
import { type Bucket, profileWrites } from "./profile";

command("sleep-profile [--json]", async () => {
  const { values } = parseArgs({ options: { json: { type: "boolean" } } });
  using profile = await profileWrites();
  work();
  const buckets = profile.buckets();
  for (const bucket of buckets) process.stdout.write(`${values.json ? JSON.stringify(bucket) : line(bucket)}\n`);
});

/** Sample load: many small writes and few large ones, each of two buffers. */
function work(): void {
  const directory = mkdtempSync(join(tmpdir(), "sleep-profile-"));
  const file = openSync(join(directory, "written"), "w");
  for (let size = 1, times = 1024; times >= 1; size *= 4, times /= 2) {
    const half = Buffer.alloc(size, "x");
    for (let i = 0; i < times; i++) writevSync(file, [half, half], 0);
  }
  closeSync(file);
  rmSync(directory, { recursive: true });
}

function line({ bytes, writes, microseconds }: Bucket): string {
  const bar = "█".repeat(Math.ceil(Math.log2(writes + 1)));
  return `${String(bytes).padStart(8)} bytes ${String(writes).padStart(6)} times ${microseconds.toFixed(1).padStart(9)} µs ${bar}`;
}
