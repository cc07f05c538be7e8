/**
 * Writes profiles/: the answers of Debian's kernels to sleepable programs, measured in virtual machines, one file for
 * each build.
 *   npm run gen:profiles [-- KERNEL...]
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kernelOnly } from "../lib/kernel/capture";
import { isKnown } from "../lib/kernel/fact";
import type { KernelFacts } from "../lib/kernel/kernel-facts";
import { runInVm } from "../lib/testing";
import { SERIES } from "./kernels";
import { packageFiles } from "./package-files";
import { PROJECT_ROOT } from "./places";

const DIRECTORY = join(PROJECT_ROOT, "profiles");

const CAPTURE = `
const { captureProfile } = require("/package");
require("node:fs").writeFileSync("/tmp/profile.json", JSON.stringify(captureProfile({ probe: true })));
`;

async function capture(kernel: string): Promise<KernelFacts> {
  const into = mkdtempSync(join(tmpdir(), "profile-"));
  try {
    const { exitCode } = await runInVm({
      kernel,
      command: ["node", "-e", CAPTURE],
      cwd: "/package",
      put: packageFiles(),
      collect: [{ from: "/tmp/profile.json", into }],
      onStderr: (chunk) => process.stderr.write(chunk),
    });
    if (exitCode !== 0) throw new Error(`the capture on ${kernel} ended with ${exitCode}`);
    return JSON.parse(readFileSync(join(into, "profile.json"), "utf8")) as KernelFacts;
  } finally {
    rmSync(into, { recursive: true });
  }
}

async function main(): Promise<void> {
  const kernels = process.argv.length > 2 ? process.argv.slice(2) : SERIES;
  mkdirSync(DIRECTORY, { recursive: true });
  for (const kernel of kernels) {
    process.stderr.write(`profile: ${kernel}\n`);
    const facts = kernelOnly(await capture(kernel));
    if (!isKnown(facts.version) || !isKnown(facts.build)) throw new Error(`the profile of ${kernel} has no build`);
    const series = facts.version.value.split(".").slice(0, 2).join(".");
    for (const file of readdirSync(DIRECTORY)) {
      if (file.startsWith(`debian-${series}.`)) rmSync(join(DIRECTORY, file));
    }
    writeFileSync(join(DIRECTORY, `debian-${facts.version.value}.json`), `${lines(facts)}\n`);
  }
}

/** One fact per line, so that diffs are readable. */
function lines(facts: KernelFacts): string {
  return `{\n${Object.entries(facts)
    .map(([name, fact]) => `${JSON.stringify(name)}: ${JSON.stringify(fact)}`)
    .join(",\n")}\n}`;
}

main().catch((error: Error) => {
  process.stderr.write(`profile: ${error.message}\n`);
  process.exitCode = 1;
});
