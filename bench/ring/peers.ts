import type { Benchmark } from "../benchmark";
import { compare, type Peer } from "../rounds";

function ringPeers(): Peer[] {
  return [];
}
export const ring: Benchmark = { title: "Ring buffers", about: "", run: (...turns) => compare(ringPeers(), ...turns) };
