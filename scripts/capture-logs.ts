/**
 * npm run capture:logs: loads the programs in test/bpf/refusals*.bpf.c on every kernel of the tests, and stores the
 * kernel's answers as test/logs/<kernel>.json for test/unit/explain.test.ts.
 *   npm run capture:logs -- [--kernel 6.12]...
 * The files are the same for every boot of a kernel: addresses and times are left out.
 */
import { renameSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runInVm } from "../lib/testing";
import { KERNELS, UNSEEN } from "./kernels";
import { packageFiles } from "./package-files";
import { PROJECT_ROOT } from "./places";

const LOGS = join(PROJECT_ROOT, "test/logs");

async function capture(kernel: string): Promise<void> {
  const output: Buffer[] = [];
  const { exitCode, files } = await runInVm({
    kernel,
    command: ["node", "dist/test/bpf/refusals.js", "/tmp/logs.json"],
    cwd: "/package",
    cpus: 1,
    timeoutSeconds: 600,
    put: packageFiles(),
    collect: [{ from: "/tmp/logs.json", into: LOGS }],
    onStdout: (chunk) => output.push(chunk),
    onStderr: (chunk) => output.push(chunk),
  });
  const [file] = files;
  if (exitCode !== 0 || file === undefined) throw new Error(`${kernel}: exit ${exitCode}\n${Buffer.concat(output)}`);
  renameSync(file, join(LOGS, `${kernel}.json`));
  process.stderr.write(`capture: test/logs/${kernel}.json\n`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { kernel: { type: "string", multiple: true } } });
  for (const kernel of values.kernel ?? [...KERNELS, ...UNSEEN]) await capture(kernel);
}

main().catch((error: Error) => {
  process.stderr.write(`capture: ${error.message}\n`);
  process.exitCode = 1;
});
