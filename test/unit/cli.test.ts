/** The command node-libbpf: its output and exit status. test/kernel/cli.test.ts tests what depends on the host. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kernelFacts, readBtf, readProfile } from "node-libbpf";
import { printable, table, width } from "../../lib/cli/table";
import { readElf } from "../../lib/elf/elf";
import { COMMAND } from "../../scripts/places";
import { objectPath } from "../bpf/objects";
import { BtfBuilder } from "../btf/builder";
import { documentOf } from "../schemas";

const { version } = JSON.parse(readFileSync(join(__dirname, "../../../package.json"), "utf8"));

function cli(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...args], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    env: { ...process.env, FORCE_COLOR: "1" },
  });
  return { status, stdout, stderr };
}

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "node-libbpf-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** Creates a file with a content. */
function file(name: string, content: string | Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

/** Writes the facts of a kernel as a profile, with changes. */
function profileOf(name: string, facts: object): string {
  return file(name, JSON.stringify({ ...kernelFacts(), ...facts }));
}

describe("usage", () => {
  test.each([["check"], ["hooks"], ["doctor"], ["profile"], ["btf"]])("%s --help and --version", (command) => {
    expect(cli(command, "--help")).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("Options:"),
      stderr: "",
    });
    expect(cli(command, "--version")).toEqual({ status: 0, stdout: `${version}\n`, stderr: "" });
  });

  test("without a command, help and status 2", () => {
    expect(cli()).toMatchObject({ status: 2, stdout: "", stderr: expect.stringContaining("Usage: node-libbpf") });
    expect(cli("--help")).toMatchObject({ status: 0, stderr: "" });
  });

  const lsm = objectPath("lsm");
  const bytes = readFileSync(lsm);
  const big = Buffer.from(bytes);
  big.writeUInt8(2, 5);

  test.each<[what: string, args: () => string[], says: RegExp]>([
    ["a command that does not exist", () => ["chekc", lsm], /unknown command 'chekc'\n\(Did you mean check\?\)/],
    [
      "an option that does not exist",
      () => ["check", lsm, "--jsn"],
      /unknown option '--jsn'\n\(Did you mean --json\?\)/,
    ],
    ["no object", () => ["check"], /missing required argument 'object'/],
    ["a precheck that does not exist", () => ["check", lsm, "--precheck", "off"], /Allowed choices are auto, tables/],
    ["a kind that does not exist", () => ["hooks", "--kind", "lms"], /Allowed choices are lsm, iter, tracing, tp/],
    ["a kernel that is too old", () => ["check", lsm, "--kernel", "4.18"], /profile "4\.18"\. Profiles: 5\.10 to/],
    ["a mistyped kernel", () => ["check", lsm, "--kernel", "debain-6.12.117"], /Did you mean debian-6\.12\.117\?/],
    [
      "a mistyped kernel among others",
      () => ["hooks", "--kernel", "6.12,6.122"],
      /profile "6\.122"\. Did you mean 6\.12\?/,
    ],
    ["no such object", () => ["check", lsm, join(directory, "none.o")], /none\.o does not exist/],
    ["a truncated object", () => ["check", file("cut.o", bytes.subarray(0, -100))], /cut\.o is truncated/],
    ["a big-endian object", () => ["check", file("big.o", big)], /big\.o is big-endian, but this machine is not/],
    ["a profile in place of an object", () => ["check", file("no.json", "{}")], /no\.json is not an ELF file/],
    ["no such profile", () => ["check", lsm, "--profile", "none.json"], /none\.json does not exist/],
    ["a profile that is no JSON", () => ["hooks", "--profile", file("a.json", "{")], /a\.json is not JSON/],
    [
      "a profile of something else",
      () => ["hooks", "--profile", file("b.json", "{}")],
      /not a kernel profile: .*no "format"/,
    ],
    ["a profile that lacks a fact", () => ["check", lsm, "--profile", profileOf("c.json", { lsms: 5 })], /fact "lsms"/],
    ["probing another kernel", () => ["hooks", "--probe", "--kernel", "6.12"], /--probe probes the running kernel/],
    ["probing another", () => ["check", lsm, "--precheck", "probe", "--kernel", "6.12"], /Add it: --kernel host/],
    ["a type that does not exist", () => ["btf", "dump", lsm, "struct linux_binprn"], /lsm\.bpf\.o has no type struct/],
    ["a type in place of a file", () => ["btf", "dump", "/nowhere/linux_binprm"], /linux_binprm does not exist/],
    ["half a type", () => ["btf", "dump", lsm, "struct"], /struct without a name/],
    ["a format that does not exist", () => ["btf", "dump", lsm, "--format", "rust"], /Allowed choices are c, json/],
    ["a file and a module", () => ["btf", "dump", lsm, "--module", "xfs"], /either a file .* or --module/],
    ["a base of nothing", () => ["btf", "dump", "--base", lsm], /--base needs a FILE/],
    ["an object that is cut off", () => ["btf", "dump", file("cut.o", bytes.subarray(0, -100))], /cut\.o is truncated/],
    [
      "a place that is not there",
      () => ["profile", "-o", join(directory, "none/host.json")],
      /can't write .* \(ENOENT/,
    ],
  ])("%s", (_, args, says) => {
    const { status, stdout, stderr } = cli(...args());
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(says);
    expect(stderr).toMatch(/^node-libbpf: /);
    expect(stderr).not.toMatch(/^ {4}at /m);
    // One line, and commander's suggestion.
    expect(stderr.trim().split("\n").length).toBeLessThanOrEqual(2);
  });

  test("a reader that closes the pipe causes no error", () => {
    const command = `set -o pipefail; "$0" "$1" hooks --kernel 6.12 | head -n 1`;
    const { status, stdout, stderr } = spawnSync("bash", ["-c", command, process.execPath, COMMAND], {
      encoding: "utf8",
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^KIND +NAME +6\.12\n$/);
  });
});

