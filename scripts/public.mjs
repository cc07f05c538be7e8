// Copies the folders public/ of the examples, which the compiler does not, to dist/. Plain JavaScript, because it runs
// next to the compiler.
import { cpSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
for (const folder of readdirSync(join(root, "examples"), { recursive: true }).filter(
  (name) => basename(name) === "public",
)) {
  cpSync(join(root, "examples", folder), join(root, "dist/examples", folder), { recursive: true, force: true });
}
