/** Who does the work of bench/maps: C with the libbpf that this library links, cilium/ebpf, npm's bpf, and this library. */
import { join } from "node:path";
import { CILIUM, compileC, compileGo, installNpmBpf } from "../compilers";
import type { Peer } from "../rounds";
import { sideBySide } from "../side-by-side";

function mapPeers(): Peer[] {
  const go = compileGo("bench/maps/maps.go");
  const npm = installNpmBpf();
  return [
    { name: "C libbpf", command: [compileC("bench/maps/maps.c")] },
    ...(go === undefined ? [] : [{ name: CILIUM, command: [go] }]),
    ...(npm === undefined
      ? []
      : [{ name: "npm bpf", command: [process.execPath, join(__dirname, "npm-bpf.js"), npm] }]),
    { name: "node-libbpf", command: [process.execPath, join(__dirname, "ours.js")] },
  ];
}

export const maps = sideBySide(
  "Maps",
  `Nanoseconds per element. One key a call, 10,000 elements in a hash that is never full; "next key" and "batch" go over 100,000.
"Next key" is a walk over all keys; this library's \`for…of\` fetches the values too.`,
  mapPeers,
);
