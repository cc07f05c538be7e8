/**
 * The capabilities that an operation needs. Where lib/kernel/privileges-measured.ts has the running kernel, an operation is
 * tried with those it names, and without each of them; with NODE_LIBBPF_MEASURE they are found: an operation that works
 * with all capabilities is tried again with one less, until none can go. scripts/gen-privileges.ts writes what was found.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { BpfError } from "node-libbpf";
import { seriesNumber } from "../../lib/compare-versions";
import { given } from "../../lib/kernel/fact";
import { type Capability, type Needs, neededBy } from "../../lib/kernel/privileges";
import { VERSIONS } from "../../lib/kernel/privileges-measured";
import { kernelFacts } from "../../lib/kernel/running-kernel";
import { memo, type Need, root, vmKernel } from "./needs";

/** In the order of their numbers: linux/capability.h. */
export const NAMES = (
  "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE " +
  "NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN " +
  "SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE " +
  "MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE"
)
  .split(" ")
  .map((name) => `CAP_${name}` as Capability);
/** Tried one by one, those first that stand for others. The rest is dropped at once where it is not needed. */
const LIKELY = "SYS_ADMIN DAC_OVERRIDE DAC_READ_SEARCH SYS_RESOURCE SYS_PTRACE NET_RAW NET_ADMIN SYSLOG PERFMON BPF"
  .split(" ")
  .map((name) => `CAP_${name}` as Capability);

/** test/kernel/capabilities.c. */
interface Module {
  drop(effective: bigint): void;
  restore(): void;
}
const load = memo(() => require(join(__dirname, "capabilities.node")) as Module);

export const measures = process.env.NODE_LIBBPF_MEASURE !== undefined;
/** What the kernels of the table are asked for: other settings give other answers. */
const SETTINGS = { "/proc/sys/kernel/perf_event_paranoid": "2" };
const UNPRIVILEGED = "/proc/sys/kernel/unprivileged_bpf_disabled";

/** Machines of the table, whose settings may be changed. */
export const measured: Need = {
  what: "a virtual machine whose kernel is in the table of capabilities",
  present: () => {
    const isMeasured = measures || VERSIONS.some((version) => seriesNumber(version) === seriesNumber(release()));
    // Not with error injection: that is the same source, and the table is of Debian's kernels.
    return (
      vmKernel !== undefined && !vmKernel.includes("errinj") && isMeasured && process.arch === "x64" && root.present()
    );
  },
  expected: false,
};

/** What a table says of an operation on this kernel, and how it is found and looked at. */
export interface Operation<S, T> {
  /** Its row of the table. Several operations may share one. */
  readonly row: string;
  /** A row of something that it also does. Measured are operations that do one thing, where this needs more. */
  readonly also?: string;
  /** False if its failure is no error of this library, so that nothing names what is missing. */
  readonly explained?: false;
  /** Done as root before each trial. */
  readonly prepare?: () => S;
  readonly act: (state: S) => T;
  /** Undoes what was done, as root. */
  readonly undo?: (result: Awaited<T>) => void;
  /** After a failure, gives back what was prepared, as root. */
  readonly release?: (state: S) => void;
}

const found = { rows: new Map<string, Needs>(), unprivileged: new Map<string, Needs>() };
const looked = new Set<string>();

/** Runs a function as a user without privileges, who has some capabilities; if it is asynchronous, what it does at once. */
export function having<T>(capabilities: readonly Capability[], act: () => T): T {
  load().drop(capabilities.reduce((set, name) => set | (1n << BigInt(NAMES.indexOf(name))), 0n));
  try {
    return act();
  } finally {
    load().restore();
  }
}

/** Tries an operation with some capabilities. Returns the error, if it is one. */
async function attempt<S, T>(
  { prepare, act, undo, release }: Operation<S, T>,
  capabilities: readonly Capability[],
): Promise<Error | undefined> {
  const state = prepare?.() as S;
  let result: Awaited<T>;
  try {
    result = await having(capabilities, () => act(state));
  } catch (error) {
    release?.(state);
    return error as Error;
  }
  undo?.(result);
  return undefined;
}

const without = (all: readonly Capability[], one: Capability) => all.filter((name) => name !== one);

