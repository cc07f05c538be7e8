/** Opens objects, and checks them for this kernel; prints the nanoseconds for each, and how many can be opened. */
import { type ObjectSpec, open } from "node-libbpf";

/** Verdicts without a probe: most of these objects are not for this kernel. */
const CHECK = { precheck: "tables" } as const;

function opened(path: string): ObjectSpec | undefined {
  try {
    return open(path);
  } catch {
    return undefined;
  }
}

function timed<T>(work: () => T): [T, number] {
  const start = process.hrtime.bigint();
  const result = work();
  return [result, Number(process.hrtime.bigint() - start)];
}

function main(paths: readonly string[]): void {
  const [specs, opening] = timed(() => paths.map(opened).filter((spec) => spec !== undefined));
  // Reads what there is to know of this kernel.
  specs[0]?.check(CHECK);
  const [, checking] = timed(() => {
    for (const spec of specs) spec.check(CHECK);
  });
  const figures = {
    open: opening / paths.length,
    check: checking / specs.length,
    "opened [%]": (100 * specs.length) / paths.length,
  };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}

main(process.argv.slice(2));
