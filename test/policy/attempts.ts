/** A process that opens a file all the time, which the policy forbids; with pauses, because the machine has one CPU. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HashMap, type Policy } from "node-libbpf";

const CODE = `
  const { openSync, closeSync } = require("node:fs");
  Error.stackTraceLimit = 0;
  let [refused, opened] = [0, 0];
  process.on("message", () => process.send({ refused, opened }));
  process.on("disconnect", () => process.exit());
  setInterval(() => {
    for (let i = 0; i < 3; i++) {
      try { closeSync(openSync(process.argv[1])); opened++; } catch { refused++; }
    }
  }, 4);`;

export interface Tally {
  refused: number;
  opened: number;
}

export class Attempts implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "policy-"));
  readonly #child;

  /** @param policy is in force, and forbids the file from now on */
  constructor(policy: Policy) {
    const file = join(this.#folder, "forbidden");
    writeFileSync(file, "");
    const { dev, ino } = statSync(file);
    // As the kernel has it: MINORBITS is 20.
    const device = (((dev >> 8) & 0xfff) << 20) | (dev & 0xff) | ((dev >> 12) & 0xfff00);
    policy.object.map("forbidden", HashMap).set((BigInt(device) << 32n) | BigInt(ino), 1);
    this.#child = spawn(process.execPath, ["-e", CODE, file], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  }

  /** Until now. */
  async tally(): Promise<Tally> {
    this.#child.send("tell");
    const [tally] = await once(this.#child, "message");
    return tally as Tally;
  }

  [Symbol.dispose](): void {
    this.#child.disconnect();
    rmSync(this.#folder, { recursive: true });
  }
}
