/**
 * npm run release:check: the checklist before a version is published. Prints each point, and exits with 1 if one fails.
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

/** The path where the loader looks for each platform's addon. */
const PREBUILDS = ["x64", "arm64"].map((arch) => `prebuilds/linux-${arch}/node-libbpf.glibc.node`);

/** A point of the list. It throws an error that says what is missing. */
const POINTS: readonly (readonly [what: string, check: () => void])[] = [
  ["the tree is clean", clean],
  ["the version is new", versionIsNew],
  ["package.json has the project's URLs", manifest],
  ["CHANGELOG.md has its section, and no changeset is pending", changelog],
  ["formatting, lint, types, generated files, API reports", () => run("npm", "run", "--silent", "check")],
  ["there is an addon for each platform", prebuilds],
  ["the addons import and export the expected symbols", () => tests("gates")],
  ["the package has the expected files, and its entries and types resolve", () => tests("package")],
  ["the addons are built from the pinned sources, and the notices name their versions", sources],
  ["each kernel of the matrix is available", kernels],
  ["the documentation builds, and its links and commands work", () => tests("docs")],
];

function fail(problem: string): never {
  throw new Error(problem);
}

/** Returns a command's output. If the command fails, throws an error with the last lines of its output. */
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
  // The tag starts the release, so it may already exist: at this commit.
  const [tagged, here] = [`${tag}^{commit}`, "HEAD"].map((name) => run("git", "rev-parse", name));
  if (tagged !== here) fail(`${tag} exists and is another commit`);
}

function manifest(): void {
  const problems = manifestProblems(JSON.parse(read("package.json")) as Record<string, unknown>);
  if (problems.length > 0) fail(problems.join("\n"));
}

function changelog(): void {
  const waiting = readdirSync(at(".changeset")).filter((name) => name.endsWith(".md"));
  if (waiting.length > 0) fail(`pending changesets; run npx changeset version: ${waiting.join(", ")}`);
  if (changelogEntry(read("CHANGELOG.md"), version) === "") fail(`CHANGELOG.md has no section "## ${version}"`);
}

function prebuilds(): void {
  const missing = PREBUILDS.filter((path) => !existsSync(at(path)));
  if (missing.length > 0) fail(`missing; run npm run prebuild: ${missing.join(", ")}`);
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
