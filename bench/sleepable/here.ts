/**
 * Measures on this kernel what needs no trampoline: uprobes and iterators, plain and sleepable in turns, and which of
 * the two can read memory that is not present. Prints an OnThisKernel as JSON: node here.js ROUNDS
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import type { BpfObject, Program } from "node-libbpf";
import { quantile } from "../statistics";
import { type Counts, type MemoryState, type OnThisKernel, type Pair, STATES } from "./figures";
import { type Here, open } from "./here.bpf";
import { LOOP, runLoop, timeCalls } from "./run-loop";

const CALLS = 1000;
const PASSES = 5;
const PAGES = 1000;
/** Threads for iter/task to visit. */
const THREADS = 4000;

function load(sleepable: boolean): BpfObject<Here> {
  const spec = open();
  const { uprobe_copy, ...others } = spec.programs;
  uprobe_copy.autoload = sleepable;
  for (const program of Object.values(others)) {
    program.autoload = true;
    program.sleepable = sleepable;
  }
  return spec.loadSync();
}

/** Nanoseconds of the plain and the sleepable program; `swapped`: they have exchanged their functions or turns. */
type Round = (swapped: boolean) => [number, number] | Promise<[number, number]>;

const inOrder = <T>(swapped: boolean, [one, other]: readonly [T, T]): [T, T] => (swapped ? [other, one] : [one, other]);

type Probe = Program<"uprobe"> | Program<"uretprobe">;

/** A fresh process calls two identical functions in turns: each has one of the programs. */
function probes(name: string, plain: Probe, sleepable: Probe): Round {
  return (swapped) => {
    const names = [name, `${name}_too`] as const;
    const [forPlain, forSleepable] = inOrder(swapped, names);
    using _plain = plain.attach({ path: LOOP, function: forPlain });
    using _sleepable = sleepable.attach({ path: LOOP, function: forSleepable });
    const [one = Number.NaN, other = Number.NaN] = timeCalls(CALLS, ...names).map(({ median }) => median);
    return inOrder(swapped, [one, other]);
  };
}

/** Nanoseconds per element. */
function walks(name: "iter_ksym" | "iter_task", plain: BpfObject<Here>, sleepable: BpfObject<Here>): Round {
  const both = [plain, sleepable].map(({ programs, variables }) => ({
    link: programs[name].attach(),
    variables,
    times: [] as number[],
  }));
  return async (swapped) => {
    for (const walker of both) walker.times = [];
    for (let pass = 0; pass < PASSES; pass++) {
      for (const { link, variables, times } of swapped ? both.toReversed() : both) {
        const before = variables.elements;
        const start = process.hrtime.bigint();
        // The programs print nothing, so only the end of the stream is awaited.
        await finished(link.read().resume());
        times.push(Number(process.hrtime.bigint() - start) / Number(variables.elements - before));
      }
    }
    const [one = Number.NaN, other = Number.NaN] = both.map(({ times }) => quantile(times, 0.5));
    return [one, other];
  };
}

async function compare(name: string, rounds: number, run: Round): Promise<Pair> {
  const pair: Pair = { name, plain: [], sleepable: [] };
  for (let round = 0; round < rounds; round++) {
    const [plain, sleepable] = await run(round % 2 !== 0);
    pair.plain.push(plain);
    pair.sleepable.push(sleepable);
  }
  return pair;
}

/** A program reads the first bytes of each of many fresh pages. */
function read({ variables }: BpfObject<Here>, program: Program<"uprobe">, state: MemoryState, file: string): Counts {
  Object.assign(variables, { right: 0n, wrong: 0n, failed: 0n, page: 0n });
  using _ = program.attach({ path: LOOP, function: "touched" });
  runLoop(state, file, `${PAGES}`);
  return { right: Number(variables.right), wrong: Number(variables.wrong), failed: Number(variables.failed) };
}

async function main(rounds: number): Promise<OnThisKernel> {
  using plain = load(false);
  using sleepable = load(true);
  const [one, other] = [plain.programs, sleepable.programs];
  const directory = mkdtempSync(join(tmpdir(), "node-libbpf-bench-"));
  const threads = spawn(LOOP, ["threads", `${THREADS}`], { stdio: ["pipe", "pipe", "inherit"] });
  try {
    await once(threads.stdout, "data");
    const pairs = [
      await compare("uprobe at a 5-byte nop", rounds, probes("nop5", one.uprobe, other.uprobe)),
      await compare("uprobe at a push", rounds, probes("push", one.uprobe, other.uprobe)),
      await compare("uretprobe at a push", rounds, probes("push", one.uretprobe, other.uretprobe)),
      await compare(
        "uprobe, 64 B: probe_read_user, copy_from_user",
        rounds,
        probes("touched", one.uprobe_read, other.uprobe_copy),
      ),
      await compare("iter/ksym, an element", rounds, walks("iter_ksym", plain, sleepable)),
      await compare("iter/task, an element", rounds, walks("iter_task", plain, sleepable)),
    ];
    const file = join(directory, "pages");
    const memory = STATES.map((state) => ({
      state,
      plain: read(plain, one.uprobe_read, state, file),
      sleepable: read(sleepable, other.uprobe_copy, state, file),
    }));
    return { pairs, memory };
  } finally {
    threads.stdin.end();
    rmSync(directory, { recursive: true });
  }
}

main(Number(process.argv[2])).then(
  (result) => process.stdout.write(JSON.stringify(result)),
  (error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  },
);
