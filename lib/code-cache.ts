/** V8's compiled code of the package's files, where `node-libbpf code-cache` has kept it beside them. */
import { lstatSync, readFileSync, statSync } from "node:fs";
import { Module } from "node:module";
import { join } from "node:path";
import { runInThisContext, Script } from "node:vm";
import { isTrusted } from "./trusted";

/** Where the published files are, one of which this is. Who could change the compiled code could change them. */
export const BUNDLE = __dirname;

/** Below it, the code for this executable: of code of another build V8 in Node.js 22.20 refuses 22.23's, 20.19 takes 20.20's. */
export function codeCache(): string {
  const { size, mtimeMs } = statSync("/proc/self/exe");
  return join(BUNDLE, "code-cache", [process.version, process.arch, size, Math.trunc(mtimeMs / 1000)].join("-"));
}

/** What is kept of a file: the length of V8's code, the code, and the script that it is for. */
const LENGTH = 8;
/** A file becomes a function, as Node.js makes it. */
const BEFORE = "(function (exports, require, module, __filename, __dirname) { ";
const AFTER = "\n})";

/** What is kept of a file, with V8's code or, for V8 to make it, without. */
export function kept(source: Buffer, code = Buffer.alloc(0)): Buffer {
  const length = Buffer.alloc(LENGTH);
  length.writeUInt32LE(code.length);
  return Buffer.concat([length, code, Buffer.from(BEFORE), source, Buffer.from(AFTER)]);
}

/** The script of what is kept. It is ASCII, as scripts/bundle.mjs writes it. */
export function scriptOf(filename: string, all: Buffer): Script {
  const end = codeEnd(all);
  const cachedData = end > LENGTH ? all.subarray(LENGTH, end) : undefined;
  return new Script(all.toString("latin1", end), { filename, cachedData });
}

const codeEnd = (all: Buffer) => LENGTH + all.readUInt32LE();

/** V8 itself compares no more than the length. */
const isFor = (source: Buffer, all: Buffer) =>
  source.compare(all, codeEnd(all) + BEFORE.length, all.length - AFTER.length) === 0;

const cache = usable();
const asked = new Set<string>();

function usable(): string | undefined {
  try {
    const folder = codeCache();
    // What V8 makes of a script belongs to the main context: not to that of a test in jest.
    return isOurs(folder) && runInThisContext("globalThis") === globalThis ? folder : undefined;
  } catch {
    // There is none, or no /proc.
    return undefined;
  }
}

/** In a folder with the sticky bit others can add files, but not change those that are there. */
function isOurs(folder: string): boolean {
  const { uid } = lstatSync(folder);
  return isTrusted(uid) || uid === statSync(BUNDLE).uid;
}

/** Loads a file with its compiled code, if that is there and for this very source. require() then finds it loaded. */
export function ready(file: string): void {
  if (cache === undefined || asked.has(file)) return;
  asked.add(file);
  const path = join(BUNDLE, file);
  const run = compiled(path, join(cache, file));
  if (!run || require.cache[path]) return;
  const loading = new Module(path, module);
  require.cache[path] = loading;
  try {
    run.call(loading.exports, loading.exports, require, loading, path, BUNDLE);
    loading.loaded = true;
  } catch (error) {
    delete require.cache[path];
    asked.delete(file);
    throw error;
  }
}

function compiled(path: string, keptAt: string) {
  try {
    const all = readFileSync(keptAt);
    return isFor(readFileSync(path), all) ? scriptOf(path, all).runInThisContext() : undefined;
  } catch {
    return undefined;
  }
}
