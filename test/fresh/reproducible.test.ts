/**
 * What is shipped is the same, byte for byte, whoever builds it: here and on a fresh machine, in another folder. For this
 * architecture: the compiler, its options and the libraries' recipe are the same for the other one.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT_ROOT } from "../../scripts/places";
import { architectureOf } from "../../scripts/toolchain";
import { Archive } from "./archive";
import { FreshRoot, PROJECT } from "./fresh-root";

jest.setTimeout(20 * 60_000);

const ARCHITECTURE = architectureOf(process.arch);
const FILE = `prebuilds/linux-${ARCHITECTURE}/node-libbpf.glibc.node`;
const BUILD = `
npm install --no-save --ignore-scripts --no-audit --no-fund --loglevel=error
node scripts/snippets.mjs
node node_modules/typescript/bin/tsc -p .
node dist/scripts/setup.js --shipped
node dist/scripts/prebuild.js ${ARCHITECTURE}`;

function hashOf(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

test("the shipped addon", async () => {
  await using archive = await Archive.start();
  using root = await FreshRoot.make(archive);
  archive.set();
  await root.sh(BUILD);
  const [here, there] = [PROJECT_ROOT, join(root.upper, PROJECT)].map((folder) => hashOf(join(folder, FILE)));
  expect(there).toBe(here);
});
