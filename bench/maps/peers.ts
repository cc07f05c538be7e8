/** The peers of bench/maps: C with the libbpf that this library links, cilium/ebpf, npm's bpf, and this library. */
import { join } from "node:path";
import { compileC, compileGo, installNpmBpf } from "../compilers";
import type { Peer } from "../rounds";
import { sideBySide } from "../side-by-side";

function mapPeers(fetch: boolean): Peer[] {
  const goes = compileGo("bench/maps/maps.go", fetch);
  const npm = installNpmBpf();
  return [
    { name: "C libbpf", command: [compileC("bench/maps/maps.c")] },
    ...goes.map(({ name, binary }) => ({ name, command: [binary] })),
    ...(npm === undefined
      ? []
      : [{ name: "npm bpf", command: [process.execPath, join(__dirname, "npm-bpf.js"), npm] }]),
    { name: "node-libbpf", command: [process.execPath, join(__dirname, "ours.js")] },
  ];
}

export const maps = sideBySide(
  "Maps",
  `Nanoseconds per element, with one key per call and 10,000 elements in a hash that is never full; "next key" and "batch" use 100,000.
"Next key" iterates over all keys; this library's \`for…of\` reads the values too.`,
  mapPeers,
);