describe("check", () => {
  test("a program by kernel, with words and without colors in a pipe", () => {
    const { status, stdout, stderr } = cli("check", objectPath("lsm"), "--kernel", "5.10,debian-6.12");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toBe(
      `${objectPath("lsm")}\n` +
        "PROGRAM  SECTION                     5.10     debian-6.12\n" +
        "on_exec  lsm.s/bprm_committed_creds  allowed  allowed\n",
    );
  });

  test("refusals have the reason once for all kernels, and status 1", () => {
    const { status, stdout } = cli(
      "check",
      objectPath("facts"),
      objectPath("lsm"),
      "--kernel",
      "6.1",
      "--kernel",
      "6.12",
    );
    expect(status).toBe(1);
    expect(stdout).toMatch(/^start +struct_ops\/misleading +refused +refused$/m);
    expect(stdout.match(/refused on 6\.1, 6\.12: .+\n {4}\S/g)).toHaveLength(1);
    expect(stdout).toMatch(/^on_exec +\S+ +allowed +allowed$/m);
  });

  test("unknown verdicts give status 3, unsafe ones 1", () => {
    const newer = profileOf("newer.json", {
      ...{ version: { value: "9.1", origin: "made up" }, measured: { unknown: "not measured" } },
      ...{ config: { unknown: "not read" }, lsms: { unknown: "not read" } },
    });
    const { status, stdout } = cli("check", objectPath("lsm"), "--profile", newer);
    expect(status).toBe(3);
    expect(stdout).toMatch(/^on_exec +\S+ +unknown$/m);
    const inactive = profileOf("inactive.json", { lsms: { value: ["capability"], origin: "made up" } });
    const unsafe = cli("check", objectPath("lsm"), "--kernel", "6.12", "--profile", inactive);
    expect(unsafe.status).toBe(1);
    expect(unsafe.stdout).toMatch(/^on_exec +\S+ +allowed +unsafe$/m);
    expect(unsafe.stdout).toMatch(/ {2}unsafe on inactive: .*\n {4}boot with lsm=capability,bpf/);
  });

  test("JSON has every verdict by the kernel's name", () => {
    const profile = profileOf("host.json", {});
    const { status, stdout } = cli("check", objectPath("facts"), "--json", "--kernel", "6.12", "--profile", profile);
    expect(status).toBe(1);
    const { kernels, objects } = documentOf("check", stdout);
    // "host" alone is the running kernel's name.
    const names = ["6.12", profile];
    expect(kernels.map(({ name }: { name: string }) => name)).toEqual(names);
    expect(kernels[0]).toEqual({
      name: "6.12",
      version: "6.12",
      release: null,
      build: "upstream 6.12",
      architecture: null,
    });
    expect(objects).toHaveLength(1);
    expect(objects[0].path).toBe(objectPath("facts"));
    for (const { program, section, verdicts } of objects[0].programs) {
      expect(Object.keys(verdicts)).toEqual(names);
      const verdict = {
        program,
        section,
        verdict: expect.any(String),
        reason: expect.any(String),
        message: expect.any(String),
      };
      expect(verdicts["6.12"]).toMatchObject({ ...verdict, findings: expect.any(Array) });
    }
  });

  test("an object without programs to load", () => {
    const { status, stdout } = cli("check", objectPath("flags"), "--kernel", "6.12");
    expect(status).toBe(0);
    expect(stdout).toContain("no program is loaded by default");
  });
});

