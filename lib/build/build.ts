/** Compiles a BPF program in C to an object, and writes its TypeScript. */
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
  /**
   * Architecture of the target machines, as in `process.arch`, which is the default. It selects registers (pt_regs) and
   * system headers.
   */
  arch?: string | undefined;
  /** Additional arguments for clang. */
  clang?: readonly string[] | undefined;
  /** Whether to write the TypeScript too. Default true. */
  types?: boolean | undefined;
  /**
   * Whether to remove DWARF, which loading does not need and which makes up most of the object. Default true. BTF is
   * kept.
   */
  strip?: boolean | undefined;
  /** A BTF or vmlinux file to generate vmlinux.h from. Default: the running kernel's BTF. */
  btf?: string | undefined;
}

/** The result of {@link build}. */
export interface Built {
  /** False if clang reported errors; then nothing was written. */
  compiled: boolean;
  /** Paths of the written files. */
  outputs: string[];
  /** Paths of the files that the object depends on. If one changes, the object is out of date. */
  inputs: string[];
}

/**
 * Compiles FILE.bpf.c to FILE.bpf.o and writes the object's TypeScript to FILE.bpf.ts next to it. Writes both or
 * neither. If the source includes vmlinux.h and there is none, generates it from the kernel's BTF in the same folder.
 *
 * @throws {@link BpfError} if clang is missing or a file can't be written; also throws the errors of {@link open}, and
 *   {@link ArgumentError} for types without a TypeScript equivalent
 */
export function build(source: string, folder: string, options: BuildOptions = {}): Built {
  const { arch, clang: more = [], types = true, strip = true, btf } = options;
  const found = statSync(source, { throwIfNoEntry: false });
  if (!found?.isFile()) {
    const what = found === undefined ? "does not exist" : "is not a file";
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
    // Not rewritten if unchanged: a watcher would rebuild.
    if (!existsSync(header) || !readFileSync(header).equals(text)) replace(header, text);
    inputs.push(header);
  }

  const temporary = mkdtempSync(join(tmpdir(), "node-libbpf-"));
  try {
    const compiled = join(temporary, basename(object));
    if (!runClang(clang, source, compiled, args)) return { compiled: false, outputs: [], inputs };
    if (!existsSync(compiled)) {
      const hint = "A source is a C file whose name ends in .c";
      throw new BpfError("ERR_BPF_BUILD", `clang does not compile ${source} to an object`, {
        operation: "build",
        hint,
      });
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

/** A copy without DWARF. Uses libbpf's linker, which is always available; llvm-strip is in a separate package. */
function stripped(object: string): string {
  const result = `${object}.stripped`;
  const outcome = native.linkFiles(result, [object]);
  if (outcome.status === 0) return result;
  const errno = errnoName(outcome.status);
  const why = warnings(outcome).at(-1)?.replaceAll(object, basename(object)) ?? errno;
  const hint = "Build without stripping: strip: false, or --no-strip";
  throw new BpfError("ERR_BPF_BUILD", `${basename(object)} can't be stripped of DWARF: ${why}`, {
    ...{ operation: "build", errno, hint },
  });
}

/** Whether vmlinux.h is included and either missing, or the one generated earlier, perhaps from another kernel. */
function needsKernelTypes(inputs: readonly string[], folder: string, btf: string | undefined): boolean {
  const found = inputs.find((file) => basename(file) === "vmlinux.h");
  if (found === undefined) return false;
  return !existsSync(found) || (btf !== undefined && resolve(found) === resolve(folder, "vmlinux.h"));
}

function kernelTypes(btf: string | undefined): Uint8Array {
  return toC(btf === undefined ? kernelBtf() : readBtf(btf));
}
