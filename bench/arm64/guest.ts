/**
 * Runs in a virtual machine whose time counts instructions: C and this library on the work of bench/maps, and on full
 * rings. Prints the rows as JSON.
 *   guest.js [quick]
 */
import { join } from "node:path";
import { compare, type Peer } from "../rounds";

const place = (file: string) => join(__dirname, "..", file);

const node = (script: string, ...args: readonly string[]) => [process.execPath, place(script), ...args];

function drains(size: string): Peer[] {
  const theirs = (how: string) => [place("ring/ring"), place("ring"), "drain", size, how];
  return [
    { name: "C libbpf", command: theirs("in-place") },
    { name: "C libbpf", command: theirs("copied") },
    { name: "node-libbpf", command: node("ring/ours.js", "drain", size, "onEvent") },
  ];
}

const MAPS: readonly Peer[] = [
  { name: "C libbpf", command: [place("maps/maps")] },
  { name: "node-libbpf", command: node("maps/ours.js") },
];

const peers = process.argv[2] === "quick" ? drains("256") : [...MAPS, ...["16", "64", "256"].flatMap(drains)];
process.stdout.write(JSON.stringify(compare(peers, 1, () => {})));
