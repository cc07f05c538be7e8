/**
 * npm test: unit tests, gates, kernel tests on this kernel and in virtual machines.
 *   npm test -- [--only PART]... [--kernel 6.12]...
 */
import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { agreementTable } from "./agreement-table";
import { DEBIANS, inDebian } from "./debians";
import { buildDebug, debugEnvironment, leaksOfAddon } from "./debug";
import { ARM64, KERNELS, MATRIX, OLD_ARM64, UNSEEN } from "./kernels";
import { kindsTable } from "./kinds-table";
import { nodes } from "./nodes";
import { PROJECT_ROOT } from "./places";
import { nameOfJob, SELFTESTS_KERNELS, selftestsTable, testSelftests } from "./selftests";
import { FEATURES } from "./support-features";
import { buildWithSystemLibbpf } from "./system-libbpf";
import { check, failed, type JestResult, type Result, resultOf, table, total } from "./test-results";
import { testService } from "./test-service";
import { nameOf, reportsOf, testInVm, type VmTests } from "./test-vm";

const PARTS = [
  "unit",
  "gates",
  "package",
  "browser",
  "docs",
  "newcomer",
  "fresh",
  "nodes",
  "debians",
  "host",
  "sanitized",
  "runtimes",
  "system",
  "machines",
  "vm",
  "arm64",
  "service",
  "vmlinux",
  "selftests",
  "bench",
] as const;
/** Run only on request: npm run test:debug. */
const OTHER_PARTS = ["debug"] as const;
type Part = (typeof PARTS | typeof OTHER_PARTS)[number];

/** The benchmarks that need no machine of their own, once each. */
const QUICK = ["maps", "ring", "load", "objects", "--quick"] as const;

const unitTests = (...names: readonly string[]) => `dist/test/unit/(${names.join("|")})\\.test`;
/**
 * Unit tests that load the addon; those of the second row also run this system's clang. Measured: they fail without an
 * addon.
 */
const WITH_ADDON = [
  ...["binary", "cli", "explain", "instructions", "native", "open", "precheck"],
  ...["btf", "build", "examples", "gen"],
];
/** Tests that together call everything in binding/, and take minutes with sanitizers; `--only debug` runs the rest too. */
const SANITIZED = `${unitTests("native", "open")}|dist/test/kernel/(${[
  ...["iter", "kinds-cgroup", "kinds-network", "kinds-tracing", "lifetime", "map-making", "map-types", "maps"],
  ...["opened-programs", "perf-buffer", "pins", "probes", "reuse", "ring-buffer", "struct-ops", "syscall", "test-run"],
  ...["token", "user-ring-buffer", "variables"],
].join("|")})\\.test`;
/**
 * Unit tests that depend on V8 or Node.js: generated code, detached buffers, turns of the event loop, module
 * resolution.
 */
const OF_RUNTIME = ["codec", "entry", "events", "sleepable-entry", "subscription", "trace", "variables", "view"];

/**
 * Kernel tests on kernels with error injection: those whose outcome depends on it, and those that docs/kernels.md reports. All
 * others run on the same kernels without it.
 */
const OF_ERROR_INJECTION = `^kernel/(${[
  ...["agreement", "cases", "errors", "flags", "precheck", "remedies", "whole"].map((name) => `${name}.test.js`),
  ...new Set(FEATURES.map(({ file }) => file.replace(/ts$/, "js"))),
].join("|")})`;

function options(): { parts: readonly string[]; kernels: readonly string[]; job: string | undefined } {
  const { values } = parseArgs({
    options: {
      only: { type: "string", multiple: true },
      kernel: { type: "string", multiple: true },
      // For this script's own use: see runApart().
      job: { type: "string" },
    },
  });
  for (const part of values.only ?? []) {
    const known: readonly string[] = [...PARTS, ...OTHER_PARTS];
    if (!known.includes(part)) throw new Error(`--only takes ${known.join(", ")}; got ${part}`);
  }
  return {
    parts: values.only ?? (values.kernel ? ["vm", "vmlinux"] : PARTS),
    kernels: values.kernel ?? KERNELS,
    job: values.job,
  };
}

