/**
 * The cost of the precheck: reading the facts, and judging an object by tables, in fresh processes.
 *   npm run bench:precheck [-- RUNS]
 */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { kernelFacts, open } from "node-libbpf";
import { PROJECT_ROOT } from "../scripts/places";

const OBJECTS = join(PROJECT_ROOT, "dist/test/bpf");

interface Sample {
  facts: number;
  btf: number;
  objects: Record<string, { first: number; again: number; programs: number }>;
}

/** One process's figures, in milliseconds. */
function sample(): Sample {
  const timed = <T>(work: () => T): [number, T] => {
    const start = performance.now();
    const result = work();
    return [performance.now() - start, result];
  };
  const [facts, kernel] = timed(kernelFacts);
  const objects: Sample["objects"] = {};
  for (const file of readdirSync(OBJECTS).filter((name) => name.endsWith(".bpf.o"))) {
    const spec = open(join(OBJECTS, file));
    for (const program of Object.values(spec.programs)) {
      const needsTarget = program.needsBtfTarget && program.attachTarget === undefined;
      program.autoload = program.type !== 0 && !needsTarget;
    }
    const [first, verdicts] = timed(() => spec.check({ kernel }));
    const [again] = timed(() => spec.check({ kernel }));
    objects[basename(file, ".bpf.o")] = { first, again, programs: verdicts.length };
  }
  return { facts, btf: "value" in kernel.btfSize ? kernel.btfSize.value : 0, objects };
}

function median(values: number[]): string {
  const sorted = values.toSorted((one, other) => one - other);
  return (sorted[Math.floor(sorted.length / 2)] ?? 0).toFixed(2).padStart(8);
}

function main(): void {
  const runs = Number(process.argv[2] ?? 15);
  const samples = Array.from({ length: runs }, () => {
    const { stdout } = spawnSync(process.execPath, [__filename, "--sample"], { encoding: "utf8" });
    return JSON.parse(stdout) as Sample;
  });
  const [first] = samples;
  if (first === undefined) return;
  const print = (line: string) => process.stdout.write(`${line}\n`);
  print(`medians of ${runs} processes, in ms`);
  print(`facts, with ${(first.btf / 1e6).toFixed(1)} MB of BTF: ${median(samples.map(({ facts }) => facts)).trim()}`);
  print(`${"object".padEnd(24)} programs  first check  second`);
  for (const [name, { programs }] of Object.entries(first.objects)) {
    const of = (key: "first" | "again") => median(samples.map(({ objects }) => objects[name]?.[key] ?? 0));
    print(`${name.padEnd(24)} ${String(programs).padStart(8)}     ${of("first")}${of("again")}`);
  }
}

if (process.argv.includes("--sample")) process.stdout.write(JSON.stringify(sample()));
else main();
