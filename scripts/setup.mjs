// Makes everything that the demo and the tests need: system packages, npm packages, libraries, the addon, compiled
// TypeScript and BPF programs. Each step is skipped where its result is there already. Plain JavaScript: it runs first.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Debian packages: to build, to boot virtual machines, and to check the result. */
const PACKAGES = [
  ...[
    "clang",
    "clang-19",
    "lld-19",
    "llvm-19",
    "clang-format",
    "m4",
    "bzip2",
    "xz-utils",
    "dpkg-dev",
    "pkg-config",
    "libbpf-dev",
    "libuv1-dev",
    "linux-libc-dev",
  ],
  ...["qemu-system-x86", "qemu-system-arm", "busybox-static", "btrfs-progs", "util-linux"],
  ...["binutils", "strace", "chromium", "chromium-headless-shell"],
];

/** For `npm run bench`, which does without: a peer to compare with. */
const GO_PACKAGES = ["golang-go", "golang-github-cilium-ebpf-dev"];

function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: ["ignore", 2, 2], ...options });
  if (result.status === 0) return;
  throw new Error(`${command} ${args.join(" ")} failed${result.error ? `: ${result.error.message}` : ""}`);
}

function step(what) {
  process.stderr.write(`setup: ${what}\n`);
}

function systemPackages(packages) {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholders
  const query = spawnSync("dpkg-query", ["-W", "-f", "${Package} ${db:Status-Status}\n", ...packages], {
    encoding: "utf8",
  });
  if (query.error)
    throw new Error(`this is no Debian system (${query.error.message}); install the like of: ${packages.join(" ")}`);
  const installed = new Set(
    query.stdout
      .split("\n")
      .filter((line) => line.endsWith(" installed"))
      .map((line) => line.split(" ")[0]),
  );
  const missing = packages.filter((name) => !installed.has(name));
  if (missing.length === 0) return;
  const install = ["install", "-y", "-q", "--no-install-recommends", ...missing];
  if (process.getuid() !== 0) throw new Error(`run as root: apt-get ${install.join(" ")}`);
  step(`installing ${missing.join(" ")}`);
  const quiet = { stdio: "pipe", env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } };
  // A new machine has no package lists, an old one has stale ones.
  if (spawnSync("apt-get", install, quiet).status === 0) return;
  run("apt-get", ["update", "-q"], quiet);
  const result = spawnSync("apt-get", install, { ...quiet, encoding: "utf8" });
  if (result.status !== 0) throw new Error(`apt-get ${install.join(" ")} failed:\n${result.stderr}`);
}

function goPackages() {
  try {
    systemPackages(GO_PACKAGES);
  } catch (error) {
    step(`without Go: ${error.message}`);
  }
}

function npmPackages() {
  const done = join(root, "node_modules/.package-lock.json");
  if (existsSync(done) && statSync(done).mtimeMs >= statSync(join(root, "package-lock.json")).mtimeMs) return;
  step("installing npm packages");
  // Not "ci": it insists on entries for other platforms' optional packages, which not every registry serves.
  run("npm", ["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"]);
}

function addon() {
  if (!existsSync(join(root, "build/build.ninja")) && !existsSync(join(root, "build/Makefile"))) {
    step("building the addon");
    run("npx", ["--no-install", "cmake-js", "build", "--log-level", "error"]);
  } else run("cmake", ["--build", "build"], { stdio: ["ignore", "ignore", 2] });
}

try {
  systemPackages(PACKAGES);
  if (process.argv.includes("--bench")) goPackages();
  npmPackages();
  run(process.execPath, ["scripts/snippets.mjs"]);
  run(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "."]);
  run(process.execPath, ["scripts/lazy-entry.mjs"]);
  run(process.execPath, ["scripts/public.mjs"]);
  run(process.execPath, ["dist/scripts/deps.js"]);
  addon();
  run(process.execPath, ["dist/scripts/bpf.js"]);
} catch (error) {
  process.stderr.write(`setup: ${error.message}\n`);
  process.exitCode = 1;
}
