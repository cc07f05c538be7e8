/**
 * One row for each kind of program and kernel: loaded, attached, fired, updated, its info read, detached. Tests declare a
 * kind with kindTest(); the rows are printed after the tests of a file, and scripts/kinds-table.ts prints those of all kernels.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";
import {
  type AttachOptions,
  BpfError,
  type BpfObject,
  type Link,
  type LinkInfo,
  type ObjectSpec,
  open,
} from "node-libbpf";
import { attachRow, loadRow } from "../../lib/kernel/privileges";
import { objectPath, only } from "../bpf/objects";
import { isSince } from "./needs";
import { measures, privileges, reportPrivileges } from "./privilege";

/** A kind, and how a test makes its program run. */
export interface Kind {
  /** Of test/bpf/NAME.bpf.c. */
  readonly object: string;
  readonly program: string;
  /** The first release that has the kind, if newer than the oldest kernel of the tests. */
  readonly since?: string;
  readonly options?: AttachOptions | ((object: BpfObject) => AttachOptions);
  /** Prepares the load. */
  readonly prepare?: (spec: ObjectSpec) => void;
  /** Makes the program run, and returns when it has. Default: waits for nothing. */
  readonly fire: (object: BpfObject, link: Link | undefined) => unknown;
  /** The type of the kernel's link; undefined where it has none. */
  readonly link: string | undefined;
  /** The first release whose links of the kind can be updated. */
  readonly updated?: string;
}

/** A line of the table. */
export interface Row {
  readonly kind: string;
  readonly loaded: string;
  readonly attached: string;
  readonly fired: string;
  readonly updated: string;
  readonly info: string;
  readonly detached: string;
}

export const COLUMNS = ["kind", "loaded", "attached", "fired", "updated", "info", "detached"] as const;

function specOf({ object, program, prepare }: Kind): ObjectSpec {
  const spec = only(open(objectPath(object)), program) as ObjectSpec;
  if (spec.variables.watched !== undefined) spec.variables.watched = process.pid;
  prepare?.(spec);
  return spec;
}

export function load(kind: Kind): Promise<BpfObject> {
  return specOf(kind).load();
}

export const runsOf = (object: BpfObject) => object.variables.runs as bigint;

/** Attaches as the kind says. */
export function attach(kind: Kind, object: BpfObject): Link {
  const options = typeof kind.options === "function" ? kind.options(object) : kind.options;
  return object.program(kind.program).attach(options);
}

/** Whether the program runs when it is made to: packets and events come a moment later. */
async function fires(kind: Kind, object: BpfObject, link: Link | undefined): Promise<boolean> {
  const before = runsOf(object);
  await kind.fire(object, link);
  for (let round = 0; round < 200 && runsOf(object) === before; round++) await sleep(10);
  return runsOf(object) > before;
}

/** Whether it does not run, though it is made to. */
async function rests(kind: Kind, object: BpfObject): Promise<boolean> {
  const before = runsOf(object);
  await kind.fire(object, undefined);
  await sleep(20);
  return runsOf(object) === before;
}

/** Goes through a kind's life on a kernel that has it. Throws where something is not as the kind says. */
export async function live(kind: Kind): Promise<Row> {
  using object = await load(kind);
  await capabilitiesOf(kind, object);
  const link = attach(kind, object);
  const row = { kind: kind.program, loaded: "yes", attached: "yes", fired: "yes", detached: "yes" };
  // It takes a while to see that a program runs, and measuring asks for nothing of it.
  if (measures) return { ...row, updated: await update(kind, object, link), info: infoOf(kind, link) };
  must(await fires(kind, object, link), `${kind.program} did not run`);
  const info = infoOf(kind, link);
  const updated = await update(kind, object, link);
  link.detach();
  must(await rests(kind, object), `${kind.program} runs after detach()`);
  return { ...row, updated, info };
}

