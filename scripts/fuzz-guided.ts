/**
 * Fuzzes what reads the bytes and words of others, guided by coverage: test/fuzz/targets.ts has the readers.
 *   node dist/scripts/fuzz-guided.js [--target all] [--count 100000] [--seed 1] [--save]
 *     --save  keeps small inputs that ran new code in test/fuzz/corpus, where later runs begin
 */
import { fork } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fuzzGuided, type Progress } from "../test/fuzz/guided";
import { TARGETS } from "../test/fuzz/targets";
import { PROJECT_ROOT } from "./places";

/** Seconds without an answer after which the process counts as hanging. */
const SILENCE = 120;
/** The size in bytes, and the number, of inputs that are kept in the tree for a target. */
const [SMALL, FEW] = [2048, 24];

export interface GuidedOptions {
  target: string;
  seed: number;
  count: number;
  save?: boolean;
}
export interface GuidedResult extends Progress {
  /** What the library did wrong, each once, with the input in base64. */
  findings: string[];
}

const corpusOf = (target: string) => join(PROJECT_ROOT, "test/fuzz/corpus", target);

/** Runs a target in a process of its own, which may crash or hang. */
export async function fuzzTarget(options: GuidedOptions): Promise<GuidedResult> {
  const folder = mkdtempSync(join(tmpdir(), "node-libbpf-"));
  const result: GuidedResult = { executions: 0, code: 0, kept: 0, findings: [] };
  const inputs = join(folder, "inputs");
  try {
    const child = fork(__filename, ["--child", JSON.stringify({ ...options, inputs })], {
      cwd: folder,
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    let timer: NodeJS.Timeout | undefined;
    const watch = () => {
      clearTimeout(timer);
      timer = setTimeout(() => child.kill("SIGKILL"), SILENCE * 1000);
    };
    watch();
    child.on("message", (message) => {
      watch();
      if (typeof message === "string") result.findings.push(message);
      else Object.assign(result, message);
    });
    const [status, signal] = await once(child, "close");
    clearTimeout(timer);
    if (status !== 0)
      result.findings.push(`it ended with ${signal ?? status}, in one of:\n${readFileSync(inputs, "utf8")}`);
    return result;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function keep(folder: string, input: Uint8Array): void {
  writeFileSync(join(folder, createHash("sha256").update(input).digest("hex").slice(0, 16)), input);
}

/** BTF has the paths of sources. */
function withoutPath(input: Uint8Array): Uint8Array {
  return Buffer.from(
    Buffer.from(input).toString("latin1").replaceAll(PROJECT_ROOT, "".padEnd(PROJECT_ROOT.length, "x")),
    "latin1",
  );
}

/** Runs in a process of its own. */
function child({ target: name, seed, count, save, inputs }: GuidedOptions & { inputs: string }): void {
  const target = TARGETS[name];
  if (target === undefined) throw new Error(`there is no target ${name}; there are ${Object.keys(TARGETS).join(", ")}`);
  const base64 = (input: Uint8Array) => Buffer.from(input).toString("base64");
  const folder = corpusOf(name);
  const corpus = existsSync(folder) ? readdirSync(folder).map((file) => readFileSync(join(folder, file))) : [];
  const seen = new Set<string>();
  // Most errors of the library are made to be thrown away here.
  Error.stackTraceLimit = 4;
  let last: Progress | undefined;
  let told = Date.now();
  const kept = fuzzGuided(
    target,
    { seed, count, corpus },
    (next) => writeFileSync(inputs, next.map(base64).join("\n")),
    (input, what) => {
      // One for each place.
      const place = what.split("\n").slice(0, 3).join("\n");
      if (seen.size < 100 && !seen.has(place)) process.send?.(`${name}: ${what}\n${base64(input)}`);
      seen.add(place);
    },
    (progress) => {
      last = progress;
      if (Date.now() < told + 1000) return;
      told = Date.now();
      process.send?.(progress);
    },
  );
  if (save && kept.length > 0) {
    mkdirSync(folder, { recursive: true });
    for (const input of kept.filter(({ length }) => length <= SMALL).slice(0, FEW - corpus.length))
      keep(folder, withoutPath(input));
  }
  process.send?.(last, () => process.exit(0));
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      target: { type: "string", default: "all" },
      count: { type: "string", default: "100000" },
      seed: { type: "string", default: "1" },
      save: { type: "boolean", default: false },
      // For this script's own use.
      child: { type: "string" },
    },
  });
  if (values.child !== undefined) return child(JSON.parse(values.child));
  const targets = values.target === "all" ? Object.keys(TARGETS) : [values.target];
  for (const target of targets) {
    const start = Date.now();
    const { seed, count, save } = { seed: Number(values.seed), count: Number(values.count), save: values.save };
    const { executions, code, kept, findings } = await fuzzTarget({ target, seed, count, save });
    for (const finding of findings) process.stdout.write(`${finding}\n`);
    const seconds = Math.round((Date.now() - start) / 1000);
    const ran = `${executions} executions, ${code} characters of code, ${kept} inputs ran new code`;
    process.stdout.write(`${target}: ${ran}, ${findings.length} findings, ${seconds} s\n`);
    if (findings.length > 0) process.exitCode = 1;
  }
}

if (require.main === module)
  main().catch((error: Error) => {
    process.stderr.write(`fuzz: ${error.message}\n`);
    process.exitCode = 2;
  });
