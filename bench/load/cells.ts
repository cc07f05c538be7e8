/** Runs one peer of bench/load, on each object in separate processes: prints nanoseconds by case, as JSON. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { quantile } from "../statistics";

const TIMES = 20;
/** The number of whole processes, which are slow to start. */
const STARTS = 3;

type Parts = readonly [open: number, load: number, attach: number];

/** The durations of the parts, for every repetition. */
function run([program = "", ...args]: readonly string[], object: string, times: number): Parts[] {
  const path = join(__dirname, `${object}.o`);
  const { status, stdout, stderr, error } = spawnSync(program, [...args, path, String(times)], { encoding: "utf8" });
  if (error !== undefined || status !== 0) throw new Error(`${program} failed: ${error?.message ?? stderr}`);
  return JSON.parse(stdout) as Parts[];
}

function timed(work: () => void): number {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start);
}

const total = ([open, load, attach]: Parts) => open + load + attach;

/** Arguments: OBJECTS COMMAND… */
function main([objects = "", ...command]: string[]): void {
  const figures: Record<string, number> = {};
  const starts = (object: string, times: number) =>
    quantile(
      Array.from({ length: STARTS }, () => timed(() => run(command, object, times))),
      0.5,
    );
  for (const object of objects.split(",")) {
    const [first, ...again] = run(command, object, TIMES);
    const median = (figure: (parts: Parts) => number) => quantile(again.map(figure), 0.5);
    figures[`${object}: all`] = median(total);
    figures[`${object}: open`] = median(([open]) => open);
    figures[`${object}: load`] = median(([, load]) => load);
    figures[`${object}: attach`] = median(([, , attach]) => attach);
    figures[`${object}: the first in its process`] = first === undefined ? Number.NaN : total(first);
    figures[`${object}: a process for it alone`] = starts(object, 1);
  }
  figures["a process that loads nothing"] = starts("minimal", 0);
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}

main(process.argv.slice(2));
