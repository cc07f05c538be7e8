// Prepares everything for the demo and the tests. Plain JavaScript, because it runs first: it installs npm's packages
// and compiles the scripts, and setup.ts does the rest. Each step is skipped if its result exists.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

function run(command, args) {
  const result = spawnSync(command, args, { cwd: root, stdio: ["ignore", 2, 2] });
  if (result.status === 0) return;
  throw new Error(`${command} ${args.join(" ")} failed${result.error ? `: ${result.error.message}` : ""}`);
}

function npmPackages() {
  // npm writes it last.
  const done = join(root, "node_modules/.package-lock.json");
  if (existsSync(done) && statSync(done).mtimeMs >= statSync(join(root, "package-lock.json")).mtimeMs) return;
  process.stderr.write("setup: installing npm packages\n");
  // Not "npm ci": it requires entries for other platforms' optional packages, which not every registry serves.
  run("npm", ["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
}

try {
  npmPackages();
  run(process.execPath, ["scripts/snippets.mjs"]);
  run(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "."]);
  run(process.execPath, ["scripts/bundle.mjs"]);
  run(process.execPath, ["scripts/public.mjs"]);
  process.exitCode = spawnSync(process.execPath, [join(root, "dist/scripts/setup.js"), ...process.argv.slice(2)], {
    stdio: ["ignore", 2, 2],
  }).status;
} catch (error) {
  process.stderr.write(`setup: ${error.message}\n`);
  process.exitCode = 1;
}
