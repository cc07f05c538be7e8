/**
 * npm run test:faults: acts of a long-lived process in which one system call or allocation fails, each in turn, with each
 * errno; as a table.
 *   npm run test:faults -- [--act NAME]... [--kernel 6.12] [--json]     as root, with bpffs on /sys/fs/bpf
 */
import { parseArgs } from "node:util";
import { runInVm } from "../lib/testing";
import { acts, coldActs } from "../test/faults/acts";
import { ERRNOS } from "../test/faults/child";
import { Injector, type Outcome } from "../test/faults/run";
import { GUEST, packageFiles } from "./package-files";

const KINDS = ["crash", "hang", "leak", "no BpfError", "another errno", "not caught"] as const;
const HEAD = ["act", "injected", "BpfError", "tolerated", "Node's own", ...KINDS];
/** The library's path in a machine. */
const LIBRARY = "/inject.so";

const rowOf = (name: string, { injected, typed, tolerated, excluded, wrong }: Outcome): string[] => [
  name,
  ...[injected, typed, tolerated, excluded.length].map(String),
  ...KINDS.map((kind) => String(wrong.filter((one) => one.kind === kind).length)),
];

function sum(rows: readonly string[][]): string[] {
  return HEAD.map((_, column) =>
    column === 0 ? "all" : String(rows.reduce((total, row) => total + Number(row[column]), 0)),
  );
}

/** On this kernel. */
async function here(named: readonly string[] | undefined, library: string | undefined, onOutcome: OnOutcome) {
  const names = named ?? [...Object.keys(acts), ...Object.keys(coldActs)];
  const unknown = names.find((name) => !(name in acts) && !(name in coldActs));
  if (unknown !== undefined) throw new Error(`this kernel has no act ${unknown}`);
  using injector = new Injector(library);
  for (const name of names) {
    if (name in acts) onOutcome(name, await injector.everyCall(name));
    else for (const errno of ERRNOS) onOutcome(`${name} ${errno}`, await injector.everyColdCall(name, [errno]));
  }
}
type OnOutcome = (name: string, outcome: Outcome) => void;

async function inMachine(kernel: string, names: readonly string[], onOutcome: OnOutcome): Promise<void> {
  using injector = new Injector();
  let begun = "";
  await runInVm({
    kernel,
    command: [
      "node",
      "dist/scripts/faults.js",
      "--library",
      LIBRARY,
      "--json",
      ...names.flatMap((name) => ["--act", name]),
    ],
    cwd: GUEST,
    memoryMib: 2048,
    timeoutSeconds: 7200,
    put: [...packageFiles(), { from: injector.library, to: LIBRARY }],
    onStdout: (chunk) => {
      const lines = `${begun}${chunk}`.split("\n");
      begun = lines.pop() ?? "";
      for (const line of lines.filter((line) => line.startsWith("{"))) {
        const { act, ...outcome } = JSON.parse(line) as Outcome & { act: string };
        onOutcome(act, outcome);
      }
    },
    onStderr: (chunk) => process.stderr.write(chunk),
  });
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      act: { type: "string", multiple: true },
      kernel: { type: "string" },
      json: { type: "boolean" },
      // For this script's own use.
      library: { type: "string" },
    },
  });
  const line = (cells: readonly string[]) =>
    process.stdout.write(`${cells.map((cell, at) => (at === 0 ? cell.padEnd(22) : cell.padStart(14))).join("")}\n`);
  const rows: string[][] = [];
  const onOutcome: OnOutcome = (name, outcome) => {
    if (outcome.wrong.length > 0) process.exitCode = 1;
    if (values.json) {
      process.stdout.write(`${JSON.stringify({ act: name, ...outcome })}\n`);
      return;
    }
    rows.push(rowOf(name, outcome));
    line(rows.at(-1) ?? []);
    for (const { kind, what } of outcome.wrong) process.stdout.write(`  ${kind}: ${what}\n`);
  };
  if (!values.json) line(HEAD);
  if (values.kernel === undefined) await here(values.act, values.library, onOutcome);
  else await inMachine(values.kernel, values.act ?? [], onOutcome);
  if (!values.json) line(sum(rows));
}

main().catch((error: Error) => {
  process.stderr.write(`faults: ${error.stack}\n`);
  process.exitCode = 2;
});
