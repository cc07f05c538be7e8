/** Runs the kernel tests inside virtual machines. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Put, runInVm, VmError } from "../lib/testing";
import { cacheDirectory } from "../lib/testing/cache";
import { resolveKernel } from "../lib/testing/kernels";
import { librariesOf } from "../lib/testing/programs";
import { bpftoolDirectory } from "./bpftool";
import { jestClosure } from "./jest-closure";
import { GUEST, packageFiles } from "./package-files";
import { PROJECT_ROOT } from "./places";
import { type JestResult, notRun, type Result, resultOf } from "./test-results";
import { type Architecture, architectureOf } from "./toolchain";
import { modulesFor } from "./vm-modules";

/** A small btrfs image, compressed: a test mounts it to run btrfs's functions. */
function btrfsImage(): string {
  const packed = join(cacheDirectory(), "btrfs.img.gz");
  if (existsSync(packed)) return packed;
  mkdirSync(cacheDirectory(), { recursive: true });
  const script = 'set -e; truncate -s 128M "$1"; mkfs.btrfs -q "$1" >&2; gzip -f "$1"';
  const made = spawnSync("/bin/sh", ["-c", script, "sh", packed.replace(/\.gz$/, "")], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (made.status !== 0) throw new Error("mkfs.btrfs failed; install it: apt-get install btrfs-progs");
  return packed;
}

/** Tests of privileges use it to give a process some capabilities; busybox's version can't change the user. */
const SETPRIV = "/usr/bin/setpriv";

export interface VmTests {
  kernel: string;
  /** The subject of the tests, if not the library. */
  name?: string;
  /** The machine's architecture, if not this host's. */
  arch?: Architecture;
  /** A pattern for the paths of test files, relative to dist/test/. */
  pattern: string;
  /** The kernel's lsm= argument, if not the usual one. */
  lsm?: string;
  /** More kernel arguments. */
  append?: string;
  /** A kernel without measured data in the tables. */
  unseen?: true;
  /** Finds out which capabilities operations need, instead of looking at what the table says. */
  measure?: true;
  /** Packages that the tests need in addition to jest. */
  packages?: readonly string[];
  /** More files. */
  put?: readonly Put[];
  memoryMib?: number;
}

/** Distinguishes the run from others with the same kernel; "" if there are none. */
function peculiarity({ name, lsm, append, unseen }: VmTests): string {
  return [name, lsm && `lsm=${lsm}`, append, unseen && "no table"].filter(Boolean).join(" ");
}

/** The name in the table of results: "Linux 6.12 arm64". */
export function nameOf(tests: VmTests): string {
  const { kernel, arch } = tests;
  return ["Linux", kernel, arch, peculiarity(tests) && `with ${peculiarity(tests)}`].filter(Boolean).join(" ");
}

/** The directory for the results of a run. */
export function resultsOf(tests: VmTests): string {
  return join(PROJECT_ROOT, "dist/results", nameOf(tests));
}

/** The directory with the reports that a run's tests wrote. */
export function reportsOf(tests: VmTests): string {
  return join(resultsOf(tests), "report");
}

/**
 * Runs tests on one kernel. A kernel that no longer exists, or one with error injection that was not built, is reported
 * as not run.
 */
export async function testInVm(tests: VmTests): Promise<Result> {
  const { kernel, arch = architectureOf(process.arch), lsm, append, memoryMib } = tests;
  const results = resultsOf(tests);
  rmSync(results, { recursive: true, force: true });
  try {
    resolveKernel(kernel, arch);
  } catch (error) {
    // Debian does not keep each series for ever, which is no failure of the tests; a release checks it separately.
    if (!(error instanceof VmError) || error.code !== "ERR_BPF_VM_NO_KERNEL") throw error;
    return notRun(nameOf(tests), error.message);
  }
  const output: Buffer[] = [];
  const { totalMs, bootMs, accelerator, exitCode } = await runInVm({
    kernel,
    arch,
    command: tests.measure ? [...JEST, MEASURED] : JEST,
    cwd: GUEST,
    ...(lsm !== undefined && { lsm }),
    ...(append !== undefined && { append }),
    ...(memoryMib !== undefined && { memoryMib }),
    // One CPU: the machines run side by side, and the two CPUs of one machine would wait for each other more than they
    // work.
    cpus: 1,
    // Of a machine that hangs: on a busy host the longest takes over 20 minutes.
    timeoutSeconds: 2400,
    env: environmentOf(tests),
    put: filesFor(tests, arch),
    collect: ["/tmp/jest.json", "/tmp/report"].map((from) => ({ from, into: results })),
    onStdout: () => {},
    // Standard error is jest's report, which is shown only if there is no result.
    onStderr: (chunk) => output.push(chunk),
  });
  const file = join(results, "jest.json");
  const text = Buffer.concat(output).toString();
  if (!existsSync(file))
    throw new Error(`the tests on ${nameOf(tests)} produced no result (exit ${exitCode}):\n${text}`);
  return resultOf(
    nameOf(tests),
    JSON.parse(readFileSync(file, "utf8")) as JestResult,
    totalMs,
    `${accelerator}, boot ${(bootMs / 1000).toFixed(1)} s`,
  );
}

const JEST = [
  "node",
  "--expose-gc",
  "node_modules/jest/bin/jest.js",
  "--runInBand",
  // A test that failed may have left what keeps the machine running until its time is over.
  "--forceExit",
  "--json",
  "--outputFile=/tmp/jest.json",
  "--testMatch=**/together.js",
];

/** The tests that measure, of files that have others. */
const MEASURED = "--testNamePattern=kernel/privileges|is loaded, attached|congestion control runs";

const BPFTOOL = "/opt/bpftool";
const BTRFS_IMAGE = "/btrfs.img.gz";
const hasErrorInjection = ({ kernel }: VmTests) => kernel.endsWith("-errinj");

function environmentOf(tests: VmTests): Record<string, string> {
  return {
    NODE_LIBBPF_REPORT: "/tmp/report",
    NODE_LIBBPF_TESTS: tests.pattern,
    NODE_LIBBPF_BPFTOOL: BPFTOOL,
    ...(hasErrorInjection(tests) && { NODE_LIBBPF_BTRFS_IMAGE: BTRFS_IMAGE }),
    ...(tests.unseen && { NODE_LIBBPF_UNSEEN: "1" }),
    ...(tests.measure && { NODE_LIBBPF_MEASURE: "1" }),
  };
}

function filesFor(tests: VmTests, arch: Architecture): Put[] {
  return [
    ...packageFiles(arch),
    ...jestClosure(PROJECT_ROOT, GUEST, arch, tests.packages),
    { from: bpftoolDirectory(arch), to: BPFTOOL },
    ...(tests.put ?? []),
    ...modulesFor(tests.kernel, arch),
    // The report of the API: test/abuse.ts.
    ...["jest.config.js", "etc/node-libbpf.api.md"].map((path) => ({
      from: join(PROJECT_ROOT, path),
      to: `${GUEST}/${path}`,
    })),
    ...(arch === process.arch && existsSync(SETPRIV)
      ? [{ from: SETPRIV, to: SETPRIV }, ...librariesOf([SETPRIV])]
      : []),
    ...(hasErrorInjection(tests) ? [{ from: btrfsImage(), to: BTRFS_IMAGE }] : []),
  ];
}
