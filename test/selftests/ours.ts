/**
 * Opens, loads and attaches BPF objects through node-libbpf, as test/selftests/peer.c does with libbpf, and writes the same
 * lines. Of programs that the selftests expect the kernel to refuse, it says which expected texts the error's log lacks.
 *   node ours.js whole|each FILE...
 */
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { constants } from "node:os";
import { basename, join } from "node:path";
import {
  BpfError,
  type BpfObject,
  type ObjectSpec,
  open,
  type Program,
  StructOpsMap,
  VerifierError,
} from "node-libbpf";
import { expectations, missingFrom } from "./expected";

/** What became of one load. An errno of 0 says that it worked; -1 stands for an error without errno. */
export interface Line {
  object: string;
  /** The program that was loaded alone; "" if the object was loaded as it is. */
  program: string;
  open?: number;
  load?: number;
  /** Of programs. */
  attach?: Record<string, number>;
  /** Of struct_ops maps. */
  maps?: Record<string, number>;
  /** The signal that ended the process. */
  died?: number;
  /** Our error, of opening or loading. */
  said?: string;
  code?: string;
  /** Our errors, of attaching. */
  errors?: Record<string, string>;
  /** Of the texts that a refused program's log is expected to have, those that C's log has and ours has not. */
  missing?: string[];
  /** Of these texts, the number that C's log lacks too: this kernel words it otherwise. */
  lacking?: number;
}

const BPFFS = "/sys/fs/bpf";
/** What was there before any object: the kernel's own iterators. */
const OTHERS: ReadonlySet<string> = new Set(readdirSync(BPFFS));

async function main([how, ...files]: readonly string[]): Promise<void> {
  for (const file of files) {
    await object(file, how === "each");
    process.stdout.write(`done ${file}\n`);
  }
}

async function object(file: string, each: boolean): Promise<void> {
  const name = basename(file).replace(/\..*/, "");
  let spec: ObjectSpec;
  try {
    spec = open(file);
  } catch (error) {
    print({ object: name, program: "", open: errnoOf(error), ...words(error) });
    return;
  }
  const loaded = await load(file, name, "");
  if (!each) return;
  for (const program of Object.keys(spec.programs)) if (!loaded.has(program)) await load(file, name, program);
}

/** Loads the object, or one program, and returns the names of the programs that were loaded. */
async function load(file: string, name: string, program: string): Promise<ReadonlySet<string>> {
  let names: string[] = [];
  const line: Line = { object: name, program, open: 0 };
  const spec = open(file);
  if (program !== "") for (const one of Object.values(spec.programs)) one.autoload = one.name === program;
  try {
    const loaded = await spec.load();
    line.load = 0;
    names = Object.keys(loaded.programs).filter((one) => isLoaded(loaded.program(one)));
    Object.assign(line, attach(loaded, names));
    loaded.close();
  } catch (error) {
    line.load ??= errnoOf(error);
    Object.assign(line, words(error));
    if (program !== "") await expect(line, file, spec, error);
  } finally {
    for (const pin of readdirSync(BPFFS)) if (!OTHERS.has(pin)) rmSync(join(BPFFS, pin), { recursive: true });
  }
  print(line);
  return new Set(names);
}

/** Compares the log with the expected texts. */
async function expect(line: Line, file: string, spec: ObjectSpec, error: unknown): Promise<void> {
  const { fails, messages, logLevel } = expectations(spec.btf, line.program);
  if (!fails || messages.length === 0) return;
  let failed = error;
  if (!(error instanceof VerifierError) || logLevel > 0) {
    spec.program(line.program).logLevel = logLevel;
    failed = await spec.load({ precheck: "off" }).then(
      (loaded) => loaded.close(),
      (reason) => reason,
    );
  }
  const missing = missingFrom(failed instanceof VerifierError ? failed.log.join("\n") : "", messages);
  const theirs = missing.length === 0 ? [] : missingFrom(logOfPeer(file, line.program, logLevel), messages);
  line.missing = missing.filter((message) => !theirs.includes(message));
  line.lacking = theirs.length;
}

function logOfPeer(file: string, program: string, logLevel: number): string {
  const args = ["log", file, program, String(logLevel)];
  return spawnSync(join(__dirname, "peer"), args, { encoding: "utf8", maxBuffer: 1 << 28 }).stdout;
}

function isLoaded(program: Program): boolean {
  try {
    return program.fd >= 0;
  } catch {
    return false;
  }
}

function attach(object: BpfObject, loaded: readonly string[]): Pick<Line, "attach" | "maps" | "errors"> {
  const result = { attach: {}, maps: {}, errors: {} as Record<string, string> };
  const attempt = (into: Record<string, number>, name: string, how: () => Disposable) => {
    try {
      how()[Symbol.dispose]();
      into[name] = 0;
    } catch (error) {
      into[name] = errnoOf(error);
      const { code, said } = words(error);
      result.errors[name] = `${code} ${said}`;
    }
  };
  for (const name of loaded) {
    const program = object.program(name);
    if (program.kind !== "struct_ops") attempt(result.attach, name, () => program.attach());
  }
  for (const map of Object.values(object.maps)) {
    if (map instanceof StructOpsMap) attempt(result.maps, map.name, () => map.attach());
  }
  return result;
}

function errnoOf(error: unknown): number {
  const name = error instanceof BpfError ? error.errno : undefined;
  return -((constants.errno as Record<string, number>)[name ?? ""] ?? 1);
}

/** An error that is not of the library is a fault of it. */
function words(error: unknown): { said: string; code: string } {
  if (error instanceof BpfError) return { said: error.message, code: error.code };
  return { said: (error as Error).stack ?? String(error), code: "FAULT" };
}

function print(line: Line): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

main(process.argv.slice(2));
