// Copies what the compiler leaves where it is, and examples serve: the folders public/, to dist/. Plain JavaScript: it runs
// beside the compiler.
import { cpSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
for (const folder of readdirSync(join(root, "examples"), { recursive: true }).filter(
  (name) => basename(name) === "public",
)) {
  cpSync(join(root, "examples", folder), join(root, "dist/examples", folder), { recursive: true, force: true });
}