describe("hooks", () => {
  test("a list never fails, and --sleepable leaves out hooks that can't sleep", () => {
    const { status, stdout } = cli("hooks", "--kernel", "5.10", "--kind", "lsm", "--sleepable");
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: "KIND  NAME                  5.10\nlsm   bprm_committed_creds  allowed\n",
    });
    const all = cli("hooks", "--kernel", "5.10", "--kind", "lsm");
    expect(all.status).toBe(0);
    expect(all.stdout).toMatch(/^lsm +file_open +refused$/m);
  });

  test("all kinds of a measured kernel", () => {
    const { stdout } = cli("hooks", "--kernel", "debian-7.3", "--json");
    const { version, kernels, hooks } = documentOf("hooks", stdout);
    expect(version).toBe(1);
    const name = kernels[0].name;
    // The whole list has only the answers; named hooks have reasons.
    expect(hooks[0].verdicts).toEqual({ [name]: { verdict: "refused", reason: expect.any(String) } });
    const named = documentOf("hooks", cli("hooks", hooks[0].name, "--kernel", "debian-7.3", "--json").stdout);
    expect(named.hooks[0].verdicts[name].findings).not.toEqual([]);
    const allowed = new Set<string>();
    for (const { kind, verdicts } of hooks) if (verdicts[name].verdict === "allowed") allowed.add(kind);
    expect([...allowed].sort()).toEqual(["iter", "lsm", "tp", "tracing"]);
  });

  test.each<[status: number, name: string, kernel: string, row: RegExp]>([
    [0, "file_open", "6.12", /^lsm +file_open +allowed$/m],
    [1, "file_open", "5.10", /refused on 5\.10: .*\n.*require Linux 5\.11/],
    [1, "file_opne", "6.12", /^lsm +file_opne +absent\n(?:.*\n)+.*did you mean file_open\?/m],
    [1, "bpf_map_elm", "debian-6.12", /^iter +bpf_map_elm +absent\n(?:.*\n)+.*did you mean bpf_map_elem\?/m],
    [1, "sched_swich", "debian-6.12", /^tp +sched_swich +refused\n(?:.*\n)+.*did you mean sched_switch\?/m],
    [1, "task", "5.10", /^iter +task +unsafe$/m],
    [3, "inet_conn_established", "6.12", /^lsm +inet_conn_established +unknown$/m],
  ])("status %p: %s on %s", (status, name, kernel, row) => {
    const result = cli("hooks", name, "--kernel", kernel);
    expect(result.status).toBe(status);
    expect(result.stdout).toMatch(row);
  });

  test("--sleepable does not hide a refusal", () => {
    expect(cli("hooks", "file_mprotect", "--sleepable", "--kernel", "6.12").status).toBe(1);
  });
});

describe("doctor", () => {
  test("its answer is its status", () => {
    const { status, stdout, stderr } = cli("doctor", "--json");
    const { can, kernel, lines } = documentOf("doctor", stdout);
    expect({ status, stderr }).toEqual({ status: can === null ? 3 : can ? 0 : 1, stderr: "" });
    expect(kernel).toMatchObject({ name: "host", release: expect.any(String) });
    for (const line of lines) {
      expect(line).toMatchObject({
        check: expect.stringMatching(/^[\w-]+$/),
        state: expect.stringMatching(/^(ok|bad|unknown)$/),
        required: expect.any(Boolean),
        message: expect.any(String),
        evidence: { value: expect.any(String), origin: expect.any(String) },
      });
    }
    const text = cli("doctor");
    expect(text.status).toBe(status);
    expect(text.stdout).toMatch(/^\S.*\.\n$/m);
    expect(text.stdout).not.toContain("\x1b");
  });
});

