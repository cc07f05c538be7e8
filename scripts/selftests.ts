/**
 * npm run selftests: the BPF programs of the kernel's own selftests, opened, loaded and attached by this library and by a C
 * program with the same libbpf, in the same virtual machine; and the TypeScript of every object, compiled.
 *   npm run selftests -- [--kernel 6.12]... [--every N] [--match PATTERN] [--whole]
 * npm test takes every 24th source. All of one kernel take about half an hour.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { generateModule } from "../lib/gen/module";
import { runInVm } from "../lib/testing";
import { GoneError } from "../lib/testing/apt";
import { diagnose } from "../test/compile-modules";
import { compare, type Tally } from "../test/selftests/compare";
import { LISTED } from "../test/selftests/listed";
import type { Line } from "../test/selftests/ours";
import { MATRIX } from "./kernels";
import { GUEST, packageFiles } from "./package-files";
import { PROJECT_ROOT } from "./places";
import { buildSelftests, type Selftests } from "./selftests-build";
import { notRun, type Result } from "./test-results";

export const SELFTESTS_KERNELS = [MATRIX.lts, MATRIX.newest] as const;
/** npm test takes one of so many sources. */
const EVERY = 24;
/** Objects for one machine: a fault of the kernel's costs no more than these. */
const BATCH = 250;

interface Options {
  /** Takes every Nth source. */
  every?: number;
  match?: RegExp;
  /** Loads objects as they are, and not also each program alone. */
  whole?: boolean;
}

interface Report {
  kernel: string;
  built: Selftests;
  tally: Tally;
  /** The differences that are not listed. */
  open: string[];
  listed: number;
  /** Faults of generated TypeScript. */
  typescript: string[];
}

const say = (text: string) => process.stderr.write(`selftests: ${text}\n`);

/** One kernel, as a job of npm test. */
export async function testSelftests(kernel: string): Promise<Result> {
  const start = Date.now();
  let report: Report;
  try {
    report = await selftests(kernel, { every: EVERY });
  } catch (error) {
    // Debian does not keep each series for ever.
    if (error instanceof GoneError || (error as { code?: string }).code === "ERR_BPF_VM_NO_KERNEL")
      return notRun(nameOfJob(kernel), (error as Error).message);
    throw error;
  }
  const failures = [...report.open, ...report.typescript];
  return {
    name: nameOfJob(kernel),
    passed: report.tally.theirs.opened + report.tally.theirs.loaded + report.tally.theirs.alone - failures.length,
    failed: failures.length,
    skipped: report.built.refused.length,
    milliseconds: Date.now() - start,
    note: "",
    failures: failures.length > 0 ? [`${nameOfJob(kernel)}\n${failures.join("\n")}`] : [],
  };
}

export const nameOfJob = (kernel: string) => `the kernel's selftests on Linux ${kernel}`;

