/** Finds clang and builds its arguments for BPF objects. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { BpfError } from "../errors";
import { PACKAGE_ROOT } from "../package-root";

/** This library's header, libbpf's and the matching UAPI headers, shipped in this package. */
const HEADERS = ["include", ".deps/include"].map((folder) => join(PACKAGE_ROOT, folder));

/** The names of an architecture in libbpf's bpf_tracing.h and in Debian's multiarch paths. */
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
 * The clang to use: the environment variable CLANG, else `clang`, else the newest `clang-NN` in PATH.
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
  throw new BpfError("ERR_BPF_BUILD", "clang was not found", {
    operation: "build",
    hint: "Install it (apt-get install clang), or set the environment variable CLANG",
  });
}

/** Empty for a folder that is missing or unreadable: a shell ignores it too. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/**
 * Clang's arguments for a BPF object: target, BTF, architecture, and include folders, the source's own first.
 *
 * @param source path of the source
 * @param more additional arguments such as `-DDEBUG`; last, so that they override the others
 * @param arch architecture of the target machines, as in `process.arch`
 */
export function clangArguments(source: string, more: readonly string[], arch: string = process.arch): string[] {
  const [target, multiarch] = ARCHITECTURES[arch] ?? [arch, ""];
  const system = `/usr/include/${multiarch}`;
  return [
    ...["-target", "bpf", "-mcpu=v3", "-g", "-O2", `-D__TARGET_ARCH_${target}`],
    ...[`-I${dirname(source)}`, ...HEADERS.map((folder) => `-I${folder}`)],
    // clang's native target knows the host's folder for asm/, its BPF target does not.
    ...(multiarch !== "" && existsSync(system) ? [`-I${system}`] : []),
    ...more,
  ];
}

/**
 * All files that a source depends on, itself included. Headers that were not found appear by the name in the #include.
 */
export function dependenciesOf(clang: string, source: string, args: readonly string[]): string[] {
  const { stdout } = spawnSync(clang, [...args, "-M", "-MG", source], { encoding: "utf8", maxBuffer: 1 << 26 });
  // The output is a make rule: "source.o: file \<newline> file", with escaped spaces in names.
  const files =
    (stdout ?? "")
      .replace(/^.*?:\s/, "")
      .replaceAll("\\\n", " ")
      .match(/(?:\\.|[^\s\\])+/g) ?? [];
  return Array.from(new Set([source, ...files.map((file) => file.replaceAll(/\\(.)/g, "$1").replaceAll("$$", "$"))]));
}

/**
 * Compiles one file. clang's diagnostics go to standard error unchanged, in color on a terminal.
 *
 * @returns whether it compiled
 * @throws {@link BpfError} ERR_BPF_BUILD if clang can't be run
 */
export function runClang(clang: string, source: string, output: string, args: readonly string[]): boolean {
  const { error, status } = spawnSync(clang, [...args, "-c", source, "-o", output], { stdio: ["ignore", 2, 2] });
  if (error === undefined) return status === 0;
  throw new BpfError("ERR_BPF_BUILD", `${clang} can't be run (${(error as NodeJS.ErrnoException).code})`, {
    operation: "build",
    hint: "Install it (apt-get install clang), or set the environment variable CLANG to another",
    cause: error,
  });
}
