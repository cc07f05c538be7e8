/**
 * npm run watch: compiles what changes, and runs the unit tests that import it. Tests that start the command line do
 * not import it: npm run test:quick runs them.
 */
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { PROJECT_ROOT } from "./places";

function run(...args: string[]): void {
  spawnSync(process.execPath, args, { cwd: PROJECT_ROOT, stdio: "inherit" });
}

/** Jest's own --watch asks git for changes, which ignores dist/. */
async function watch(): Promise<void> {
  const tsc = ["node_modules/typescript/bin/tsc", "-p", ".", "--watch", "--preserveWatchOutput", "--listEmittedFiles"];
  const compiler = spawn(process.execPath, tsc, { cwd: PROJECT_ROOT, stdio: ["ignore", "pipe", "inherit"] });
  let emitted: string[] = [];
  for await (const line of createInterface(compiler.stdout)) {
    const file = /^TSFILE: (.*)$/.exec(line)?.[1];
    if (file === undefined) process.stdout.write(`${line}\n`);
    else if (file.endsWith(".js")) emitted.push(file);
    // The compiler's last line after a compilation.
    const errors = /Found (\d+) errors?\. Watching/.exec(line)?.[1];
    if (errors === undefined || emitted.length === 0) continue;
    run("scripts/bundle.mjs");
    run("scripts/public.mjs");
    if (errors !== "0") continue;
    // All of dist/, because tests import lib/ and scripts/ through other modules.
    const within = ["--roots", join(PROJECT_ROOT, "dist"), "--testMatch", "**/unit/**/*.test.js"];
    const related = ["--findRelatedTests", ...emitted, "--passWithNoTests"];
    run("--expose-gc", "node_modules/jest/bin/jest.js", ...within, ...related);
    emitted = [];
  }
}

void watch();
