/**
 * The addon for debugging: with symbols, assertions, AddressSanitizer and UndefinedBehaviorSanitizer, in build/debug.
 * AddressSanitizer also checks the libraries in it.
 *   npm run build:debug
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { buildDeps } from "./deps";
import { PROJECT_ROOT } from "./places";
import { Progress } from "./progress";

/** Returns the addon's path. The build system decides what to rebuild. */
export function buildDebug(): string {
  const progress = new Progress("debug");
  buildDeps("debug", progress);
  progress.step("building the addon with sanitizers");
  const folder = join(PROJECT_ROOT, "build/debug");
  const options = { NODE_LIBBPF_SANITIZE: "ON", NODE_LIBBPF_DEPS: join(PROJECT_ROOT, ".deps/debug") };
  const args = [
    ...[join(PROJECT_ROOT, "node_modules/cmake-js/bin/cmake-js"), "build", "--config", "Debug", "--out", folder],
    ...["--log-level", "error", ...Object.entries(options).map(([name, value]) => `--CD${name}=${value}`)],
  ];
  const { status } = spawnSync(process.execPath, args, { cwd: PROJECT_ROOT, stdio: ["ignore", 2, 2] });
  progress.end();
  if (status !== 0) throw new Error("building the addon with sanitizers failed");
  return join(folder, "Debug/node_libbpf.node");
}

/**
 * The environment that Node.js needs to load it: AddressSanitizer's runtime must be the first library of a process.
 *
 * @param leaks the start of the names of LeakSanitizer's reports, one for each process
 */
export function debugEnvironment(addon: string, leaks?: string): Readonly<Record<string, string>> {
  const { stdout } = spawnSync("g++", ["-print-file-name=libasan.so"], { encoding: "utf8" });
  return {
    NODE_LIBBPF_PREBUILD: addon,
    // Skips tests that measure or limit memory.
    NODE_LIBBPF_SANITIZED: "1",
    LD_PRELOAD: stdout.trim(),
    // Node.js itself frees little when it ends: its leaks are no failure.
    ASAN_OPTIONS: leaks === undefined ? "detect_leaks=0" : `detect_leaks=1:exitcode=0:log_path=${leaks}`,
    UBSAN_OPTIONS: "print_stacktrace=1",
  };
}

/** The leaks in LeakSanitizer's reports of memory that the addon, or libbpf in it, has asked for. */
export function leaksOfAddon(folder: string): string[] {
  const reports = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
  const leaks = reports.flatMap((text) => text.split("\n\n")).filter((block) => /leak of \d+ byte/.test(block));
  // The frames that follow the allocator's: Node.js is in every stack.
  const ours = leaks.filter((block) => /#[1-4] .*node_libbpf/.test(block));
  // What a worker that was terminated, or the process that ended, still waited for is never settled.
  return ours.filter((block) => !/#1 .*napi_create_promise/.test(block));
}

if (require.main === module) process.stdout.write(`${buildDebug()}\n`);
