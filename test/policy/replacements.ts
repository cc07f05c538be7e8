/**
 * Replaces a policy over and over, in processes that are killed at random moments, while another process tries what the
 * policy forbids.
 *   node replacements.js COUNT KILLS     as root, where LSM programs can be attached; prints what came of it
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { links, programs } from "node-libbpf";
import { Attempts, type Tally } from "./attempts";
import { type Name, putInForce, specOf } from "./versions";

export interface Result extends Tally {
  replaced: number;
  killed: number;
  /** Links of the policy's programs beyond those of the version in force, and what its folder has beside it. */
  orphans: string[];
}

const other = (version: Name): Name => (version === "old" ? "new" : "old");

/** The names of the policy's programs that are attached, in order. */
export function attached(): string[] {
  const names = new Map([...programs()].map(({ id, name }) => [id, name]));
  const own = Object.keys(specOf("new").programs);
  const found = [...links()].map(({ programId }) => names.get(programId) ?? "");
  return found.filter((name) => own.includes(name)).sort();
}

export function programsOf(version: Name): string[] {
  const loaded = Object.values(specOf(version).programs).filter(({ autoload }) => autoload);
  return loaded.map(({ name }) => name).sort();
}

/** Waits for the kernel to detach the links whose last pins are gone. Returns what should be attached and is not, or the reverse. */
export async function wronglyAttached(wanted: readonly string[]): Promise<string[]> {
  const wrong = () => {
    const found = attached();
    const surplus = found.filter((name, at) => !wanted.includes(name) || found.indexOf(name) !== at);
    return [...surplus, ...wanted.filter((name) => !found.includes(name)).map((name) => `no ${name}`)];
  };
  for (let tries = 0; wrong().length > 0 && tries < 200; tries++) await sleep(20);
  return wrong();
}

export async function replaceOften(
  folder: string,
  count: number,
  kills: number,
  onProgress: (result: Omit<Result, "orphans">) => void = () => {},
): Promise<Result> {
  const first = await putInForce("old", folder);
  using attempts = new Attempts(first);
  first.close();
  let [replaced, killed] = [0, 0];
  const tell = async () => onProgress({ replaced, killed, ...(await attempts.tally()) });
  const orphans: string[] = [];
  for (; killed < kills; killed++) {
    const child = spawn(process.execPath, [__filename, "child", folder], { stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(child, "close");
    const each = await lines(child, 2, () => replaced++);
    if (child.exitCode !== null) throw new Error(`the child ended after ${replaced} replacements`);
    // Somewhere in the next replacement.
    await sleep(Math.random() * each);
    child.kill("SIGKILL");
    await ended;
    // The next start finishes what was begun.
    const next = await putInForce("new", folder);
    orphans.push(...(await leftOver(folder)));
    next.close();
    await tell();
  }
  // By this process: one that starts takes ten times as long in an emulated machine.
  for (let version: Name = "old"; replaced < count; version = other(version)) {
    (await putInForce(version, folder)).close();
    if (++replaced % 100 === 0) await tell();
  }
  const last = await putInForce("new", folder);
  orphans.push(...(await leftOver(folder)));
  const tally = await attempts.tally();
  last.unpin();
  return { replaced, killed, ...tally, orphans };
}

/** What is attached and pinned beside the version "new". */
async function leftOver(folder: string): Promise<string[]> {
  const pinned = readdirSync(folder).filter((name) => name !== "current");
  return [...(await wronglyAttached(programsOf("new"))), ...pinned];
}

/** Reads the lines of so many replacements. Returns the milliseconds of the last one. */
async function lines(child: ChildProcess, count: number, onLine: () => void): Promise<number> {
  let [seen, last, each] = [0, performance.now(), 0];
  for await (const _ of createInterface({ input: child.stdout as NonNullable<ChildProcess["stdout"]> })) {
    onLine();
    each = performance.now() - last;
    last += each;
    if (++seen >= count) break;
  }
  return each;
}

async function replaceForever(folder: string): Promise<void> {
  for (let version: Name = "new"; ; version = other(version)) {
    const policy = await putInForce(version, folder);
    policy.close();
    process.stdout.write(`${version}\n`);
  }
}

if (require.main === module) {
  const [what = "", more = "0"] = process.argv.slice(2);
  const tell = (result: object) => console.error(JSON.stringify(result));
  const run =
    what === "child" ? replaceForever(more) : replaceOften("/sys/fs/bpf/replaced", Number(what), Number(more), tell);
  run.then((result) => console.log(JSON.stringify(result)));
}
