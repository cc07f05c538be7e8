/** clang: where it is, and what it is told to make a BPF object. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { BpfError } from "../errors";

/** libbpf's headers and the UAPI headers that match it, as they came with this package; this runs as dist/lib/build/clang.js. */
const HEADERS = join(__dirname, "../../../.deps/include");

/** The names that libbpf's bpf_tracing.h and Debian's C library have for an architecture. */
const ARCHITECTURES: Partial<Record<string, readonly [target: string, multiarch: string]>> = {
  x64: ["x86", "x86_64-linux-gnu"],
  arm64: ["arm64", "aarch64-linux-gnu"],
  arm: ["arm", "arm-linux-gnueabihf"],
  loong64: ["loongarch", "loongarch64-linux-gnu"],
  ppc64: ["powerpc", "powerpc64le-linux-gnu"],
  riscv64: ["riscv", "riscv64-linux-gnu"],
  s390x: ["s390", "s390x-linux-gnu"],
};

/**
 * The clang to compile with: what the environment variable CLANG names, else `clang`, else the newest `clang-NN` of the PATH.
 *
 * @throws {@link BpfError} ERR_BPF_BUILD if there is none
 */
export function findClang(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment.CLANG) return environment.CLANG;
  const folders = (environment.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const plain = folders.map((folder) => join(folder, "clang")).find((path) => existsSync(path));
  if (plain !== undefined) return plain;
  const versioned = folders
    .flatMap((folder) => namesIn(folder).map((name) => ({ path: join(folder, name), name })))
    .flatMap(({ path, name }) => {
      const version = /^clang-(\d+)$/.exec(name)?.[1];
      return version === undefined ? [] : [{ path, version: Number(version) }];
    })
    .toSorted((a, b) => b.version - a.version);
  if (versioned[0] !== undefined) return versioned[0].path;
  throw new BpfError("ERR_BPF_BUILD", "there is no clang", {
    operation: "build",
    hint: "Install it (apt-get install clang), or name it in the environment variable CLANG",
  });
}

/** None where there is no folder, or none that may be read: a shell passes over it too. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/**
 * What makes a BPF object of C: the target, BTF, the architecture, and where headers are, the source's own folder first.
 *
 * @param source its path
 * @param more what else, such as `-DDEBUG`; goes last, and so before what stands here where the two differ
 * @param arch of the machines that the object is for, as `process.arch` names it
 */
export function clangArguments(source: string, more: readonly string[], arch: string = process.arch): string[] {
  const [target, multiarch] = ARCHITECTURES[arch] ?? [arch, ""];
  const system = `/usr/include/${multiarch}`;
  return [
    ...["-target", "bpf", "-mcpu=v3", "-g", "-O2", `-D__TARGET_ARCH_${target}`],
    ...[`-I${dirname(source)}`, `-I${HEADERS}`],
    // clang's own target knows the host's folder for asm/, BPF's does not.
    ...(multiarch !== "" && existsSync(system) ? [`-I${system}`] : []),
    ...more,
  ];
}

/** Every file that a source is made of, itself included; those that were not found by the name that was asked for. */
export function dependenciesOf(clang: string, source: string, args: readonly string[]): string[] {
  const { stdout } = spawnSync(clang, [...args, "-M", "-MG", source], { encoding: "utf8", maxBuffer: 1 << 26 });
  // A rule for make: "source.o: file \<newline> file", with spaces in names escaped.
  const files =
    (stdout ?? "")
      .replace(/^.*?:\s/, "")
      .replaceAll("\\\n", " ")
      .match(/(?:\\.|[^\s\\])+/g) ?? [];
  return Array.from(new Set([source, ...files.map((file) => file.replaceAll(/\\(.)/g, "$1").replaceAll("$$", "$"))]));
}

/**
 * Compiles one file. clang's diagnostics go to standard error as they are, in color on a terminal.
 *
 * @returns whether it compiled
 * @throws {@link BpfError} ERR_BPF_BUILD if clang can't be run
 */
export function runClang(clang: string, source: string, output: string, args: readonly string[]): boolean {
  const { error, status } = spawnSync(clang, [...args, "-c", source, "-o", output], { stdio: ["ignore", 2, 2] });
  if (error === undefined) return status === 0;
  throw new BpfError("ERR_BPF_BUILD", `${clang} can't be run (${(error as NodeJS.ErrnoException).code})`, {
    operation: "build",
    hint: "Install it (apt-get install clang), or name another in the environment variable CLANG",
    cause: error,
  });
}
