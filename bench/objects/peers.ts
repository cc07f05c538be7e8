/** The peers of bench/objects: C with the libbpf that this library links, cilium/ebpf, and this library. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { PROJECT_ROOT } from "../../scripts/places";
import { buildSelftests } from "../../scripts/selftests-build";
import { compileC, compileGo } from "../compilers";
import type { Peer } from "../rounds";
import { sideBySide } from "../side-by-side";

const KERNEL = "7.3";
const OWN = join(PROJECT_ROOT, "dist/test/bpf");

/** The objects of this project's tests; for figures, those of the kernel's selftests, which take minutes to build. */
async function paths(fetch: boolean): Promise<readonly string[]> {
  if (!fetch) return readdirSync(OWN).flatMap((name) => (name.endsWith(".o") ? [join(OWN, name)] : []));
  const say = (text: string) => process.stderr.write(`objects: ${text}\n`);
  return (await buildSelftests(KERNEL, () => true, say)).objects;
}

async function objectsPeers(fetch: boolean): Promise<Peer[]> {
  const all = await paths(fetch);
  return [
    { name: "C libbpf", command: [compileC("bench/objects/objects.c"), ...all] },
    ...compileGo("bench/objects/objects.go", fetch).map(({ name, binary }) => ({ name, command: [binary, ...all] })),
    { name: "node-libbpf", command: [process.execPath, join(__dirname, "ours.js"), ...all] },
  ];
}

export const objects = sideBySide(
  "Opening objects of others",
  `Nanoseconds for each of the 1,000 objects that the kernel's selftests (Linux ${KERNEL}) consist of, opened one after the other in one process,
and the share that can be opened. **check** has a verdict on each program for the running kernel, whose facts have been read. Of this
library's open() V8's builtins take 28 %, compiled code 21 %, V8's runtime 16 %, reading the file 10 %, compiling 9 %, collecting garbage
8 %, libbpf's own open 7 %; no function takes more than 4 %.`,
  objectsPeers,
);