/** Looks at what an operation needs: measures it, or holds the table against the kernel. */
export async function privileges<S, T>(operation: Operation<S, T>): Promise<void> {
  if (!measured.present()) return;
  const { row, also } = operation;
  // What shares a row is the same: looked at once, and measured for the first.
  if (!measures && looked.has(row)) return;
  looked.add(row);
  for (const unprivileged of [false, true])
    await withSettings({ ...SETTINGS, [UNPRIVILEGED]: unprivileged ? "0" : "2" }, async () => {
      if (measures) return also && unprivileged ? undefined : find(operation, unprivileged);
      const told = (name: string) => {
        const [found] = neededBy(name, { release: release(), unprivileged });
        if (found === undefined) throw new Error(`the table has no row ${name}: npm run gen:privileges`);
        return found.needs;
      };
      const needs = told(row);
      // CAP_SYS_ADMIN stands for what the other row names.
      const more = also === undefined || needs.includes("CAP_SYS_ADMIN") ? [] : told(also);
      await agrees(operation, [...new Set([...needs, ...more])]);
    });
}

/** Measures for the first operation of a row; the others must agree. */
async function find<S, T>(operation: Operation<S, T>, unprivileged: boolean): Promise<void> {
  const { row } = operation;
  const own = unprivileged ? found.unprivileged : found.rows;
  const known = own.get(row) ?? found.rows.get(row);
  const difference = known && (await agrees(operation, known.needs).catch((error: Error) => error));
  if (known !== undefined && difference === undefined) return;
  if (own.has(row)) throw difference;
  own.set(row, await measure(operation));
}

async function withSettings(settings: Readonly<Record<string, string>>, run: () => Promise<void>): Promise<void> {
  const files = Object.entries(settings).map(([path, value]) => [path, value, readFileSync(path, "utf8")] as const);
  for (const [path, value] of files) writeFileSync(path, value);
  try {
    await run();
  } finally {
    for (const [path, , before] of files) writeFileSync(path, before);
  }
}

async function measure<S, T>(operation: Operation<S, T>): Promise<Needs> {
  const works = async (set: readonly Capability[]) => (await attempt(operation, set)) === undefined;
  const least = async (set: readonly Capability[], candidates: readonly Capability[]) => {
    let left = set;
    for (const name of candidates)
      if (left.includes(name) && (await works(without(left, name)))) left = without(left, name);
    return left;
  };
  const failure = await attempt(operation, NAMES);
  if (failure !== undefined) throw new Error(`${operation.row} fails with all capabilities`, { cause: failure });
  if (await works([])) return { needs: [], besidesAdmin: [] };
  const unlikely = NAMES.filter((name) => !LIKELY.includes(name));
  const needs = await least((await works(LIKELY)) ? LIKELY : NAMES, [...LIKELY, ...unlikely]);
  const rest = without(needs, "CAP_SYS_ADMIN");
  const besidesAdmin = without(await least(["CAP_SYS_ADMIN", ...rest], rest), "CAP_SYS_ADMIN");
  return { needs: needs.toReversed(), besidesAdmin: besidesAdmin.toReversed() };
}

/** With the capabilities of a row it works; without any one of them it fails, and the error names that one. */
async function agrees<S, T>(operation: Operation<S, T>, needs: readonly Capability[]): Promise<void> {
  const { row, explained = true } = operation;
  const failure = await attempt(operation, needs);
  if (failure !== undefined) throw new Error(`${row} fails with "${needs.join(", ")}"`, { cause: failure });
  for (const name of needs) {
    const error = await attempt(operation, without(needs, name));
    if (error === undefined) throw new Error(`${row} does not need ${name}`);
    if (measures || !explained) continue;
    const text = error instanceof BpfError ? `${error.message}. ${error.hint}` : error.message;
    const named = /his process lacks ((?:CAP_\w+(?:, | and )?)+)/.exec(text)?.[1]?.match(/CAP_\w+/g) ?? [];
    if (!(error instanceof BpfError) || named.join() !== name)
      throw new Error(`${row} without ${name}: ${text}`, { cause: error });
  }
}

/** What a process measured on a kernel. */
export interface Measured {
  readonly version: string;
  readonly rows: Readonly<Record<string, Needs>>;
  /** With sysctl kernel.unprivileged_bpf_disabled 0, where that differs. */
  readonly unprivileged: Readonly<Record<string, Needs>>;
}

/** Writes what was measured for scripts/gen-privileges.ts. */
export function reportPrivileges(name: string): void {
  const directory = process.env.NODE_LIBBPF_REPORT;
  if (directory === undefined || found.rows.size === 0) return;
  const measured: Measured = {
    version: given(kernelFacts().version) ?? "",
    rows: Object.fromEntries(found.rows),
    unprivileged: Object.fromEntries(found.unprivileged),
  };
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, `privileges-${name}.json`), JSON.stringify(measured));
}