async function selftests(kernel: string, { every = 1, match, whole = false }: Options): Promise<Report> {
  const results = join(PROJECT_ROOT, "dist/results", nameOfJob(kernel));
  rmSync(results, { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
  const built = await buildSelftests(kernel, (name, index) => index % every === 0 && (match?.test(name) ?? true), say);
  const said: string[] = [];
  for (let first = 0; first < built.objects.length; first += BATCH) {
    said.push(await load(kernel, built, built.objects.slice(first, first + BATCH), whole ? "whole" : "each"));
    writeFileSync(join(results, "lines.txt"), said.join(""));
  }
  const tally = compare(linesOf(said.join(""), "theirs"), linesOf(said.join(""), "ours"));
  const isListed = (difference: string) =>
    LISTED.some(({ what, kernels = [kernel] }) => difference.startsWith(what) && kernels.includes(kernel));
  const open = tally.differences.filter((difference) => !isListed(difference));
  const report = {
    kernel,
    built,
    tally,
    open,
    listed: tally.differences.length - open.length,
    typescript: typescriptOf(built),
  };
  writeFileSync(join(results, "report.json"), JSON.stringify(report, undefined, 1));
  return report;
}

/** Returns what the machine printed. One that dies, be it by an object that ends the kernel, is a difference too. */
async function load(
  kernel: string,
  { config, release }: Selftests,
  objects: readonly string[],
  how: "whole" | "each",
): Promise<string> {
  say(`${objects.length} objects on Linux ${kernel}`);
  const output: Buffer[] = [];
  const inGuest = (object: string) => `/objects/${basename(object)}`;
  const ended = await runInVm({
    kernel,
    command: ["node", "dist/test/selftests/both.js", how, ...objects.map(inGuest)],
    cwd: GUEST,
    memoryMib: 3072,
    timeoutSeconds: 2400,
    put: [
      ...packageFiles(),
      { from: config, to: `/boot/config-${release}` },
      ...objects.map((object) => ({ from: object, to: inGuest(object) })),
    ],
    onStdout: (chunk) => output.push(chunk),
  }).then(
    ({ exitCode }) => (exitCode === 0 ? undefined : `both.js ended with ${exitCode}`),
    (error: Error) => error.message,
  );
  const text = Buffer.concat(output).toString();
  if (ended === undefined) return text;
  const last = text.match(/(?<="object":")\w+/g)?.at(-1);
  return `${text}\nours ${JSON.stringify({ object: "machine", program: "", code: "FAULT", said: `${ended}; after ${last}` })}\n`;
}

/** Reads the lines of one side. C's line of an object that crashed may have begun. */
function linesOf(text: string, side: "theirs" | "ours"): Line[] {
  return [...text.matchAll(new RegExp(`^${side} (\\{.*\\})\\r?$`, "gm"))].map(
    ([, line = ""]) => JSON.parse(line) as Line,
  );
}

/** Compiles the TypeScript of all objects that open. */
function typescriptOf({ objects }: Selftests): string[] {
  const faults: string[] = [];
  const files: Record<string, string> = {};
  for (const object of objects) {
    const fileName = basename(object);
    try {
      const text = generateModule(readFileSync(object), { fileName, path: fileName, module: "cjs", events: {} });
      files[fileName.replace(/\.o$/, ".ts")] = text;
    } catch (error) {
      // That one can't be opened is compared with C.
      if ((error as { code?: string }).code !== "ERR_BPF_OBJECT_INVALID") faults.push(`${fileName}: ${error}`);
    }
  }
  return [...faults, ...diagnose(files, "commonjs")];
}

/** The table for the output of npm test, of all kernels whose report there is. */
export function selftestsTable(): string | undefined {
  const files = SELFTESTS_KERNELS.map((kernel) => join(PROJECT_ROOT, "dist/results", nameOfJob(kernel), "report.json"));
  const reports = files
    .filter((file) => existsSync(file))
    .map((file) => JSON.parse(readFileSync(file, "utf8")) as Report);
  if (reports.length === 0) return undefined;
  const rows = reports.map(({ kernel, built, tally, open, listed }) => [
    `${kernel} (${built.version})`,
    `${built.objects.length} (${built.refused.length} not compiled)`,
    ...(["opened", "loaded", "alone", "attached"] as const).map((step) => `${tally.theirs[step]}/${tally.ours[step]}`),
    `${tally.expected}/${tally.shown} (${tally.complete} complete)`,
    String(open.length),
    String(listed),
  ]);
  const head = [
    "kernel (source)",
    "objects",
    "opened",
    "loaded",
    "programs alone",
    "attached",
    "logs",
    "differences",
    "listed",
  ];
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  return ["The kernel's selftests, by C/by this library", ...[head, ...rows].map(line)].join("\n");
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      kernel: { type: "string", multiple: true },
      every: { type: "string" },
      match: { type: "string" },
      whole: { type: "boolean" },
    },
  });
  for (const kernel of values.kernel ?? SELFTESTS_KERNELS) {
    const { built, open, typescript } = await selftests(kernel, {
      every: Number(values.every ?? 1),
      ...(values.match !== undefined && { match: new RegExp(values.match) }),
      whole: values.whole ?? false,
    });
    for (const text of [...built.refused, ...open, ...typescript]) process.stdout.write(`${text}\n`);
    if (open.length + typescript.length > 0) process.exitCode = 1;
  }
  process.stdout.write(`${selftestsTable()}\n`);
}

if (require.main === module) {
  main().catch((error: Error) => {
    say(error.message);
    process.exitCode = 2;
  });
}
