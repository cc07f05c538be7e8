/**
 * Fuzzes the library with malformed objects: copies of those in test/bpf with some fields changed. Opens, checks and
 * generates from each, and fails for any signal, hang, error that is not the library's, or excessive memory.
 *   node dist/scripts/fuzz.js [--count 200000] [--seed 1] [--from 0] [--load] [--debug] [--jobs 1]
 *     --load   also loads them into the kernel (as root); attaches nothing
 *     --debug  uses the addon of npm run build:debug
 *     --write FILE  writes the first object, and tests none
 * The same seed and number give the same object from the same files in test/bpf: "--seed S --from N --count 1" repeats
 * one.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { mutant } from "../test/fuzz/mutate";
import { tryObject } from "../test/fuzz/trial";
import { buildDebug, debugEnvironment } from "./debug";
import { PROJECT_ROOT } from "./places";

/** Objects per process. */
const BATCH = 500;
/** CPU seconds that one object may take; sanitizers need more. */
const MAX_SECONDS = 2;
/** Bytes of memory that a process may use; sanitizers keep freed memory. */
const MAX_MEMORY = 512 << 20;
/** Seconds without output after which a process counts as hanging. */
const SILENCE = 60;

export interface FuzzOptions {
  seed: number;
  /** The number of the first object. */
  from?: number;
  count: number;
  load?: boolean;
  /** Number of processes. */
  env?: Readonly<Record<string, string>>;
  jobs?: number;
  /** Called regularly with the number of objects done. */
  progress?: (done: number) => void;
}

/** The input of a process. */
interface Order {
  seed: number;
  from: number;
  count: number;
  load: boolean;
  sanitized: boolean;
}

/** Returns the faults, each with its description and how to reproduce it. An empty list is success. */
export async function fuzz({
  seed,
  from = 0,
  count,
  load = false,
  env = {},
  jobs = 1,
  progress,
}: FuzzOptions): Promise<string[]> {
  const found: string[] = [];
  const end = from + count;
  const sanitized = { ...process.env, ...env }.NODE_LIBBPF_SANITIZED !== undefined;
  let next = from;
  const work = async () => {
    while (next < end) {
      const first = next;
      next = Math.min(end, first + BATCH);
      const last = next;
      // If a process ended early, another one continues after the object at which it ended.
      for (let at = first; at < last; ) {
        const order = { seed, from: at, count: last - at, load, sanitized };
        const { done, findings } = await batch(order, env);
        found.push(...findings);
        at = done;
      }
      progress?.(next - from);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return found;
}

/** Tests objects in a process of their own, up to the first that ends it; `done` is the number of the next. */
async function batch(
  order: Order,
  env: Readonly<Record<string, string>>,
): Promise<{ done: number; findings: string[] }> {
  const findings: string[] = [];
  const child = fork(__filename, ["--child", JSON.stringify(order)], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let at = order.from;
  const find = (what: string) => findings.push(`--seed ${order.seed} --from ${at} --count 1: ${what}`);
  let timer: NodeJS.Timeout | undefined;
  const watch = () => {
    clearTimeout(timer);
    timer = setTimeout(() => child.kill("SIGKILL"), SILENCE * 1000);
  };
  let finished = false;
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
    watch();
    const [, number, what = ""] = /^(\d+|end) ?(.*)$/.exec(line) ?? [];
    if (number === "end") finished = true;
    else if (number !== undefined) at = Number(number);
    if (what !== "") find(JSON.parse(what) as string);
  });
  let words = "";
  (child.stderr as NodeJS.ReadableStream).on("data", (chunk: Buffer) => {
    words += chunk.toString("utf8");
  });
  watch();
  const [status, signal] = await once(child, "close");
  clearTimeout(timer);
  // Execution continues after some faults of sanitizers.
  if (words !== "") find(words.slice(0, 4000));
  if (!finished) find(`the process ended with ${signal ?? `status ${status}`}`);
  return { done: finished ? order.from + order.count : at + 1, findings };
}

/** The objects to change: all of test/bpf except those that are many times as large as the others. */
export function fuzzSources(): [name: string, bytes: Uint8Array][] {
  const folder = join(PROJECT_ROOT, "dist/test/bpf");
  const names = readdirSync(folder)
    .filter((name) => name.endsWith(".bpf.o"))
    .sort();
  const sources = names.map((name): [string, Uint8Array] => [basename(name), readFileSync(join(folder, name))]);
  return sources.filter(([, { length }]) => length < 1 << 17);
}

/** Runs in a process of its own. Sends a line for each object before it is tested, and one for each fault. */
function child({ seed, from, count, load, sanitized }: Order): void {
  const sources = fuzzSources();
  const say = (number: number | "end", what?: string) =>
    writeSync(1, `${number}${what === undefined ? "" : ` ${JSON.stringify(what)}`}\n`);
  const descriptors = () => readdirSync("/proc/self/fd").length;
  let before: number | undefined;
  for (let index = from; index < from + count; index++) {
    say(index);
    const { bytes, how } = mutant(sources, seed, index);
    const start = process.cpuUsage();
    for (const what of tryObject(bytes, { load })) say(index, `${how}: ${what}`);
    const { user, system } = process.cpuUsage(start);
    const seconds = (user + system) / 1e6;
    if (seconds > (sanitized ? 10 : 1) * MAX_SECONDS) say(index, `${how}: it took ${seconds.toFixed(1)} s`);
    const memory = process.resourceUsage().maxRSS * 1024;
    if (memory > MAX_MEMORY && !sanitized) {
      say(index, `${how}: ${memory >> 20} MiB of memory`);
      // Memory of this object must not count for the next one.
      process.exit(3);
    }
    // The first object opens descriptors that stay open.
    before ??= descriptors();
    if (descriptors() !== before) {
      say(index, `${how}: ${descriptors() - before} descriptors are left`);
      before = descriptors();
    }
  }
  say("end");
  process.disconnect?.();
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: "string", default: "1" },
      from: { type: "string", default: "0" },
      count: { type: "string", default: "200000" },
      jobs: { type: "string", default: "1" },
      load: { type: "boolean", default: false },
      debug: { type: "boolean", default: false },
      write: { type: "string" },
      // For this script's own use.
      child: { type: "string" },
    },
  });
  if (values.child !== undefined) return child(JSON.parse(values.child) as Order);
  const [seed, from, count, jobs] = [values.seed, values.from, values.count, values.jobs].map(Number) as [
    number,
    number,
    number,
    number,
  ];
  if (values.write !== undefined) {
    const { bytes, how } = mutant(fuzzSources(), seed, from);
    writeFileSync(values.write, bytes);
    process.stdout.write(`${how}\n`);
    return;
  }
  const start = Date.now();
  const env = values.debug ? debugEnvironment(buildDebug()) : {};
  const progress = (done: number) => process.stderr.write(`fuzz: ${done} of ${count}\n`);
  const found = await fuzz({ seed, from, count, jobs, load: values.load, env, progress });
  for (const finding of found) process.stdout.write(`${finding}\n`);
  const seconds = Math.round((Date.now() - start) / 1000);
  process.stdout.write(
    `${count} objects of seed ${seed}${values.load ? ", loaded too" : ""}: ${found.length} findings, ${seconds} s\n`,
  );
  if (found.length > 0) process.exitCode = 1;
}

if (require.main === module)
  main().catch((error: Error) => {
    process.stderr.write(`fuzz: ${error.message}\n`);
    process.exitCode = 2;
  });
