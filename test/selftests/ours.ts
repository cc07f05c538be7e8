/**
 * Opens, loads and attaches BPF objects through node-libbpf, as test/selftests/peer.c does with libbpf, and writes the same
 * lines. Of programs that the selftests expect the kernel to refuse, it says which expected texts the error's log lacks.
 *   node ours.js whole|each FILE...
 */
import { readdirSync, rmSync } from "node:fs";
import { constants } from "node:os";
import { basename, join } from "node:path";
import { BpfError, type BpfObject, type ObjectSpec, open, VerifierError } from "node-libbpf";
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
  /** The first error, of ours. */
  said?: string;
  code?: string;
  /** The expected texts that the error's log lacks; of programs that are expected to fail alone. */
  missing?: string[];
}

const BPFFS = "/sys/fs/bpf";

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
  const wanted = Object.entries(spec.programs).filter(([, { autoload }]) => autoload);
  const isLoaded = await load(file, name, "");
  if (!each) return;
  const loaded = new Set(isLoaded ? wanted.map(([program]) => program) : []);
  for (const program of Object.keys(spec.programs)) if (!loaded.has(program)) await load(file, name, program);
}

/** Returns whether the object, or the program, was loaded. */
async function load(file: string, name: string, program: string): Promise<boolean> {
  const line: Line = { object: name, program, open: 0 };
  const spec = open(file);
  if (program !== "") for (const one of Object.values(spec.programs)) one.autoload = one.name === program;
  try {
    const loaded = await spec.load();
    line.load = 0;
    Object.assign(line, attach(loaded, spec));
    loaded.close();
  } catch (error) {
    line.load ??= errnoOf(error);
    Object.assign(line, words(error));
    if (program !== "") await expect(line, spec, error);
  } finally {
    for (const pin of readdirSync(BPFFS)) rmSync(join(BPFFS, pin), { recursive: true, force: true });
  }
  print(line);
  return line.load === 0;
}

/** Adds the expected texts that are not in the log. */
async function expect(line: Line, spec: ObjectSpec, error: unknown): Promise<void> {
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
  line.missing = missingFrom(failed instanceof VerifierError ? failed.log.join("\n") : "", messages);
}

function attach(object: BpfObject, spec: ObjectSpec): Pick<Line, "attach" | "maps" | "said" | "code"> {
  const result: Required<Pick<Line, "attach" | "maps">> & Pick<Line, "said" | "code"> = { attach: {}, maps: {} };
  const attempt = (into: Record<string, number>, name: string, how: () => Disposable) => {
    try {
      how()[Symbol.dispose]();
      into[name] = 0;
    } catch (error) {
      into[name] = errnoOf(error);
      const { said, ...code } = words(error);
      Object.assign(result, { said: `${result.said ?? ""}${said}\n`, ...code });
    }
  };
  for (const program of Object.values(object.programs)) {
    if (program.kind === "struct_ops" || !spec.program(program.name).autoload) continue;
    attempt(result.attach, program.name, () => program.attach());
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
