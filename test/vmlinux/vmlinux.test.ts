/** Compiles the vmlinux.h of this kernel and of those of the virtual machines, and an LSM program with it. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { type BtfType, open, readBtf } from "node-libbpf";
import { COMMAND, PROJECT_ROOT as ROOT } from "../../scripts/places";
import { newClang } from "../btf/compile";

const ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = { x64: "x86", arm64: "arm64" };

/** The files with a kernel's BTF, which scripts/test.ts passes. */
const kernels = [
  ...(process.env.NODE_LIBBPF_VMLINUX ?? "").split(":").filter(Boolean),
  ...["/sys/kernel/btf/vmlinux"].filter(existsSync),
].map((path): [name: string, path: string] => [basename(dirname(dirname(path))), path]);

const compilers = ["clang", ...(newClang === undefined ? [] : [newClang])];

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "node-libbpf-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

function run(command: string, ...args: string[]): Buffer {
  const { status, stdout, stderr, error } = spawnSync(command, args, { maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`${command}: ${error?.message ?? stderr.toString().slice(0, 4000)}`);
  return stdout;
}

/** libbpf leaves out va_list: the compiler's own type differs on BPF. */
const OTHERS: ReadonlySet<string> = new Set(["warn_args"]);

/** Assertions that every struct has its size. */
function sizes(path: string): string {
  const tagged = (type: BtfType) => ["struct", "union", "enum", "fwd"].includes(type.kind) && type.name !== "";
  const kinds = new Map<string, string>();
  const types = Array.from(readBtf(path).types()).filter(tagged);
  // C has one name space for all kinds, the kernel's files have one each: libbpf numbers the second and later ones.
  for (const { name, kind } of types) {
    const known = kinds.get(name) ?? kind;
    kinds.set(name, known === kind || kind === "fwd" ? known : known === "fwd" ? kind : "");
  }
  const seen = new Set<string>(OTHERS);
  return types
    .map((type) => {
      if (!("size" in type) || kinds.get(type.name) !== type.kind || type.kind === "enum" || seen.has(type.name))
        return "";
      seen.add(type.name);
      return `_Static_assert(sizeof(${type.kind} ${type.name}) == ${type.size}, "");\n`;
    })
    .join("");
}

describe.each(kernels)("%s", (_, path) => {
  test("vmlinux.h compiles without a warning, and types have the kernel's sizes", () => {
    const header = join(directory, "vmlinux.h");
    writeFileSync(header, run(process.execPath, COMMAND, "btf", "dump", path));
    expect(readFileSync(header).length).toBeGreaterThan(1e6);
    const source = join(directory, "sizes.c");
    const statements = sizes(path);
    expect(statements.split("\n").length).toBeGreaterThan(5000);
    writeFileSync(source, `#include "vmlinux.h"\n${statements}`);
    for (const clang of compilers) run(clang, "-target", "bpf", "-Wall", "-Werror", "-fsyntax-only", source);
  });

  function compile(clang: string, name: string, ...more: string[]): string {
    const object = join(directory, `${name}.bpf.o`);
    const target = `-D__TARGET_ARCH_${ARCHITECTURES[process.arch]}`;
    const flags = ["-target", "bpf", "-g", "-O2", "-Wall", "-Werror", "-mcpu=v3", target, ...more];
    const includes = [`-I${directory}`, `-I${join(ROOT, ".deps/include")}`];
    run(clang, ...flags, ...includes, "-c", join(ROOT, `test/vmlinux/${name}.bpf.c`), "-o", object);
    return object;
  }

  test("a program calls kfuncs with it, and may declare them itself", () => {
    const isTag = (type: BtfType) => type.kind === "decl_tag" && type.name === "bpf_kfunc";
    const header = readFileSync(join(directory, "vmlinux.h"));
    // BTF tags them if pahole 1.26 or newer wrote it, for Linux 6.10 or newer.
    const isTagged = Array.from(readBtf(path).types()).some(isTag);
    expect(header.includes(" __weak __ksym;\n")).toBe(isTagged);
    if (!isTagged) return;
    for (const clang of compilers) {
      const object = compile(clang, "kfuncs");
      expect(
        open(object)
          .programFacts()[0]
          ?.kfuncs.map(({ name }) => name),
      ).toEqual(expect.arrayContaining(["bpf_task_from_pid", "bpf_task_release", "bpf_iter_num_new"]));
      expect(() => compile(clang, "kfuncs", "-DBPF_NO_KFUNC_PROTOTYPES")).toThrow(/bpf_task_from_pid/);
    }
  });

  test("an LSM program builds with it, and is opened", () => {
    for (const clang of compilers) {
      const object = compile(clang, "lsm");
      const { programs, maps } = open(object);
      expect(programs.on_exec).toMatchObject({ section: "lsm.s/bprm_committed_creds", sleepable: true });
      expect(Object.keys(maps)).toContain("events");
      expect(readBtf(object).typeNamed("struct exec_event")).toMatchObject({ kind: "struct", size: 88 });
    }
  });
});

test("there is a kernel", () => {
  expect(kernels.length).toBeGreaterThan(0);
});
