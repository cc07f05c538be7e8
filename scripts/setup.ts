/**
 * npm run setup: installs system packages, and builds the libraries, the addon and the BPF programs, each only if it is
 * missing.
 *   npm run setup [-- --minimal | --demo | --shipped | --bench]
 *     --minimal  for compiling and the unit tests; needs no root if the packages are installed
 *     --demo     for npm run demo
 *     --shipped  for npm run prebuild only
 *     --bench    also Go, which the benchmarks can do without
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { buildDeps } from "./deps";
import { PROJECT_ROOT } from "./places";
import { Progress } from "./progress";
import { installPackages, PACKAGES } from "./system-packages";

const progress = new Progress("setup");

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      minimal: { type: "boolean" },
      demo: { type: "boolean" },
      shipped: { type: "boolean" },
      bench: { type: "boolean" },
    },
  });
  if (values.shipped) return installPackages(PACKAGES.shipped, progress);
  await installPackages(values.demo ? PACKAGES.build : values.minimal ? PACKAGES.unit : PACKAGES.all, progress);
  if (values.bench) await installPackages(PACKAGES.go, progress).catch((error: Error) => progress.note(error.message));
  buildDeps("host", progress);
  await addon();
  progress.step("compiling BPF programs");
  await run(process.execPath, ["dist/scripts/bpf.js", ...(values.demo ? ["examples/exec-watch"] : [])]);
  progress.end();
}

async function addon(): Promise<void> {
  const isConfigured = ["build.ninja", "Makefile"].some((file) => existsSync(join(PROJECT_ROOT, "build", file)));
  progress.step("building the addon");
  const [command, args]: [string, string[]] = isConfigured
    ? ["cmake", ["--build", "build"]]
    : [process.execPath, ["node_modules/cmake-js/bin/cmake-js", "build", "--log-level", "error"]];
  await run(command, args);
}

/** Runs a command. Shows its output if it fails, and "[3/16]" of a build system while it runs. */
async function run(command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { cwd: PROJECT_ROOT, stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    const step = /\[ *(\d+(?:\/\d+|%))\][^[]*$/.exec(chunk)?.[1];
    if (step !== undefined) progress.count(step);
  });
  const ended = new Promise<number | null>((resolve, reject) => child.on("close", resolve).on("error", reject));
  const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed:\n${stdout}${stderr}`);
  if (stderr !== "") progress.note(stderr.trimEnd());
}

main().catch((error: Error) => {
  progress.end();
  process.stderr.write(`setup: ${error.message}\n`);
  process.exitCode = 1;
});
