/** What starting costs: whole processes of each Node.js version, in turns with one that does nothing. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { nodes } from "../../scripts/nodes";
import { COMMAND, PROJECT_ROOT } from "../../scripts/places";
import type { Benchmark } from "../benchmark";
import { buildObjects } from "../load/peers";
import { quantile } from "../statistics";
import { number } from "../tables";

const ROUNDS = 11;

/** Milliseconds of each round, by Node.js version and case. */
type Figures = { node: string; cases: Record<string, number[]> }[];

const NOTHING = "a script that does nothing";
const ATTACHED = "open, load and attach one program";
const CACHED = `${ATTACHED}, with NODE_COMPILE_CACHE`;
/** Node.js keeps compiled code there (since 22.8, of which 20 knows nothing). */
const CACHE = { NODE_COMPILE_CACHE: join(PROJECT_ROOT, "dist/bench/start/compiled") };

/** A copy of the package, for compiled code that this checkout does not keep. */
const COPY = join(PROJECT_ROOT, "dist/bench/start/package");

function copyPackage(): void {
  rmSync(COPY, { recursive: true, force: true });
  mkdirSync(join(COPY, "dist"), { recursive: true });
  cpSync(join(PROJECT_ROOT, "dist/bundle"), join(COPY, "dist/bundle"), { recursive: true });
  for (const other of ["build", "node_modules", "package.json", "profiles"])
    symlinkSync(join(PROJECT_ROOT, other), join(COPY, other));
}

function casesFor(object: string): Readonly<Record<string, readonly string[]>> {
  const opened = (library: string) => `require(${JSON.stringify(library)}).open(${JSON.stringify(object)})`;
  // Prints nothing: process.stdout alone takes some milliseconds.
  const attached = (library: string) =>
    `for (const program of Object.values(${opened(library)}.loadSync().programs)) program.attach()`;
  return {
    [NOTHING]: ["-e", "0"],
    "require() and open()": ["-e", opened(PROJECT_ROOT)],
    "require() and open(), after node-libbpf code-cache": ["-e", opened(COPY)],
    "import and open()": [
      "--input-type=module",
      "-e",
      `import { open } from "node-libbpf"; open(${JSON.stringify(object)})`,
    ],
    [ATTACHED]: ["-e", attached(PROJECT_ROOT)],
    [`${ATTACHED}, after node-libbpf code-cache`]: ["-e", attached(COPY)],
    [CACHED]: ["-e", attached(PROJECT_ROOT)],
    "node-libbpf --version": [COMMAND, "--version"],
    "node-libbpf --help": [COMMAND, "--help"],
    "node-libbpf check OBJECT --kernel 6.12": [COMMAND, "check", object, "--kernel", "6.12"],
    "node-libbpf doctor": [COMMAND, "doctor"],
  };
}

/** Milliseconds until the process has ended. */
function timed(node: string, args: readonly string[], more: NodeJS.ProcessEnv): number {
  const env = { ...process.env, ...more };
  const start = process.hrtime.bigint();
  // doctor exits with 1 where programs can't sleep.
  const { signal, status, stderr, error } = spawnSync(node, args, { cwd: PROJECT_ROOT, encoding: "utf8", env });
  const time = Number(process.hrtime.bigint() - start) / 1e6;
  if (error || signal || (status !== 0 && stderr !== "")) throw new Error(`${args.join(" ")}: ${error ?? stderr}`);
  return time;
}

/** A line for each case: the median, and the median of what it takes longer than nothing in the same round. */
function rows(cases: Record<string, number[]>): string[][] {
  const nothing = cases[NOTHING] ?? [];
  return Object.entries(cases).map(([name, times]) => {
    const base = (round: number) => nothing[round] ?? Number.NaN;
    const more = quantile(
      times.map((time, round) => time - base(round)),
      0.5,
    );
    const ratio = quantile(
      times.map((time, round) => time / base(round)),
      0.5,
    );
    return [
      name,
      `${number(quantile(times, 0.5))} ms`,
      `${more < 0 ? "-" : "+"}${number(Math.abs(more))} ms`,
      `${ratio.toFixed(2)}`,
    ];
  });
}

const HEAD = ["process", "median", "over nothing", "× nothing"];

export const start: Benchmark<Figures> = {
  title: "Starting",
  about: `Milliseconds from the start of a process to its end, and how much longer than a script that does nothing in the same round.
The object has one program and one map. After \`node-libbpf code-cache\` the package keeps V8's compiled code of all that it has. With
NODE_COMPILE_CACHE, or after \`require("node:module").enableCompileCache()\`, Node.js 22.8 and later keeps what it has compiled, of the
script and of all that it loads.`,
  run(quick, onProgress) {
    const [object = ""] = buildObjects(["minimal"]);
    const rounds = quick ? 1 : ROUNDS;
    copyPackage();
    const measured = nodes().map(({ version, path }) => ({ version, path, cases: {} as Record<string, number[]> }));
    for (const { path } of measured) timed(path, [join(COPY, "dist/bundle/main.js"), "code-cache"], {});
    for (let round = 0; round < rounds; round++)
      for (const [index, { path, cases }] of measured.entries()) {
        onProgress(round * measured.length + index, rounds * measured.length);
        for (const [name, args] of Object.entries(casesFor(object))) {
          cases[name] ??= [];
          cases[name].push(timed(path, args, name === CACHED ? CACHE : {}));
        }
      }
    onProgress(1, 1);
    return measured.map(({ version, cases }) => ({ node: version, cases }));
  },
  text: (figures) =>
    figures
      .map(({ node, cases }) => {
        const lines = rows(cases).map(
          ([name = "", ...cells]) => `  ${name.padEnd(62)}${cells.map((cell) => cell.padStart(12)).join("")}`,
        );
        return `Node ${node}\n${lines.join("\n")}\n`;
      })
      .join("\n"),
  tables: (figures) =>
    figures
      .map(({ node, cases }) => {
        const lines = [HEAD, HEAD.map(() => "---"), ...rows(cases)].map((cells) => `| ${cells.join(" | ")} |`);
        return `Node ${node}:\n\n${lines.join("\n")}\n`;
      })
      .join("\n"),
};