describe("profile", () => {
  test("its output can be read again, and replaces the file", () => {
    const path = file("own.json", "old");
    expect(cli("profile", "-o", path)).toEqual({ status: 0, stdout: "", stderr: "" });
    const { release } = kernelFacts();
    expect(readProfile(path).release).toEqual(release);
    expect(readdirSync(directory).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    const { stdout } = cli("profile");
    expect(JSON.parse(stdout).release).toEqual(release);
    expect(cli("hooks", "--profile", path, "--kind", "iter").stdout).toMatch(/^KIND +NAME +own$/m);
  });

  test("a device is written to, not replaced", () => {
    expect(cli("profile", "-o", "/dev/null").status).toBe(0);
    expect(existsSync("/dev/null") && readFileSync("/dev/null")).toHaveLength(0);
  });
});

describe("btf dump", () => {
  const lsm = objectPath("lsm");

  test("all types of a file, as a header", () => {
    const { status, stdout, stderr } = cli("btf", "dump", lsm);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^#ifndef __VMLINUX_H__\n/);
    expect(stdout).toMatch(
      /^struct linux_binprm \{\n\tlong unsigned int p;|^struct linux_binprm \{\n\tunsigned long p;/m,
    );
  });

  test.each([
    [["struct linux_binprm"]],
    [["struct", "linux_binprm"]],
    [["linux_binprm"]],
    [["linux_binprm", "struct", "linux_binprm"]],
  ])("%j, and what it needs", (types) => {
    const { status, stdout } = cli("btf", "dump", lsm, ...types);
    expect(status).toBe(0);
    expect(stdout.match(/^struct \w+ \{/gm)).toEqual(["struct linux_binprm {"]);
  });

  test("JSON, a line for each type", () => {
    const { stdout } = cli("btf", "dump", "--format", "json", lsm);
    const { types } = documentOf("btf-dump", stdout) as { types: { id: number }[] };
    expect(stdout.split("\n").length).toBe(types.length + 6);
    expect(types.map(({ id }) => id)).toEqual(types.map((_, index) => index + 1));
    const named = documentOf("btf-dump", cli("btf", "dump", "--format", "json", lsm, "linux_binprm").stdout);
    expect(named.types).toContainEqual(expect.objectContaining({ kind: "struct", name: "linux_binprm", size: 16 }));
  });

  test("a base", () => {
    const section = readElf(readFileSync(lsm), "lsm").find(({ name }) => name === ".BTF");
    const base = file("base.btf", section?.contents ?? "");
    const builder = new BtfBuilder(readBtf(base));
    builder.struct("own", 16, [["program", readBtf(base).typeNamed("struct linux_binprm").id, 0]]);
    const module = file("module.btf", builder.bytes());
    const { status, stdout } = cli("btf", "dump", module, "--base", base, "struct own");
    expect(status).toBe(0);
    expect(stdout).toContain("struct own {\n\tstruct linux_binprm program;\n};");
    expect(cli("btf", "dump", module)).toMatchObject({ status: 2, stdout: "" });
  });

  test("a reader that closes the pipe during a dump of the kernel's types causes no error", () => {
    if (!existsSync("/sys/kernel/btf/vmlinux")) return;
    const command = `set -o pipefail; "$0" "$1" btf dump --format json | head -n 1`;
    const { status, stdout, stderr } = spawnSync("bash", ["-c", command, process.execPath, COMMAND], {
      encoding: "utf8",
    });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "{\n", stderr: "" });
  });
});

describe("a table", () => {
  test("columns have the width of the displayed text", () => {
    expect(["abc", "é", "e\u0301", "漢字", "✓", "🐝"].map(width)).toEqual([3, 1, 1, 4, 1, 2]);
    expect(
      table([
        [{ text: "漢字" }, { text: "x" }],
        [{ text: "a" }, { text: "y" }],
      ]),
    ).toBe("漢字  x\na     y\n");
  });

  test("names from a file can't send control sequences to the terminal", () => {
    expect(printable("lsm/\x1b[2Jfile\u009b\topen\nok")).toBe("lsm/?[2Jfile??open ok");
  });

  test("a terminal gets symbols, and colors unless NO_COLOR is set", () => {
    const command = `'${process.execPath}' '${COMMAND}' hooks file_open --kernel 5.10`;
    const terminal = (env: object) =>
      spawnSync("script", ["-qec", command, "/dev/null"], {
        encoding: "utf8",
        env: { PATH: process.env.PATH, TERM: "xterm-256color", ...env },
      });
    const { error, stdout } = terminal({});
    if (error) return; // no script(1)
    expect(stdout).toContain("\x1b[31m✗");
    expect(terminal({ NO_COLOR: "1" }).stdout).toMatch(/^lsm +file_open +✗\s*$/m);
  });
});
