/** Runs acts in which one call fails, in supervised processes: see child.ts. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { PROJECT_ROOT } from "../../scripts/places";

/** Seconds after which an act counts as hanging. */
const SILENCE = 60;

export interface Outcome {
  /** Number of calls that failed by injection. */
  injected: number;
  /** Faults that the test found. */
  wrong: string[];
  /** Number of processes that Node.js ended because its own call failed. */
  excluded: string[];
  /** Whether there was a call with this number; for cold runs. */
  reached: boolean;
}

/** The preloaded library, compiled to a temporary folder. */
export class Injector {
  readonly #folder = mkdtempSync(join(tmpdir(), "node-libbpf-"));
  readonly #library = join(this.#folder, "inject.so");
  readonly #report = join(this.#folder, "report");

  constructor() {
    const source = join(PROJECT_ROOT, "test/faults/inject.c");
    const flags = ["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror"];
    const { status, stderr } = spawnSync("cc", [...flags, source, "-o", this.#library, "-ldl"], { encoding: "utf8" });
    if (status !== 0) throw new Error(`cc ${source} failed:\n${stderr}`);
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }

  /** Runs every call of every kind, with every errno. */
  async everyCall(act: string): Promise<Outcome> {
    const all: Outcome = { injected: 0, wrong: [], excluded: [], reached: true };
    for (let rest: string[] | undefined = []; rest !== undefined; ) {
      const { outcome, next } = await this.#run([act, ...rest]);
      all.injected += outcome.injected;
      all.wrong.push(...outcome.wrong);
      all.excluded.push(...outcome.excluded);
      rest = next;
    }
    return all;
  }

  /** Runs one call, in a process that has not probed the kernel yet. */
  async oneCall(act: string, kind: string, errno: string, n: number): Promise<Outcome> {
    return (await this.#run([act, kind, errno, String(n), "cold"])).outcome;
  }

  /** `next`: where another process continues, if this one ended early. */
  async #run(words: readonly string[]): Promise<{ outcome: Outcome; next: string[] | undefined }> {
    writeFileSync(this.#report, "");
    const preloaded = process.env.LD_PRELOAD === undefined ? "" : ` ${process.env.LD_PRELOAD}`;
    const env = { ...process.env, LD_PRELOAD: `${this.#library}${preloaded}`, NODE_LIBBPF_INJECT_REPORT: this.#report };
    // The acts attach to the loopback interface.
    const command = ["--net", process.execPath, "--expose-gc", join(__dirname, "child.js"), ...words];
    const child = spawn("unshare", command, {
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const outcome: Outcome = { injected: 0, wrong: [], excluded: [], reached: true };
    let at: string[] = [];
    let ended = false;
    let timer: NodeJS.Timeout | undefined;
    createInterface({ input: child.stdout }).on("line", (line) => {
      clearTimeout(timer);
      timer = setTimeout(() => child.kill("SIGKILL"), SILENCE * 1000);
      if (line.startsWith("try ")) at = line.split(" ").slice(1);
      else if (line === "none left") outcome.reached = false;
      else if (line === "end") ended = true;
      else outcome.wrong.push(`${at.join(" ")}: ${line}\n${this.#stack()}`);
    });
    let complaint = "";
    child.stderr.on("data", (chunk) => {
      complaint += chunk;
    });
    const [status, signal] = await once(child, "close");
    clearTimeout(timer);
    outcome.injected = readFileSync(this.#report, "utf8").split("\n").length - 1;
    if (ended) return { outcome, next: undefined };
    const what = `${at.join(" ")}: the process ended with ${signal ?? `status ${status}`}: ${complaint.slice(0, 2000)}`;
    const [, kind, errno, n] = at;
    // If the library is not in the stack, Node.js itself can't continue.
    (this.#stack().includes(".node") ? outcome.wrong : outcome.excluded).push(`${what}\n${this.#stack()}`);
    return { outcome, next: kind && errno ? [kind, errno, String(Number(n) + 1)] : undefined };
  }

  /** The stack of the call that failed last. */
  #stack(): string {
    return readFileSync(this.#report, "utf8").trimEnd().split("\n").at(-1) ?? "";
  }
}
