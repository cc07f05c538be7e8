/**
 * npm run demo: runs exec-watch on this kernel if it can, else in a virtual machine, with a few execs to watch. Takes
 * exec-watch's options: npm run demo -- --json --count 3
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { watchExecs } from "../examples/exec-watch/watch";
import { runInVm } from "../lib/testing";
import { MATRIX } from "./kernels";
import { packageFiles } from "./package-files";
import { PROJECT_ROOT } from "./places";
import { Progress } from "./progress";
import { installPackages, PACKAGES } from "./system-packages";

const KERNEL = MATRIX.lts;
/** Marks the guest: run on this kernel in any case. */
const HERE = "--here";

const SAMPLES: readonly (readonly string[])[] = [
  ["uname", "-a"],
  ["sh", "-c", "echo 'arguments with spaces, \"quotes\" and $variables arrive as they are'"],
  ["ls", "-l", "/sys/kernel/security"],
  ["cat", "/proc/loadavg", "/proc/uptime"],
  ["env", "-i", "GREETING=hello", "printenv", "GREETING"],
];

async function main(): Promise<number> {
  const args = process.argv.slice(2);
  const here = args.includes(HERE);
  const options = args.filter((arg) => arg !== HERE);
  if (!options.some((option) => /^--(count|duration)\b/.test(option))) options.push("--count", "5");
  if (here) return watchHere(options);
  const reason = await reasonAgainst();
  if (reason === undefined) return watchHere(options);
  process.stderr.write(`demo: in a virtual machine with Debian's ${KERNEL} kernel, because ${reason}\n`);
  const progress = new Progress("demo");
  await installPackages(PACKAGES.machines, progress);
  const { exitCode } = await runInVm({
    kernel: KERNEL,
    command: ["node", "dist/scripts/demo.js", HERE, ...options],
    cwd: "/package",
    put: packageFiles(),
    onProgress: (step) => progress.step(step),
    onStdout: (chunk) => {
      progress.end();
      process.stdout.write(chunk);
    },
    onStderr: (chunk) => {
      progress.end();
      process.stderr.write(chunk);
    },
  });
  return exitCode;
}

/** Returns why exec-watch can't run on this kernel, found by trying; undefined if it can. */
async function reasonAgainst(): Promise<string | undefined> {
  try {
    await using _ = await watchExecs();
    return undefined;
  } catch (error) {
    return (error as Error).message.split(". ")[0];
  }
}

async function watchHere(options: readonly string[]): Promise<number> {
  const script = join(PROJECT_ROOT, "dist/examples/exec-watch/index.js");
  const watch = spawn(process.execPath, [script, ...options], { stdio: ["ignore", "inherit", "pipe"] });
  const ended = once(watch, "close").then(([status]) => (status as number | null) ?? 1);
  await ready(watch);
  for (let i = 0; watch.exitCode === null; i = (i + 1) % SAMPLES.length) {
    const [command = "", ...args] = SAMPLES[i] ?? [];
    spawnSync(command, args, { stdio: "ignore" });
    await sleep(200);
  }
  return ended;
}

/** Forwards the watch's stderr, and waits for its first output, which means that it is attached. */
async function ready(watch: ChildProcess): Promise<void> {
  watch.stderr?.pipe(process.stderr);
  await Promise.race([once(watch.stderr as NodeJS.EventEmitter, "data"), once(watch, "close")]);
}

main().then(
  (status) => {
    process.exitCode = status;
  },
  (error: Error) => {
    process.stderr.write(`demo: ${error.message}\n`);
    process.exitCode = 1;
  },
);
