/**
 * Runs peers on the same work, in turns, each in a fresh process: a machine that is slow for a while is slow for all of
 * them, so only ratios within one round are compared.
 */
import { spawnSync } from "node:child_process";

export interface Peer {
  name: string;
  /** Prints nanoseconds by case, as JSON; "case (variant)" for one of several ways to do a case's work. */
  command: readonly string[];
}

export interface Row {
  peer: string;
  case: string;
  variant: string;
  /** Median, over the rounds. */
  nanoseconds: number;
  /** Speed against the first peer in the same round: median and quartiles. */
  ratio: { median: number; low: number; high: number };
}

type Sample = Record<string, number>;

/** @param peers the first is what the others are compared with */
export function compare(peers: readonly Peer[], rounds: number, onProgress: (done: number, of: number) => void): Row[] {
  const samples = new Map<Peer, Sample[]>(peers.map((peer) => [peer, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [index, peer] of peers.entries()) {
      onProgress(round * peers.length + index, rounds * peers.length);
      samples.get(peer)?.push(run(peer));
    }
  }
  onProgress(1, 1);
  const [base] = [...samples.values()];
  return [...samples].flatMap(([{ name }, own]) =>
    Object.keys(own[0] ?? {}).map((key) => {
      const [, work = key, variant = ""] = /^(.*?)(?: \((.*)\))?$/.exec(key) ?? [];
      const ratios = own.map((sample, round) => (base?.[round]?.[work] ?? Number.NaN) / (sample[key] ?? Number.NaN));
      return {
        peer: name,
        case: work,
        variant,
        nanoseconds: quantile(own.map((sample) => sample[key] ?? Number.NaN), 0.5),
        ratio: { median: quantile(ratios, 0.5), low: quantile(ratios, 0.25), high: quantile(ratios, 0.75) },
      };
    }),
  );
}

function run({ name, command: [program = "", ...args] }: Peer): Sample {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: "utf8" });
  if (error !== undefined || status !== 0) throw new Error(`${name} failed: ${error?.message ?? stderr}`);
  return JSON.parse(stdout) as Sample;
}

/** The median of several runs of `work`, after two that warm up, in nanoseconds for each of `count` elements. */
export function measure(count: number, work: () => void): number {
  work();
  work();
  const times = Array.from({ length: 7 }, () => {
    const start = process.hrtime.bigint();
    work();
    return Number(process.hrtime.bigint() - start) / count;
  });
  return quantile(times, 0.5);
}

export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor((sorted.length - 1) * part)] ?? Number.NaN;
}
