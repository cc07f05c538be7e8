/** node-libbpf ps: the programs that are loaded, with their links, maps, pins and owners. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Command, InvalidArgumentError } from "commander";
import { enableStats, type RunningProgram, runningPrograms } from "../index";
import { addExamples } from "./examples";
import { targetOf } from "./link-text";
import { holders } from "./running-output";
import { type Cell, document, isTerminal, printable, table } from "./table";

interface Options {
  watch?: true;
  interval: number;
  json?: true;
}

export function addPs(program: Command): void {
  const command = program
    .command("ps")
    .summary("list the programs that are loaded, with links, maps, pins and owners")
    .description(
      "Lists the programs that are loaded: what they are attached to, their maps, pins, and the processes that hold\n" +
        "them. Run counts and times are those of while statistics were enabled. Needs root.",
    )
    .option("--watch", "count runs and show who uses the CPU, again and again until SIGINT")
    .option("--interval <seconds>", "time between two tables of --watch", seconds, 1)
    .option("--json", "print JSON; with --watch one line each time")
    .action(async (options: Options) => {
      if (options.watch) await watch(options);
      else process.stdout.write(options.json ? document({ programs: runningPrograms() }) : list());
    });
  addExamples(
    command,
    "sudo node-libbpf ps",
    "sudo node-libbpf ps --watch",
    "sudo node-libbpf ps --json | jq .programs",
  );
}

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0.1 && value <= 86400) return value;
  throw new InvalidArgumentError(`expected a number of seconds from 0.1 to 86400, got ${text}`);
}

function list(): string {
  const programs = runningPrograms();
  const counted = programs.some(({ runCount }) => runCount > 0);
  const header = ["ID", "KIND", "NAME", "ATTACHED TO", ...(counted ? ["RUNS", "AVERAGE"] : []), ...BELONGINGS];
  const rows = programs.map((program) => [
    ...identity(program),
    ...(counted ? [String(program.runCount), average(program)] : []),
    ...belongings(program),
  ]);
  return tableOf([header, ...rows]);
}

const BELONGINGS = ["MAPS", "PINS", "HELD BY"];

function identity(program: RunningProgram): string[] {
  const places = program.links.map((link) => (link.type === "tracing" && program.attachTarget) || targetOf(link));
  const place = places.length === 0 ? (program.attachTarget ?? "") : [...new Set(places)].join(", ");
  return [String(program.id), program.kind ?? program.type, program.name, place];
}

function belongings({ maps, pins, owners, links }: RunningProgram): string[] {
  return [
    maps.map(({ id, name }) => name || String(id)).join(" "),
    [...pins, ...links.flatMap((link) => link.pins)].join(" "),
    holders([...owners, ...links.flatMap((link) => link.owners)]),
  ];
}

function average({ runTimeNs, runCount }: { runTimeNs: number; runCount: number }): string {
  return runCount === 0 ? "" : `${Math.round(runTimeNs / runCount)} ns`;
}

function tableOf([header = [], ...rows]: string[][]): string {
  const cells = (row: readonly string[]): Cell[] => row.map((text) => ({ text: printable(text) }));
  return table([header.map((text) => ({ text, style: "bold" as const })), ...rows.map(cells)]);
}

/** A program with what it did in the last interval. */
type Busy = RunningProgram & { readonly runs: number; readonly timeNs: number };

/** Statistics are enabled while this runs, and the kernel ends that with the process, however it ends. */
async function watch({ interval, json }: Options): Promise<void> {
  const stop = new AbortController();
  const end = () => stop.abort();
  process.once("SIGINT", end).once("SIGTERM", end);
  // A reader that closes the pipe, such as head(1).
  process.stdout.once("error", end);
  using _ = enableStats();
  let before = new Map<number, RunningProgram>();
  let then = process.hrtime.bigint();
  while (!stop.signal.aborted) {
    const programs = runningPrograms();
    const now = process.hrtime.bigint();
    const busy = programs.map((program): Busy => {
      const known = before.get(program.id) ?? { runCount: 0, runTimeNs: 0 };
      const isNew = before.size === 0;
      return {
        ...program,
        runs: isNew ? 0 : program.runCount - known.runCount,
        timeNs: isNew ? 0 : program.runTimeNs - known.runTimeNs,
      };
    });
    show(busy, Number(now - then), json === true);
    before = new Map(programs.map((program) => [program.id, program]));
    then = now;
    await sleep(interval * 1000, undefined, { signal: stop.signal }).catch(() => {});
  }
}

function show(programs: readonly Busy[], elapsedNs: number, asJson: boolean): void {
  if (asJson) {
    process.stdout.write(document({ time: new Date(), intervalNs: elapsedNs, programs }, 0));
    return;
  }
  const rows = programs
    .toSorted((a, b) => b.timeNs - a.timeNs || a.id - b.id)
    .map((program) => {
      const { runs, timeNs } = program;
      const rate = Math.round((runs * 1e9) / elapsedNs);
      const share = `${((100 * timeNs) / elapsedNs).toFixed(2)} %`;
      return [
        ...identity(program),
        String(rate),
        share,
        average({ runTimeNs: timeNs, runCount: runs }),
        ...belongings(program),
      ];
    });
  const text = tableOf([["ID", "KIND", "NAME", "ATTACHED TO", "RUNS/S", "CPU", "AVERAGE", ...BELONGINGS], ...rows]);
  process.stdout.write(isTerminal ? `\x1b[H\x1b[J${onScreen(text)}` : `${text}\n`);
}

/** As much of a table as the terminal has place for. Cut behind styles: only the header has some. */
function onScreen(text: string): string {
  const { columns = 80, rows = 24 } = process.stdout;
  const [header = "", ...lines] = text.split("\n").slice(0, rows - 1);
  return `${[header, ...lines.map((line) => line.slice(0, columns))].join("\n")}\n`;
}
