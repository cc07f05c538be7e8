/** node-libbpf gen and build: files that are created, or stay as they were; clang's output; watching. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findClang } from "../../lib/build/clang";
import { watchTasks } from "../../lib/build/watch";
import { readElf } from "../../lib/elf/elf";
import { COMMAND } from "../../scripts/places";
import { objectPath } from "../bpf/objects";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "node-libbpf-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (name: string) => join(folder, name);
const read = (name: string) => readFileSync(at(name), "utf8");
const read8 = (name: string) => readFileSync(at(name));

function cli(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...args], { cwd: folder, encoding: "utf8" });
  return { status, stdout, stderr };
}

const done = { status: 0, stdout: "", stderr: "" };

const SOURCE = `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "guard.h"
char LICENSE[] SEC("license") = "GPL";
struct limits limits;
SEC("syscall") int run(void *ctx) { return limits.most; }
`;
const header = (type: string) => `struct limits { ${type} most; };\n`;

describe("build", () => {
  beforeEach(() => {
    writeFileSync(at("guard.bpf.c"), SOURCE);
    writeFileSync(at("guard.h"), header("int"));
  });

  test("an object and its types, with the headers of the package", () => {
    expect(cli("build", "guard.bpf.c", "-o", "made/here")).toEqual(done);
    expect(readdirSync(at("made/here")).sort()).toEqual(["guard.bpf.o", "guard.bpf.ts"]);
    expect(read("made/here/guard.bpf.ts")).toContain("/** struct limits limits, in .bss */\n    limits: limits;");
    expect(cli("build", "guard.bpf.c", "-o", ".", "--no-types")).toEqual(done);
    expect(existsSync(at("guard.bpf.ts"))).toBe(false);
  });

  test("DWARF is stripped unless --no-strip is set, and BTF stays", () => {
    const sections = (name: string) => readElf(read8(name), name).map((section) => section.name);
    expect(cli("build", "guard.bpf.c", "-o", "out")).toEqual(done);
    expect(sections("out/guard.bpf.o").filter((name) => name.includes(".debug_"))).toEqual([]);
    expect(sections("out/guard.bpf.o")).toEqual(expect.arrayContaining([".BTF", ".BTF.ext", "syscall"]));
    expect(cli("build", "guard.bpf.c", "-o", "kept", "--no-strip")).toEqual(done);
    expect(sections("kept/guard.bpf.o")).toContain(".debug_info");
    expect(read("kept/guard.bpf.ts")).toBe(read("out/guard.bpf.ts"));
    expect(read8("kept/guard.bpf.o").length).toBeGreaterThan(read8("out/guard.bpf.o").length);
    // The same source gives the same bytes.
    cli("build", "guard.bpf.c", "-o", "again");
    expect(read8("again/guard.bpf.o")).toEqual(read8("out/guard.bpf.o"));
  });

  test("the module's format is the package's, or the option's", () => {
    writeFileSync(at("package.json"), '{ "type": "module" }');
    cli("build", "guard.bpf.c", "-o", "out");
    expect(read("out/guard.bpf.ts")).toContain("import.meta.dirname");
    cli("build", "guard.bpf.c", "-o", "out", "--module", "cjs", "--embed");
    expect(read("out/guard.bpf.ts")).toContain('Buffer.from(OBJECT, "base64")');
  });

  test("arguments after -- are clang's", () => {
    writeFileSync(at("guard.h"), `${header("WIDE")}\n`);
    expect(cli("build", "guard.bpf.c", "-o", "out", "--", "-DWIDE=long", "-Wall")).toEqual(done);
    expect(read("out/guard.bpf.ts")).toContain("most: bigint;");
    expect(cli("build", "-o", "out", "guard.bpf.c", "--", "-DWIDE=int")).toEqual(done);
    expect(read("out/guard.bpf.ts")).toContain("most: number;");
  });

  test("an option behind -- is not the command's", () => {
    expect(cli("build", "guard.bpf.c", "--", "-o", "out")).toEqual({
      status: 2,
      stdout: "",
      stderr: "node-libbpf: required option '-o, --output <folder>' not specified\n",
    });
  });

  test("clang's diagnostics are unchanged, the status is 1, and existing files stay", () => {
    cli("build", "guard.bpf.c", "-o", "out");
    const before = ["guard.bpf.o", "guard.bpf.ts"].map((name) => read(`out/${name}`));
    writeFileSync(at("guard.h"), header("nothing"));
    const { status, stdout, stderr } = cli("build", "guard.bpf.c", "-o", "out");
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(
      /guard\.h:1:17: error: unknown type name 'nothing'\nstruct limits \{ nothing most; \};\n +\^/,
    );
    expect(["guard.bpf.o", "guard.bpf.ts"].map((name) => read(`out/${name}`))).toEqual(before);
  });

  test("an object that can't be typed leaves both files as they were", () => {
    const tag = '__attribute__((btf_decl_tag("event:struct nothing")))';
    const ring = `struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } ring SEC(".maps") ${tag};`;
    writeFileSync(at("guard.h"), header("int") + ring);
    const { status, stderr } = cli("build", "guard.bpf.c", "-o", "out");
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: expect.stringMatching(
        /the tag "event:struct nothing" of map ring .*const struct nothing \*unused_nothing/,
      ),
    });
    expect(readdirSync(at("out"))).toEqual([]);
  });

  test("vmlinux.h is written if it is included and missing, from the given BTF", () => {
    const program = '__attribute__((section("syscall"), used)) int run(void *ctx) { return limits.count; }\n';
    writeFileSync(at("guard.h"), '#include "vmlinux.h"\n');
    writeFileSync(at("guard.bpf.c"), `#include "guard.h"\nstruct locked limits;\n${program}`);
    const made = cli("build", "guard.bpf.c", "-o", "out", "--btf", objectPath("facts"));
    expect(made).toEqual(done);
    expect(read("out/vmlinux.h")).toMatch(/struct locked \{\n\t__u32 count;/);
    expect(read("out/guard.bpf.ts")).toContain("limits: locked;");
    // An existing one takes precedence over one that would be written.
    writeFileSync(at("vmlinux.h"), "struct locked { unsigned long count; };\n");
    rmSync(at("out"), { recursive: true });
    expect(cli("build", "guard.bpf.c", "-o", "out").status).toBe(0);
    expect(readdirSync(at("out")).sort()).toEqual(["guard.bpf.o", "guard.bpf.ts"]);
  });

  test("a missing source, an invalid folder", () => {
    expect(cli("build", "none.bpf.c", "-o", "out")).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/none\.bpf\.c does not exist/),
    });
    expect(cli("build", "guard.bpf.c", "-o", "guard.h/out")).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/can't write .* \(/),
    });
    // mkdirSync() with `recursive` would not return.
    expect(cli("build", "guard.bpf.c", "-o", "/proc/none/out")).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/can't write .* \(ENOENT\)/),
    });
  });

  test("a source that is a folder, or a file that clang does not compile", () => {
    expect(cli("build", ".", "-o", "out")).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/\. is not a file/),
    });
    writeFileSync(at("guard.txt"), "");
    const { status, stderr } = cli("build", "guard.txt", "-o", "out");
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: expect.stringMatching(/clang does not compile guard\.txt to an object\. A source is a C file/),
    });
  });
});

