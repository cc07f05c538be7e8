/** A BPF program in C, made an object and the TypeScript of it. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { toC } from "../btf/c";
import { kernelBtf } from "../btf/kernel-btf";
import { readBtf } from "../elf/read-btf";
import { BpfError, errnoName } from "../errors";
import { native } from "../native";
import { warnings } from "../native/log";
import { makeFolderOf, replace } from "../replace";
import { clangArguments, dependenciesOf, findClang, runClang } from "./clang";
import { type ModuleOptions, moduleFor } from "./write-module";

/** Options of {@link build}. */
export interface BuildOptions extends Omit<ModuleOptions, "path"> {
  /** Of the machines that the object is for; by default `process.arch`. Registers and system headers hang on it. */
  arch?: string | undefined;
  /** What clang is told besides. */
  clang?: readonly string[] | undefined;
  /** The TypeScript too; true by default. */
  types?: boolean | undefined;
  /** Without DWARF, which nothing that loads an object reads and most of its bytes are; true by default. BTF stays. */
  strip?: boolean | undefined;
  /** A BTF or vmlinux file to make vmlinux.h from; by default the running kernel's. */
  btf?: string | undefined;
}

/** What {@link build} made, and of what. */
export interface Built {
  /** False if clang refused the source, and said why: nothing was written. */
  compiled: boolean;
  /** The files that were written. */
  outputs: string[];
  /** The files that the object is made of. A change of one makes it stale. */
  inputs: string[];
}

/**
 * Compiles FILE.bpf.c to FILE.bpf.o, and writes the TypeScript of the object beside it, to FILE.bpf.ts. Both or neither. If the source
 * includes vmlinux.h and there is none, one is made of the kernel's BTF, in the same folder.
 *
 * @throws {@link BpfError} without clang, or if a file can't be written; what {@link open} throws, and {@link ArgumentError} for what
 *   can't be typed
 */
export function build(source: string, folder: string, options: BuildOptions = {}): Built {
  const { arch, clang: more = [], types = true, strip = true, btf } = options;
  const found = statSync(source, { throwIfNoEntry: false });
  if (!found?.isFile()) {
    const what = found === undefined ? "does not exist" : "is no file";
    throw new BpfError("ERR_BPF_BUILD", `${source} ${what}`, { operation: "build", hint: "Check the path" });
  }
  const object = join(folder, `${basename(source).replace(/\.c$/, "")}.o`);
  makeFolderOf(object);
  const clang = findClang();
  const args = clangArguments(source, [...more, `-I${folder}`], arch);
  const inputs = dependenciesOf(clang, source, args);
  if (needsKernelTypes(inputs, folder, btf)) {
    const header = join(folder, "vmlinux.h");
    const text = kernelTypes(btf);
    // Left alone if it is the same: whoever watches it would build again.
    if (!existsSync(header) || !readFileSync(header).equals(text)) replace(header, text);
    inputs.push(header);
  }

  const temporary = mkdtempSync(join(tmpdir(), "node-libbpf-"));
  try {
    const compiled = join(temporary, basename(object));
    if (!runClang(clang, source, compiled, args)) return { compiled: false, outputs: [], inputs };
    if (!existsSync(compiled)) {
      const hint = "Sources are C files, whose names end in .c";
      throw new BpfError("ERR_BPF_BUILD", `clang makes no object of ${source}`, { operation: "build", hint });
    }
    const bytes = readFileSync(strip ? stripped(compiled) : compiled);
    const module = join(folder, `${basename(source).replace(/\.c$/, "")}.ts`);
    const text = types ? moduleFor(bytes, object, module, options) : undefined;
    replace(object, bytes);
    if (text !== undefined) replace(module, text);
    return { compiled: true, outputs: text === undefined ? [object] : [object, module], inputs };
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** A copy without DWARF, by libbpf's linker, which is always there; llvm-strip comes in a package of its own. */
function stripped(object: string): string {
  const result = `${object}.stripped`;
  const outcome = native.linkFiles(result, [object]);
  if (outcome.status === 0) return result;
  const errno = errnoName(outcome.status);
  const why = warnings(outcome).at(-1)?.replaceAll(object, basename(object)) ?? errno;
  const hint = "Build it as it is: strip: false, or --no-strip";
  throw new BpfError("ERR_BPF_BUILD", `${basename(object)} can't be stripped of DWARF: ${why}`, {
    ...{ operation: "build", errno, hint },
  });
}

/** True if vmlinux.h is included and was not found, or is the one that was made before, of another kernel maybe. */
function needsKernelTypes(inputs: readonly string[], folder: string, btf: string | undefined): boolean {
  const found = inputs.find((file) => basename(file) === "vmlinux.h");
  if (found === undefined) return false;
  return !existsSync(found) || (btf !== undefined && resolve(found) === resolve(folder, "vmlinux.h"));
}

function kernelTypes(btf: string | undefined): Uint8Array {
  return toC(btf === undefined ? kernelBtf() : readBtf(btf));
}
