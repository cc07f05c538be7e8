/** Runs acts in which one call fails, in supervised processes: see child.ts. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { PROJECT_ROOT } from "../../scripts/places";
import type { Wrong } from "./child";

/** Seconds after which an act counts as hanging. */
const SILENCE = 60;

export interface Outcome {
  /** Number of calls that failed by injection. */
  injected: number;
  /** Of them, those that the act reported by a BpfError with their errno, and those that it did without. */
  typed: number;
  tolerated: number;
  /** Faults that the test found. */
  wrong: { kind: Wrong | "crash" | "hang"; what: string }[];
  /** Number of processes that Node.js ended because its own call failed. */
  excluded: string[];
  /** Whether there was a call with this number; for cold runs. */
  reached: boolean;
}

const nothing = (): Outcome => ({ injected: 0, typed: 0, tolerated: 0, wrong: [], excluded: [], reached: true });

function add(all: Outcome, { injected, typed, tolerated, wrong, excluded }: Outcome): void {
  all.injected += injected;
  all.typed += typed;
  all.tolerated += tolerated;
  all.wrong.push(...wrong);
  all.excluded.push(...excluded);
}

/** The preloaded library, compiled to a temporary folder. */
export class Injector {
  readonly #folder = mkdtempSync(join(tmpdir(), "node-libbpf-"));
  readonly library: string = join(this.#folder, "inject.so");
  readonly #report = join(this.#folder, "report");

  /** @param compiled the library, where there is no compiler */
  constructor(compiled?: string) {
    if (compiled !== undefined) {
      this.library = compiled;
      return;
    }
    const source = join(PROJECT_ROOT, "test/faults/inject.c");
    const flags = ["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror"];
    const { status, stderr } = spawnSync("cc", [...flags, source, "-o", this.library, "-ldl"], { encoding: "utf8" });
    if (status !== 0) throw new Error(`cc ${source} failed:\n${stderr}`);
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }

  /** Runs every call of every kind, with every errno, or with one of them in turn. */
  async everyCall(act: string, { inTurn = false } = {}): Promise<Outcome> {
    const all = nothing();
    for (let rest: string[] | undefined = []; rest !== undefined; ) {
      const { outcome, next } = await this.#run([act, ...rest], inTurn ? { NODE_LIBBPF_INJECT_IN_TURN: "1" } : {});
      add(all, outcome);
      rest = next;
    }
    return all;
  }

  /** Runs every bpf(2) call in a process of its own, which has not asked the kernel yet. Each with one of the errnos, in turn. */
  async everyColdCall(act: string, errnos: readonly string[]): Promise<Outcome> {
    const all = nothing();
    for (let n = 0; all.reached; n++) {
      const { outcome } = await this.#run([act, "bpf", errnos[n % errnos.length] as string, String(n), "cold"]);
      add(all, outcome);
      all.reached = outcome.reached;
    }
    return all;
  }

  /** `next`: where another process continues, if this one ended early. */
  async #run(
    words: readonly string[],
    more: NodeJS.ProcessEnv = {},
  ): Promise<{ outcome: Outcome; next: string[] | undefined }> {
    writeFileSync(this.#report, "");
    const preloaded = process.env.LD_PRELOAD === undefined ? "" : ` ${process.env.LD_PRELOAD}`;
    const env = {
      ...process.env,
      ...more,
      LD_PRELOAD: `${this.library}${preloaded}`,
      NODE_LIBBPF_INJECT_REPORT: this.#report,
    };
    // The acts attach to the loopback interface.
    const command = ["--net", process.execPath, "--expose-gc", join(__dirname, "child.js"), ...words];
    const child = spawn("unshare", command, {
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const outcome = nothing();
    let at: string[] = [];
    let complaint = "";
    let [ended, hung] = [false, false];
    let timer: NodeJS.Timeout | undefined;
    createInterface({ input: child.stdout }).on("line", (line) => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        hung = true;
        child.kill("SIGKILL");
      }, SILENCE * 1000);
      if (line.startsWith("try ")) at = line.split(" ").slice(1);
      else if (line === "none left") outcome.reached = false;
      else if (line === "end") ended = true;
      else if (line === "typed" || line === "tolerated") outcome[line]++;
      else if (line.startsWith("wrong ")) {
        const { kind, what } = JSON.parse(line.slice("wrong ".length)) as Outcome["wrong"][number];
        outcome.wrong.push({ kind, what: `${at.join(" ")}: ${what}\n${this.#stack()}` });
      } else complaint += `${line}\n`;
    });
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
    if (this.#stack().includes(".node") || hung)
      outcome.wrong.push({ kind: hung ? "hang" : "crash", what: `${what}\n${this.#stack()}` });
    else outcome.excluded.push(`${what}\n${this.#stack()}`);
    return { outcome, next: kind && errno ? [kind, errno, String(Number(n) + 1)] : undefined };
  }

  /** The stack of the call that failed last. */
  #stack(): string {
    return readFileSync(this.#report, "utf8").trimEnd().split("\n").at(-1) ?? "";
  }
}
