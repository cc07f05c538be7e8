/** A benchmark of peers on the same work. */
import type { Benchmark } from "./benchmark";
import { chart } from "./chart";
import { compare, type Peer } from "./rounds";
import type { Row } from "./statistics";
import { table, text } from "./tables";

const ROUNDS = 5;

/** @param peers builds the peers' programs; the others are compared with the first */
export function sideBySide(title: string, about: string, peers: () => Peer[]): Benchmark<Row[]> {
  return {
    title,
    about,
    run: (quick, onProgress) => compare(peers(), quick ? 1 : ROUNDS, onProgress),
    text,
    tables: table,
    chart: (rows) => chart(title, rows),
  };
}
