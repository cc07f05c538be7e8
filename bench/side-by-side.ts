/** A benchmark of peers on the same work. */
import { join } from "node:path";
import { BASE_VARIABLE } from "./base";
import type { Benchmark } from "./benchmark";
import { chart } from "./chart";
import { compare, type Peer } from "./rounds";
import type { Row } from "./statistics";
import { changes, table, text } from "./tables";

const ROUNDS = 5;
/** The peer whose library can be another checkout's. */
const OURS = "node-libbpf";

/** @param peers builds the peers' programs, and fetches what they need; the others are compared with the first */
export function sideBySide(
  title: string,
  about: string,
  peers: (fetch: boolean) => Peer[] | Promise<Peer[]>,
): Benchmark<Row[]> {
  return {
    title,
    about,
    run: async (quick, onProgress) => compare(await peers(!quick), quick ? 1 : ROUNDS, onProgress),
    async compare(base, quick, onProgress) {
      const ours = (await peers(false)).filter(({ name }) => name === OURS);
      const env = { [BASE_VARIABLE]: base, NODE_OPTIONS: `--require ${join(__dirname, "base.js")}` };
      // The two that are compared run one after the other.
      const both = ours.flatMap((peer) => [
        { ...peer, name: "base", env },
        { ...peer, name: "this" },
      ]);
      return changes(compare(both, quick ? 1 : ROUNDS, onProgress));
    },
    text,
    tables: table,
    chart: (rows) => chart(title, rows),
  };
}