test("an input with a date in the future does not cause endless builds", async () => {
  for (const name of ["ahead", "other"]) writeFileSync(at(name), "");
  utimesSync(at("ahead"), 2 ** 32, 2 ** 32);
  const stop = new AbortController();
  const runs = { ahead: 0, other: 0 };
  const task = (name: keyof typeof runs) => ({
    run: () => {
      if (++runs[name] > 1) stop.abort();
      return [at(name)];
    },
  });
  const watched = watchTasks([task("ahead"), task("other")], stop.signal);
  writeFileSync(at("other"), "changed");
  await watched;
  expect(runs).toEqual({ ahead: 1, other: 2 });
});

describe("clang", () => {
  const tool = (name: string) => {
    mkdirSync(at("bin"), { recursive: true });
    writeFileSync(at(`bin/${name}`), "#!/bin/sh\n");
    chmodSync(at(`bin/${name}`), 0o755);
  };

  test("the one that CLANG names, else clang, else the newest", () => {
    const PATH = `${at("bin")}:${at("none")}:${at("file")}`;
    writeFileSync(at("file"), ""); // a PATH may contain anything
    expect(() => findClang({ PATH })).toThrow(/clang was not found.*apt-get install clang/);
    for (const name of ["clang-9", "clang-14", "clang-format-15", "clang++-16"]) tool(name);
    expect(findClang({ PATH })).toBe(at("bin/clang-14"));
    tool("clang");
    expect(findClang({ PATH })).toBe(at("bin/clang"));
    expect(findClang({ PATH, CLANG: "clang-19" })).toBe("clang-19");
  });

  test("the error for one that can't be run", () => {
    writeFileSync(at("guard.bpf.c"), "int x;\n");
    const { status, stderr } = spawnSync(process.execPath, [COMMAND, "build", "guard.bpf.c", "-o", "."], {
      cwd: folder,
      encoding: "utf8",
      env: { ...process.env, CLANG: at("none") },
    });
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringMatching(/none can't be run \(ENOENT\)/) });
  });
});

describe("gen", () => {
  test("writes a module that finds the object at its path", () => {
    expect(cli("gen", objectPath("cycle"), "-o", "src/cycle.ts", "--event", "events=unsigned int")).toEqual(done);
    expect(read("src/cycle.ts")).toContain("events: RingBuffer<number>;");
    expect(cli("gen", objectPath("cycle"), "-o", "src/cycle.ts", "--path", "./cycle.bpf.o")).toEqual(done);
    expect(read("src/cycle.ts")).toContain('join(__dirname, "./cycle.bpf.o")');
  });

  test("an error leaves the module as it was", () => {
    writeFileSync(at("cycle.ts"), "old");
    for (const args of [
      ["--event", "events"],
      ["--event", "events=struct none"],
      ["--event", "evens=int"],
      ["--module", "amd"],
      ["--u64", "int"],
    ]) {
      expect(cli("gen", objectPath("cycle"), "-o", "cycle.ts", ...args)).toMatchObject({ status: 2, stdout: "" });
    }
    expect(cli("gen", at("none.o"), "-o", "cycle.ts").stderr).toMatch(/none\.o does not exist/);
    expect(read("cycle.ts")).toBe("old");
  });
});

/** Runs the command, and provides its output as it arrives. */
class Watching {
  readonly #child: ChildProcess;
  #text = "";

  constructor(...args: string[]) {
    this.#child = spawn(process.execPath, [COMMAND, ...args, "--watch"], { cwd: folder });
    const add = (chunk: Buffer) => {
      this.#text += chunk.toString();
    };
    this.#child.stdout?.on("data", add);
    this.#child.stderr?.on("data", add);
  }

  /** Waits for text in the output, and discards the output before it. */
  async says(words: string): Promise<void> {
    while (!this.#text.includes(words)) {
      if (this.#child.exitCode !== null) throw new Error(`it ended: ${this.#text}`);
      await Promise.race([
        once(this.#child.stdout as NodeJS.EventEmitter, "data"),
        once(this.#child.stderr as NodeJS.EventEmitter, "data"),
        once(this.#child, "exit"),
      ]);
    }
    this.#text = this.#text.slice(this.#text.indexOf(words) + words.length);
  }

  async interrupt(): Promise<number | null> {
    this.#child.kill("SIGINT");
    if (this.#child.exitCode === null) await once(this.#child, "exit");
    return this.#child.exitCode;
  }
}

describe("--watch", () => {
  test("builds again when a header changes, continues after an error, and ends when it is interrupted", async () => {
    writeFileSync(at("guard.bpf.c"), SOURCE);
    writeFileSync(at("guard.h"), header("int"));
    const watching = new Watching("build", "guard.bpf.c", "-o", "out");
    await watching.says("wrote out/guard.bpf.o, out/guard.bpf.ts\n");
    writeFileSync(at("guard.h"), header("nothing"));
    await watching.says("unknown type name 'nothing'");
    writeFileSync(at("guard.h"), header("long"));
    await watching.says("wrote out/guard.bpf.o, out/guard.bpf.ts\n");
    expect(read("out/guard.bpf.ts")).toContain("most: bigint;");
    // As editors do: replace the file.
    writeFileSync(at("new"), header("short"));
    spawnSync("mv", ["new", "guard.h"], { cwd: folder });
    await watching.says("wrote out/guard.bpf.o");
    expect(await watching.interrupt()).toBe(0);
  });

  test("generates again when the object changes", async () => {
    writeFileSync(at("object.o"), readFileSync(objectPath("cycle")));
    const watching = new Watching("gen", "object.o", "-o", "object.ts");
    await watching.says("wrote object.ts\n");
    writeFileSync(at("object.o"), "no object");
    await watching.says("not an ELF file");
    writeFileSync(at("object.o"), readFileSync(objectPath("maps")));
    await watching.says("wrote object.ts\n");
    expect(read("object.ts")).toContain("percpu_hash");
    expect(await watching.interrupt()).toBe(0);
  });
});