interface JestRun {
  name: string;
  pattern: string;
  node?: string;
  env?: Readonly<Record<string, string>>;
  /** The start of the command, if it runs somewhere else. */
  within?: readonly string[];
  /** Its files may run in parallel: they share nothing, while kernel tests share pins and the kernel. */
  parallel?: true;
}

/**
 * Runs a command with the kernel's file systems mounted, in a mount namespace of its own: the host's mounts do not
 * change, and no test is skipped because of a missing mount.
 */
const WITH_MOUNTS = [
  "unshare",
  "--mount",
  "sh",
  "-c",
  `while read -r type path; do mountpoint -q "$path" || mount -t "$type" "$type" "$path" || true; done <<END
bpf /sys/fs/bpf
securityfs /sys/kernel/security
tracefs /sys/kernel/tracing
debugfs /sys/kernel/debug
END
exec "$@"`,
  "sh",
];

/**
 * Runs a command in the project. Does not use spawnSync(), because virtual machines are served at the same time.
 *
 * @returns its exit status, or the signal that ended it
 */
async function run(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ status: number | string; stderr: string }> {
  const child = spawn(program, args, {
    cwd: PROJECT_ROOT,
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const [stderr, [status, signal]] = await Promise.all([text(child.stderr), once(child, "close")]);
  return { status: status ?? signal, stderr };
}

async function jest({
  name,
  pattern,
  node = process.execPath,
  env = {},
  within = here(),
  parallel,
}: JestRun): Promise<Result> {
  const results = join(PROJECT_ROOT, "dist/results");
  const file = join(results, "jest.json");
  mkdirSync(results, { recursive: true });
  rmSync(file, { force: true });
  const start = Date.now();
  const [program = node, ...rest] = [
    ...within,
    node,
    "--expose-gc",
    "node_modules/jest/bin/jest.js",
    parallel ? "--maxWorkers=100%" : "--runInBand",
    // A test that failed may have left what keeps the process running for ever.
    "--forceExit",
    "--json",
    "--outputFile=dist/results/jest.json",
    pattern,
  ];
  const { status, stderr } = await run(program, rest, env);
  const milliseconds = Date.now() - start;
  if (!existsSync(file)) return check(name, milliseconds, `jest produced no result (${status}):\n${stderr}`);
  return resultOf(name, JSON.parse(readFileSync(file, "utf8")) as JestResult, milliseconds);
}

function here(): readonly string[] {
  return process.getuid?.() === 0 ? WITH_MOUNTS : [];
}

/** Some tests: those of one kernel, of one version of Node.js, of one subject. */
interface Job {
  name: string;
  run: () => Result | Promise<Result>;
}

/** A command of the project, as one test. */
async function command(name: string, script: string, ...args: readonly string[]): Promise<Result> {
  const start = Date.now();
  const { status, stderr } = await run(process.execPath, [join("dist/scripts", script), ...args]);
  return check(name, Date.now() - start, status === 0 ? undefined : stderr);
}

async function withSanitizers(name: string, pattern: string): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), "node-libbpf-"));
  try {
    const result = await jest({ name, pattern, env: debugEnvironment(buildDebug(), join(folder, "leaks")) });
    const leaks = leaksOfAddon(folder);
    return leaks.length === 0
      ? result
      : { ...result, failed: result.failed + 1, failures: [...result.failures, ...leaks] };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Jobs on this kernel, one after the other, because they share its programs, maps and pins. */
function jobsHere(wants: (...parts: readonly Part[]) => boolean): Job[] {
  const jobs: Job[] = [];
  const add = (name: string, run: (name: string) => Result | Promise<Result>) =>
    jobs.push({ name, run: () => run(name) });
  const tests = (name: string, options: Omit<JestRun, "name">) => add(name, () => jest({ name, ...options }));
  const unit = { pattern: "dist/test/unit", parallel: true } as const;

  if (wants("unit")) tests("unit tests", unit);
  if (wants("gates")) tests("gates", { pattern: "dist/test/gates" });
  if (wants("package")) tests("the package", { pattern: "dist/test/package", parallel: true });
  if (wants("browser")) tests("the page, in a browser", { pattern: "dist/test/browser" });
  if (wants("docs")) tests("the documentation", { pattern: "dist/test/docs", parallel: true });
  if (wants("newcomer")) add("a newcomer's path", (name) => command(name, "newcomer.js"));
  if (wants("fresh")) tests("a fresh machine, an archive that fails", { pattern: "dist/test/fresh" });
  if (wants("nodes")) {
    // Every Node.js version runs the tests of the published addon and of runtime features. The oldest, which may lack
    // something, and the newest, which may have dropped something, run the rest too; but not if that version has
    // already run all unit tests.
    const all = nodes();
    const ends = [all.at(0)?.version, all.at(-1)?.version];
    for (const { version, path } of all) {
      const pattern =
        ends.includes(version) && version !== process.versions.node
          ? unit.pattern
          : unitTests(...WITH_ADDON, ...OF_RUNTIME);
      tests(`unit tests on Node ${version}`, {
        ...{ ...unit, pattern, node: path },
        env: { NODE_LIBBPF_PREBUILD: PROJECT_ROOT },
      });
    }
  }
  if (wants("debians")) {
    for (const { name: debian, suite, majors } of DEBIANS) {
      for (const major of majors)
        add(`unit tests on ${debian}, Node ${major}`, (name) => {
          // The published addon with another C library; those roots have no clang.
          const pattern = unitTests(...WITH_ADDON.filter((test) => !["btf", "build", "examples"].includes(test)));
          return jest({ name, pattern, parallel: true, node: "/bin/node", within: inDebian(suite, major) });
        });
    }
  }
  if (wants("host")) tests("kernel tests here", { pattern: "dist/test/kernel" });
  if (wants("runtimes")) tests("kernel tests here on Bun and Deno", { pattern: "dist/test/runtimes" });
  if (wants("system")) {
    const pattern = `dist/test/kernel|${unitTests(...WITH_ADDON)}`;
    add("kernel tests here, system's libbpf", (name) =>
      jest({ name, pattern, env: { NODE_LIBBPF_PREBUILD: buildWithSystemLibbpf() } }),
    );
  }
  const sanitized = (name: string, pattern: string) => add(name, () => withSanitizers(name, pattern));
  if (wants("sanitized")) sanitized("tests of the addon here, with sanitizers", SANITIZED);
  if (wants("debug")) {
    // The other unit tests run no C++ code.
    const pattern = `dist/test/kernel|${unitTests(...WITH_ADDON, "fuzz")}`;
    sanitized("unit and kernel tests here, with sanitizers", pattern);
  }
  // That they work: a figure of one round, on a machine that runs other tests, is none.
  if (wants("bench")) add("the benchmarks, in their quick form", (name) => command(name, "../bench/run.js", ...QUICK));
  if (wants("machines")) tests("tests that boot machines", { pattern: "dist/test/machines" });
  return jobs;
}

/** Jobs in their own machines. */
function machines(kernels: readonly string[]): VmTests[] {
  const runs: VmTests[] = kernels.map((kernel) => ({
    kernel,
    pattern: kernel.endsWith("-errinj") ? OF_ERROR_INJECTION : "^kernel/",
  }));
  if (kernels.includes(MATRIX.lts)) {
    runs.push({ kernel: MATRIX.lts, pattern: "lsm-inactive", lsm: "lockdown,capability" });
    runs.push({ kernel: MATRIX.lts, pattern: "lockdown", append: "lockdown=confidentiality" });
  }
  if (kernels === KERNELS) {
    runs.push(...UNSEEN.map((kernel) => ({ kernel, pattern: "agreement", unseen: true as const })));
  }
  return runs;
}

/** Jobs that run first, here, in machines at the same time, and last. */
interface Plan {
  first: Job[];
  here: Job[];
  machines: Job[];
  last: Job[];
  /** The directories with the reports of the precheck's agreement tests. */
  reports: string[];
}

function plan({ parts, kernels }: Omit<ReturnType<typeof options>, "job">): Plan {
  const wants = (...wanted: readonly Part[]) => wanted.some((part) => parts.includes(part));
  // The longest first, so that both lanes end at about the same time.
  const runs = [...(wants("arm64") ? [ARM64] : []), ...(wants("vm") ? machines(kernels) : [])];
  if (wants("arm64")) runs.push(...OLD_ARM64);
  const service = wants("service") ? [MATRIX.lts, MATRIX.oldest] : [];
  const selftests = wants("selftests") ? SELFTESTS_KERNELS.filter((kernel) => kernels.includes(kernel)) : [];
  const shipped = "the published addons, built";
  const headers = "vmlinux.h of the kernels";
  return {
    first: wants("gates", "package", "newcomer", "fresh", "nodes", "debians", "machines", "arm64")
      ? [{ name: shipped, run: () => command(shipped, "prebuild.js") }]
      : [],
    here: jobsHere(wants),
    machines: [
      ...service.map((kernel) => ({ name: `the policy service on Linux ${kernel}`, run: () => testService(kernel) })),
      ...runs.map((tests) => ({ name: nameOf(tests), run: () => testInVm(tests) })),
      ...selftests.map((kernel) => ({ name: nameOfJob(kernel), run: () => testSelftests(kernel) })),
    ],
    last: wants("vmlinux") ? [{ name: headers, run: () => compileVmlinux(headers, kernels) }] : [],
    reports: runs.map(reportsOf),
  };
}

function compileVmlinux(name: string, kernels: readonly string[]): Promise<Result> {
  const files = kernels.map((kernel) => join(reportsOf({ kernel, pattern: "" }), "vmlinux.btf"));
  // Of machines that have run: now, or the last time.
  const env = { NODE_LIBBPF_VMLINUX: files.filter((file) => existsSync(file)).join(":") };
  return jest({ name, pattern: "dist/test/vmlinux", env });
}

/** Runs a job in a process of its own, which reports its CPU time and that of all its children. */
async function runApart(name: string): Promise<Result> {
  const start = Date.now();
  const child = fork(__filename, [...process.argv.slice(2), "--job", name], { stdio: ["ignore", 2, 2, "ipc"] });
  let result: Result | undefined;
  child.on("message", (message) => {
    result = message as Result;
  });
  const [status, signal] = await once(child, "close");
  return result ?? check(name, Date.now() - start, `${name} ended with ${signal ?? status} and no result`);
}

async function runHere(job: Job): Promise<void> {
  process.on("disconnect", () => process.exit(1));
  const start = Date.now();
  let result: Result;
  try {
    result = await job.run();
  } catch (error) {
    // Counts as a failed test, and the other jobs continue.
    result = check(job.name, Date.now() - start, (error as Error).message);
  }
  process.send?.({ ...result, cpuMilliseconds: cpuMilliseconds() } satisfies Result, () => process.disconnect());
}

/** CPU time of this process and of its finished children. */
function cpuMilliseconds(): number {
  // utime, stime, cutime and cstime of proc(5), in ticks of 10 ms; the name before them may contain spaces.
  const fields = readFileSync("/proc/self/stat", "utf8").split(") ")[1]?.split(" ") ?? [];
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks) * 10, 0);
}

