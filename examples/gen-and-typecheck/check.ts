/** Builds a program with its types, and compiles lines that use them with the TypeScript compiler. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** TypeScript is a devDependency of an application, next to this library. */
const COMPILER = require.resolve("typescript/bin/tsc");
/** `npx node-libbpf`. */
const NODE_LIBBPF = join(require.resolve("node-libbpf/package.json"), "../dist/bundle/main.js");
const SOURCE = resolve(__dirname, "../../../examples/gen-and-typecheck/gen-and-typecheck.bpf.c");

/** The declarations that each line may use. */
const BEGIN = [
  'import { open } from "./gen-and-typecheck.bpf";',
  "const spec = open();",
  "const object = spec.loadSync();",
  "const [event] = object.maps.events.read();",
];

const CONFIG = { strict: true, noEmit: true, skipLibCheck: true, target: "es2023", module: "node20", types: ["node"] };

/** A line, and the compiler's error; undefined if it compiles. */
export interface Judgement {
  line: string;
  error: string | undefined;
}

/** Needs clang. Loads nothing, and needs no root. */
export function judge(lines: readonly string[]): Judgement[] {
  // Next to this file: the generated module imports node-libbpf, as an application's would.
  const directory = mkdtempSync(join(__dirname, "built-"));
  try {
    run(NODE_LIBBPF, "build", SOURCE, "-o", directory);
    writeFileSync(join(directory, "tsconfig.json"), JSON.stringify({ compilerOptions: CONFIG }));
    writeFileSync(join(directory, "lines.ts"), [...BEGIN, ...lines].join("\n"));
    const errors = new Map<number, string>();
    for (const [, where = "", text = ""] of run(COMPILER, "-p", directory).matchAll(/^(.*)error (TS\d+: .*)$/gm)) {
      const number = Number(/lines\.ts\((\d+)/.exec(where)?.[1]) - BEGIN.length - 1;
      if (!(number >= 0)) throw new Error(`${where}${text}`);
      errors.set(number, text);
    }
    return lines.map((line, index) => ({ line, error: errors.get(index) }));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Runs a JavaScript command. tsc reports errors on standard output, and by its exit status. */
function run(script: string, ...args: readonly string[]): string {
  const { stdout, stderr, status, error } = spawnSync(process.execPath, [script, ...args], { encoding: "utf8" });
  if (error !== undefined) throw error;
  if (status !== 0 && stdout === "") throw new Error(stderr.trim());
  return stdout;
}
