/**
 * Builds the kernels that sleepable fentry, fexit and fmod_ret programs need (CONFIG_FUNCTION_ERROR_INJECTION, which
 * Debian's own kernels lack) from Debian's kernel source: npm run vm:kernel -- 5.10
 */
import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { cacheDirectory } from "../lib/testing/cache";
import { kernelDirectory } from "../lib/testing/kernels";
import { KernelSource } from "./kernel-source";
import { PROJECT_ROOT } from "./places";

/** Those with a scripts/kernel-config/SERIES-errinj.config. */
const BUILT = ["5.10", "6.12"];

const USAGE = `usage: npm run vm:kernel -- ${BUILT.join("|")} [--configure-only]`;

/** The programs that the build calls, and their packages. */
const TOOLS = {
  make: "make",
  gcc: "gcc",
  flex: "flex",
  bison: "bison",
  bc: "bc",
  pahole: "pahole",
  xz: "xz-utils",
  perl: "perl",
};
const HEADERS = { "gelf.h": "libelf-dev", "openssl/opensslv.h": "libssl-dev" };

/** The options that the kernel must have; an option whose dependencies are missing is dropped without a message. */
const NEEDED = [
  "FUNCTION_ERROR_INJECTION",
  "BPF_LSM",
  "BPF_JIT",
  "DEBUG_INFO_BTF",
  "BTRFS_FS",
  "SERIAL_8250_CONSOLE",
  "BLK_DEV_INITRD",
];

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { "configure-only": { type: "boolean" } },
  });
  const [series = ""] = positionals;
  if (!BUILT.includes(series) || positionals.length !== 1) throw new Error(USAGE);
  requireTools();
  const source = fetchSource(series);
  configure(source, series);
  if (values["configure-only"]) return;
  await compile(source);
  const release = readFileSync(join(source, "include/config/kernel.release"), "utf8").trim();
  mkdirSync(kernelDirectory(), { recursive: true });
  const image = join(kernelDirectory(), `vmlinuz-${release}-errinj`);
  copyFileSync(join(source, "arch/x86/boot/bzImage"), `${image}.part`);
  renameSync(`${image}.part`, image);
  say(`built ${image}; the build tree ${source} can be removed`);
}

function requireTools(): void {
  const tools = Object.entries(TOOLS).filter(([tool]) => spawnSync("which", [tool]).status !== 0);
  const headers = Object.entries(HEADERS).filter(([header]) => {
    return spawnSync("gcc", ["-E", "-include", header, "-x", "c", "/dev/null"], { stdio: "ignore" }).status !== 0;
  });
  const packages = [...tools, ...headers].map(([, name]) => name);
  if (packages.length > 0)
    throw new Error(`building a kernel needs more packages: apt-get install ${packages.join(" ")}`);
}

/** Debian's source of a series, unpacked. Kept, so that an interrupted build continues. */
function fetchSource(series: string): string {
  const parent = join(cacheDirectory(), "kernel-source");
  const tree = join(parent, `linux-source-${series}`);
  if (existsSync(tree)) return tree;
  mkdirSync(parent, { recursive: true });
  new KernelSource(series, say).unpack(tree);
  return tree;
}

function configure(source: string, series: string): void {
  say("configuring");
  copyFileSync(join(PROJECT_ROOT, `scripts/kernel-config/${series}-errinj.config`), join(source, ".config"));
  run("make", ["olddefconfig"], source);
  const config = readFileSync(join(source, ".config"), "utf8").split("\n");
  const lost = NEEDED.filter((option) => !config.includes(`CONFIG_${option}=y`));
  if (lost.length > 0) throw new Error(`the configuration dropped ${lost.join(", ")}: see ${source}/.config`);
}

async function compile(source: string): Promise<void> {
  say(`compiling with ${cpus().length} jobs: about half an hour on two cores`);
  const log: string[] = [];
  let objects = 0;
  // Stop the compilers together with this process.
  const make = ["--pdeathsig", "TERM", "make", `-j${cpus().length}`, "bzImage"];
  const child = spawn("setpriv", make, { cwd: source, stdio: ["ignore", "pipe", "pipe"] });
  const read = (text: string) => {
    objects += text.match(/^ +(CC|AS) /gm)?.length ?? 0;
    log.push(text);
    // Enough lines to contain the error that stopped the build.
    if (log.length > 200) log.shift();
  };
  child.stdout.setEncoding("utf8").on("data", read);
  child.stderr.setEncoding("utf8").on("data", read);
  const progress = setInterval(() => say(`${objects} objects`), 5000);
  try {
    const status = await new Promise<number | null>((resolve, reject) =>
      child.on("close", resolve).on("error", reject),
    );
    if (status !== 0) throw new Error(`make bzImage failed:\n${log.join("").split("\n").slice(-40).join("\n")}`);
  } finally {
    clearInterval(progress);
  }
}

function run(command: string, args: readonly string[], cwd: string): void {
  const { status, error, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8", maxBuffer: 1 << 28 });
  if (status !== 0)
    throw new Error(`${command} ${args.join(" ")} failed: ${error?.message ?? (stdout + stderr).slice(-4000)}`);
}

function say(text: string): void {
  process.stderr.write(`vm:kernel: ${text}\n`);
}

main().catch((error: Error) => {
  say(error.message);
  process.exitCode = error.message === USAGE ? 2 : 1;
});
