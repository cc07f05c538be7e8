/**
 * Follows README's blocks in an empty folder, one after the other, to the first event.
 *   node dist/scripts/newcomer.js
 */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { type Fence, fencesOf, fileOf } from "./fences";
import { pack } from "./pack";

/** README's promise; a machine under emulation boots in half a minute. */
const LIMIT_MS = 5 * 60_000;
/** The first event, with any pid. */
const EVENT = /^\d+ \[ '\/bin\/sh', '-c', 'echo hello' \]$/m;

const elsewise = ({ words }: Fence) => words.includes("else");

/** README's blocks up to its first event. */
function path(): Fence[] {
  const fences = fencesOf("README.md").filter((fence) => fence.language === "sh" || fileOf(fence) !== undefined);
  const last = fences.findIndex(elsewise);
  if (last < 0) throw new Error("README.md has no block for hosts whose kernel can't run the program");
  return fences.slice(0, last + 1);
}

/** Follows README.md, and returns the output of its last command. */
function follow(folder: string): string {
  const bin = join(folder, ".bin");
  mkdirSync(bin);
  // root may have no sudo.
  writeFileSync(join(bin, "sudo"), '#!/bin/sh\nexec "$@"\n');
  chmodSync(join(bin, "sudo"), 0o755);
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
  const { tarball } = pack(bin);

  const project = join(folder, "project");
  mkdirSync(project);
  let output = "";
  let failure: string | undefined;
  for (const fence of path()) {
    const file = fileOf(fence);
    if (file !== undefined) writeFileSync(join(project, file), fence.code);
    else if (elsewise(fence) === (failure !== undefined)) {
      // The only change: the package is not in the registry yet.
      const code = fence.code.replace("npm install node-libbpf", `npm install ${tarball}`);
      process.stderr.write(`newcomer: ${code.trim().replaceAll("\n", "; ")}\n`);
      const { status, stdout, stderr } = spawnSync("sh", ["-ec", code], { cwd: project, env, encoding: "utf8" });
      output = stdout;
      failure = status === 0 ? undefined : `${code}ended with ${status}:\n${stdout}${stderr}`;
    } else if (failure !== undefined) break;
  }
  if (failure !== undefined) throw new Error(failure);
  return output;
}

/** Returns the milliseconds from the empty folder to the first event. @throws if there is none, or it comes too late */
export function newcomer(): number {
  const folder = mkdtempSync(join(tmpdir(), "node-libbpf-newcomer-"));
  try {
    const start = Date.now();
    const output = follow(folder);
    const milliseconds = Date.now() - start;
    if (!EVENT.test(output)) throw new Error(`following README.md produced no event:\n${output}`);
    if (milliseconds > LIMIT_MS) throw new Error(`README.md takes ${milliseconds / 1000} s`);
    return milliseconds;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (require.main === module) {
  try {
    process.stdout.write(`from an empty folder to the first event: ${(newcomer() / 1000).toFixed(1)} s\n`);
  } catch (error) {
    process.stderr.write(`newcomer: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