/** What loading, attaching and detaching need. */
async function capabilitiesOf(kind: Kind, object: BpfObject): Promise<void> {
  const spec = specOf(kind).program(kind.program);
  const { kind: itsKind, attachType } = object.program(kind.program);
  const isOfProgram = spec.targetProgram !== undefined;
  await privileges({
    ...{ row: loadRow(spec.type, isOfProgram), also: "freeze", prepare: () => specOf(kind) },
    act: (fresh) => fresh.loadSync(),
    undo: (loaded) => loaded.close(),
  });
  // What was loaded for another program is attached to it once, and before Linux 5.13 (f3a95075549e) any tracing program.
  const place = isOfProgram || !isSince("5.13") ? () => specOf(kind).loadSync() : () => object;
  const leave = (used: BpfObject) => used !== object && used.close();
  const end = ({ link, used }: { link: Link; used: BpfObject }) => {
    link.detach();
    leave(used);
  };
  await privileges({
    ...{ row: attachRow(itsKind, attachType), prepare: place, release: leave },
    act: (used) => ({ link: attach(kind, used), used }),
    undo: end,
  });
  if (kind.link !== undefined && !isOfProgram)
    await privileges({
      row: "use",
      prepare() {
        const used = place();
        return { link: attach(kind, used), used };
      },
      act: end,
      release: end,
    });
}

function infoOf({ link: type, program }: Kind, link: Link): string {
  const info = outcomeOf(() => link.info());
  if (type === undefined) {
    must(info instanceof BpfError && info.code === "ERR_BPF_LINK", `info() of ${program}: ${info}`);
    return "no link";
  }
  must(!(info instanceof Error), `info() of ${program}: ${info}`);
  const { type: itsType, id, programId } = info as LinkInfo;
  must(itsType === type && id > 0 && programId > 0, `info() of ${program}: ${inspect(info)}`);
  return itsType;
}

/** Replaces the program by that of another object, and looks at which one runs. */
async function update(kind: Kind, object: BpfObject, link: Link): Promise<string> {
  using other = await load(kind);
  const failure = outcomeOf(() => link.update(other.program(kind.program)));
  if (kind.updated === undefined || !isSince(kind.updated)) {
    must(
      failure instanceof BpfError && failure.code === "ERR_BPF_NOT_SUPPORTED",
      `update() of ${kind.program}: ${failure}`,
    );
    if (!measures) must(await fires(kind, object, link), `${kind.program} does not run after a refused update()`);
    return "no";
  }
  must(failure === undefined, `update() of ${kind.program}: ${failure}`);
  await privileges({ row: "use", act: () => link.update(other.program(kind.program)) });
  if (measures) return "yes";
  must(await fires(kind, other, link), `the new ${kind.program} did not run`);
  must(await rests(kind, object), `the old ${kind.program} runs after update()`);
  // Back again, and only if it has the expected one.
  const unexpected = outcomeOf(() => link.update(object.program(kind.program), object.program(kind.program)));
  must(unexpected instanceof BpfError, `update() of ${kind.program} from an unexpected program: ${unexpected}`);
  link.update(object.program(kind.program), other.program(kind.program));
  must(await fires(kind, object, link), `the first ${kind.program} did not run again`);
  return "yes";
}

/** What a kernel before the kind answers: one typed error that names the release. */
export async function refuse(kind: Kind): Promise<Row> {
  const row = { kind: kind.program, fired: "-", updated: "-", info: "-", detached: "-" };
  let object: BpfObject;
  try {
    object = await load(kind);
  } catch (error) {
    namesRelease(kind, error);
    return { ...row, loaded: `since ${kind.since}`, attached: "-" };
  }
  using _ = object;
  const error = outcomeOf(() => attach(kind, object));
  namesRelease(kind, error);
  must(!(await fires({ ...kind, fire: () => {} }, object, undefined)), `${kind.program} runs`);
  return { ...row, loaded: "yes", attached: `since ${kind.since}` };
}

function namesRelease({ program, since }: Kind, error: unknown): void {
  const text = error instanceof BpfError ? `${error.message} ${error.hint}` : "";
  must(text.includes(`Linux ${since}`), `the error for ${program} does not name Linux ${since}: ${error}`);
}

function outcomeOf<T>(call: () => T): T | Error {
  try {
    return call();
  } catch (error) {
    return error as Error;
  }
}

/** Not jest's expect(): the tests of network kinds run in a process of their own. */
export function must(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

/** Prints the rows, and writes them for scripts/kinds-table.ts. */
export function report(name: string, rows: readonly Row[]): void {
  const widths = COLUMNS.map((column) => Math.max(column.length, ...rows.map((row) => row[column].length)));
  const line = (cells: readonly string[]) => cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ");
  const lines = [line(COLUMNS), ...rows.map((row) => line(COLUMNS.map((column) => row[column])))];
  process.stdout.write(`${lines.map((text) => text.trimEnd()).join("\n")}\n`);
  reportPrivileges(name);
  const directory = process.env.NODE_LIBBPF_REPORT;
  if (directory === undefined) return;
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, `${name}.json`), JSON.stringify(rows, null, 1));
}
