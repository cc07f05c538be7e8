/**
 * Runs peers on the same work, in turns, each in a fresh process. A machine that is slow for a while is slow for all of
 * them, so only figures of one round are compared.
 */
import { spawnSync } from "node:child_process";
import { quantile, type Row } from "./statistics";

export interface Peer {
  name: string;
  /**
   * Prints figures by case, as JSON: in nanoseconds, or in the unit of "case [unit]"; "case (variant)" is one of
   * several implementations of a case. Peers with the same name share a name in the tables: each of their commands is a
   * process.
   */
  command: readonly string[];
  env?: Readonly<Record<string, string>>;
}

export type Progress = (done: number, of: number) => void;

/** Output that is not compared: it only prevents compilers from dropping work. */
const NOT_A_CASE = "sum";

/** @param peers the others are compared with the first */
export function compare(peers: readonly Peer[], rounds: number, onProgress: Progress): Row[] {
  const rows = new Map<string, Row>();
  for (let round = 0; round < rounds; round++) {
    for (const [index, peer] of peers.entries()) {
      onProgress(round * peers.length + index, rounds * peers.length);
      for (const [key, figure] of Object.entries(run(peer))) {
        if (key === NOT_A_CASE) continue;
        const id = `${peer.name}\n${key}`;
        const row = rows.get(id) ?? { peer: peer.name, ...parse(key), rounds: Array(rounds).fill(null) };
        row.rounds[round] = figure;
        rows.set(id, row);
      }
    }
  }
  onProgress(1, 1);
  return [...rows.values()];
}

/** "case [unit] (variant)" */
function parse(key: string): Pick<Row, "case" | "unit" | "variant"> {
  const [, work = key, unit = "ns", variant = ""] = /^(.*?)(?: \[(.*?)\])?(?: \((.*)\))?$/.exec(key) ?? [];
  return { case: work, unit, variant };
}

/** The figures of a peer's process. */
export function run({ name, command: [program = "", ...args], env }: Peer): Record<string, number> {
  const options = { encoding: "utf8", env: { ...process.env, ...env } } as const;
  const { status, stdout, stderr, error } = spawnSync(program, args, options);
  if (error !== undefined || status !== 0) {
    throw new Error(`${name} failed: ${error?.message ?? stderr}\n${[program, ...args].join(" ")}`);
  }
  return JSON.parse(stdout) as Record<string, number>;
}

/** The median of several runs of `work` after two warm-up runs, in nanoseconds per element of `count`. */
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
