/**
 * npm run release:check: what has to be so before a version is published. Says each point, and ends with 1 if one is not.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { VmError } from "../lib/testing";
import { resolveKernel } from "../lib/testing/kernels";
import { builtFrom } from "./deps";
import { KERNELS } from "./kernels";
import { PROJECT_ROOT } from "./places";
import { changelogEntry, kernelProblems, manifestProblems, sourceProblems } from "./release-facts";
import { PINNED } from "./sources";
import { ARCHITECTURES } from "./toolchain";

const at = (path: string) => join(PROJECT_ROOT, path);
const read = (path: string) => readFileSync(at(path), "utf8");
const { version } = JSON.parse(read("package.json")) as { version: string };

/** Where the loader looks for each platform's addon. */
const PREBUILDS = ["x64", "arm64"].map((arch) => `prebuilds/linux-${arch}/node-libbpf.glibc.node`);

/** A point of the list; what it throws is what is missing. */
const POINTS: readonly (readonly [what: string, check: () => void])[] = [
  ["the tree is clean", clean],
  ["the version is new", versionIsNew],
  ["package.json says where the project is", manifest],
  ["CHANGELOG.md tells of it, and no change waits", changelog],
  ["formatting, lint, types, generated files, API reports", () => run("npm", "run", "--silent", "check")],
  ["there is an addon for each platform", prebuilds],
  ["the addons need and export what they should", () => tests("gates")],
  ["the package holds what it should, its entries and types resolve", () => tests("package")],
  ["the addons are built from the pinned sources, and the notices name these", sources],
  ["each kernel of the matrix can be had", kernels],
  ["the documentation builds, its links and commands hold", () => tests("docs")],
];

function fail(problem: string): never {
  throw new Error(problem);
}

/** A command's output, which is empty or told where it fails. */
function run(command: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: PROJECT_ROOT,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (status === 0) return stdout;
  return fail(
    `${command} ${args.join(" ")}: ${error?.message ?? `${stdout}${stderr}`.trim().split("\n").slice(-20).join("\n")}`,
  );
}

const tests = (part: string) => run(process.execPath, "dist/scripts/test.js", "--only", part);

function clean(): void {
  const changes = run("git", "status", "--porcelain");
  if (changes !== "") fail(changes.trimEnd());
}

function versionIsNew(): void {
  const tag = `v${version}`;
  const lock = JSON.parse(read("package-lock.json")) as { version: string };
  if (lock.version !== version) fail(`package-lock.json says ${lock.version}, package.json ${version}`);
  if (run("git", "tag", "--list", tag) === "") return;
  // The tag starts the release, so it may be there already: here.
  const [tagged, here] = [`${tag}^{commit}`, "HEAD"].map((name) => run("git", "rev-parse", name));
  if (tagged !== here) fail(`${tag} is another commit`);
}

function manifest(): void {
  const problems = manifestProblems(JSON.parse(read("package.json")) as Record<string, unknown>);
  if (problems.length > 0) fail(problems.join("\n"));
}

function changelog(): void {
  const waiting = readdirSync(at(".changeset")).filter((name) => name.endsWith(".md"));
  if (waiting.length > 0) fail(`npx changeset version takes these in: ${waiting.join(", ")}`);
  if (changelogEntry(read("CHANGELOG.md"), version) === "") fail(`it has nothing under "## ${version}"`);
}

function prebuilds(): void {
  const missing = PREBUILDS.filter((path) => !existsSync(at(path)));
  if (missing.length > 0) fail(`npm run prebuild makes ${missing.join(", ")}`);
}

function sources(): void {
  const problems = ARCHITECTURES.flatMap((architecture) =>
    sourceProblems(PINNED, builtFrom(`linux-${architecture}`)?.sources, read("THIRD_PARTY_NOTICES.md")),
  );
  if (problems.length > 0) fail(problems.join("\n"));
}

function kernels(): void {
  const problems = kernelProblems(KERNELS, (kernel) => {
    try {
      resolveKernel(kernel, "x64");
      return undefined;
    } catch (error) {
      if (error instanceof VmError) return error.message;
      throw error;
    }
  });
  if (problems.length > 0) fail(problems.join("\n"));
}

let missing = 0;
for (const [what, check] of POINTS) {
  try {
    check();
    process.stdout.write(`ok       ${what}\n`);
  } catch (error) {
    missing++;
    process.stdout.write(`MISSING  ${what}\n${(error as Error).message.replace(/^/gm, "         ")}\n`);
  }
}
process.stdout.write(missing === 0 ? `${version} can be released\n` : `${missing} of ${POINTS.length} are missing\n`);
process.exitCode = missing === 0 ? 0 : 1;
