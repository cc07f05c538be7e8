/** Runs the kernel tests inside virtual machines. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { packageFiles } from "../test/vm/cli";
import { jestClosure } from "../test/vm/jest-closure";
import { runInVm } from "../test/vm/vm";
import { cacheDirectory, PROJECT_ROOT } from "./places";
import { type JestResult, type Result, resultOf } from "./test-results";

const GUEST = "/package";

/** A small btrfs, packed: what a test mounts to see btrfs's functions run. */
function btrfsImage(): string {
  const packed = join(cacheDirectory(), "btrfs.img.gz");
  if (existsSync(packed)) return packed;
  mkdirSync(cacheDirectory(), { recursive: true });
  const script = 'set -e; truncate -s 128M "$1"; mkfs.btrfs -q "$1" >&2; gzip -f "$1"';
  const made = spawnSync("/bin/sh", ["-c", script, "sh", packed.replace(/\.gz$/, "")], { stdio: ["ignore", "ignore", "inherit"] });
  if (made.status !== 0) throw new Error("mkfs.btrfs failed; install it: apt-get install btrfs-progs");
  return packed;
}

/** Runs the tests whose file names match `pattern` on one kernel. */
export async function testInVm(kernel: string, pattern: string): Promise<Result> {
  const results = join(PROJECT_ROOT, "dist/results", kernel);
  rmSync(results, { recursive: true, force: true });
  const errorInjection = kernel.endsWith("-errinj");
  const output: Buffer[] = [];
  const jest = ["node", "--expose-gc", "node_modules/jest/bin/jest.js", "--runInBand", "--json", "--outputFile=/tmp/jest.json", pattern];
  const { totalMs, bootMs, accelerator, exitCode } = await runInVm({
    kernel,
    command: jest,
    cwd: GUEST,
    timeoutSeconds: 600,
    env: errorInjection ? { NODE_LIBBPF_BTRFS_IMAGE: "/btrfs.img.gz" } : {},
    put: [
      ...packageFiles(),
      ...jestClosure(PROJECT_ROOT, GUEST),
      { from: join(PROJECT_ROOT, "jest.config.js"), to: `${GUEST}/jest.config.js` },
      ...(errorInjection ? [{ from: btrfsImage(), to: "/btrfs.img.gz" }] : []),
    ],
    collect: [{ from: "/tmp/jest.json", into: results }],
    onStdout: () => {},
    onStderr: (chunk) => output.push(chunk),
  });
  const file = join(results, "jest.json");
  const text = Buffer.concat(output).toString();
  if (!existsSync(file)) throw new Error(`the tests on ${kernel} gave no result (exit ${exitCode}):\n${text}`);
  const name = `Linux ${kernel} (${accelerator})`;
  return resultOf(name, JSON.parse(readFileSync(file, "utf8")) as JestResult, totalMs, `boot ${(bootMs / 1000).toFixed(1)} s`);
}