async function main(): Promise<void> {
  const { job, ...wanted } = options();
  const { first, here, machines, last, reports } = plan(wanted);
  if (job !== undefined) {
    const found = [...first, ...here, ...machines, ...last].find(({ name }) => name === job);
    if (found === undefined) throw new Error(`there is no job ${job}`);
    return runHere(found);
  }
  const results: Result[] = [];
  const work = async (jobs: Job[]) => {
    for (let next = jobs.shift(); next !== undefined; next = jobs.shift()) {
      process.stderr.write(`test: ${next.name}\n`);
      const result = await runApart(next.name);
      results.push(result);
      for (const failure of result.failures) process.stderr.write(`${failure}\n`);
      process.stderr.write(`${table([result]).split("\n").at(-1)}\n`);
    }
  };
  await work(first);
  // A machine under emulation uses little more than one core: the rest is for the jobs here, and then for more
  // machines.
  const others = Array.from({ length: Math.min(availableParallelism(), 4) - 1 }, () => work(machines));
  await Promise.all([work(here).then(() => work(machines)), ...others]);
  await work(last);
  const selftests = wanted.parts.includes("selftests") ? selftestsTable() : undefined;
  const more = [agreementTable(reports), kindsTable(reports), selftests].filter((text) => text !== undefined);
  const tables = [table(results), ...more, failed(results)].filter((text) => text !== "");
  process.stdout.write([tables.join("\n\n"), "", total(results), ""].join("\n"));
  if (results.some((result) => result.failed > 0)) process.exitCode = 1;
}

main().catch((error: Error) => {
  process.stderr.write(`test: ${error.message}\n`);
  process.exitCode = 2;
});
