/** node-libbpf vm and node-libbpf/testing, on machines that a script simulates. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { insideVm } from "node-libbpf/testing";
import { documentOf } from "../schemas";
import { FakeQemu } from "./fake-qemu";

const qemu = new FakeQemu();
afterAll(() => qemu.remove());
const kernel = qemu.kernel("one");

/** Ends with a status, as the guest's init reports it. */
const ends = (status: number) => `printf 'ready\\nexit ${status}\\nend\\n' >>$report\n`;

/** A folder for PATH with only these of the system's programs. */
function only(...programs: string[]): string {
  const folder = join(qemu.folder, `only ${programs.join(" ")}`);
  if (existsSync(folder)) return folder;
  mkdirSync(folder);
  for (const program of programs) {
    const path = execFileSync("sh", ["-c", `command -v ${program}`], { encoding: "utf8" }).trim();
    symlinkSync(path, join(folder, program));
  }
  return folder;
}

test("the command's output and status are passed through; progress and a table go to standard error", () => {
  qemu.plays(`echo out >$stdout; echo err >$stderr; ${ends(7)}`);
  const { status, stdout, stderr } = qemu.vm(["--kernel", kernel, "--", "true"]);
  expect({ status, stdout }).toEqual({ status: 7, stdout: "out\n" });
  expect(stderr).toMatch(/^node-libbpf: .*vmlinuz-one: booting\nerr\nKERNEL .*\n.*vmlinuz-one +7 .* icount\n$/);
});

test("with several jobs lines are marked; the status is that of the first kernel whose is not 0", () => {
  qemu.plays(`case "$*" in
*vmlinuz-one*) printf 'a\\nb' >$stdout; ${ends(0)};;
*vmlinuz-two*) sleep 0.3; ${ends(4)};;
*) ${ends(5)};;
esac`);
  const [two, three] = [qemu.kernel("two"), qemu.kernel("three")];
  const { status, stdout } = qemu.vm(["--kernel", `${kernel},${two}`, "--kernel", three, "--jobs=3", "--", "true"]);
  expect({ status, stdout }).toEqual({ status: 4, stdout: `${kernel} | a\n${kernel} | b\n` });
});

test("--json reserves standard output for itself", () => {
  qemu.plays(`echo out >$stdout; ${ends(0)}`);
  const { status, stdout, stderr } = qemu.vm([
    "--kernel",
    `${kernel},/none`,
    "--json",
    "--get=/a:/tmp/b",
    "--",
    "true",
  ]);
  expect(status).toBe(125);
  expect(documentOf("vm", stdout)).toEqual({
    version: 1,
    runs: [
      {
        ...{ kernel, status: 0, error: null, files: [], missing: ["/a"], accelerator: "icount" },
        ...{ bootMs: expect.any(Number), totalMs: expect.any(Number) },
      },
      {
        kernel: "/none",
        status: 125,
        error: { code: "ERR_BPF_VM_NO_KERNEL", message: expect.stringContaining('"/none"') },
      },
    ],
  });
  expect(stderr).toContain("out\n");
});

test("it needs no addon", () => {
  qemu.plays(ends(0));
  expect(qemu.vm(["--kernel", kernel, "--", "true"], process.env.PATH, { NODE_OPTIONS: "--no-addons" }).status).toBe(0);
});

describe("failures are reported, with a remedy", () => {
  test.each<[string, string, string[], number, RegExp]>([
    [
      "a panic",
      "echo ready >$report; echo 'Kernel panic - not syncing: x' >$console",
      [],
      125,
      /kernel panicked while the command ran\n--- end of its console ---\nKernel panic - not syncing: x/,
    ],
    ["no boot", "exit 1", [], 125, /machine ended during its boot\n\(nothing on its console\)/],
    ["QEMU's complaint", "echo 'qemu: no such memory' >&2; exit 1", [], 125, /qemu: no such memory/],
    ["a timeout", "exec sleep 60", ["--timeout=1"], 124, /stopped after 1 s: user space was not reached/],
    [
      "a hang",
      "echo ready >$report; exec sleep 60",
      ["--timeout=1"],
      124,
      /stopped after 1 s: the command was still running/,
    ],
    ["no such command", ends(127), [], 127, /the machine has no such command/],
    [
      "too many files",
      ends(0),
      ["--memory=100"],
      125,
      /has 100 MiB of memory and gets \d+ MiB of files\. Raise its memory to \d+ \(--memory/,
    ],
    ["a file that is not there", ends(0), ["--put=/none:/a"], 125, /can't put \/none into the machine: ENOENT/],
    ["a guest path", ends(0), ["--put=/etc/passwd:a"], 125, /must be absolute: a/],
  ])("%s", (_, script, options, wanted, message) => {
    qemu.plays(script);
    const { status, stderr } = qemu.vm([...options, "--kernel", kernel, "--", "true"]);
    expect({ status, stderr }).toEqual({ status: wanted, stderr: expect.stringMatching(message) });
  });

  test.each<[string, string[], string[], RegExp]>([
    [
      "QEMU is missing",
      ["setpriv", "ldd"],
      [],
      /qemu-system-\S+ is missing\. Install it: apt-get install qemu-system-/,
    ],
    ["setpriv is missing", ["ldd"], [], /setpriv is missing\. Install it: apt-get install util-linux/],
    ["ldd is missing", [], [], /ldd is missing\. Install it: apt-get install libc-bin/],
    [
      "there is no apt",
      ["setpriv", "ldd"],
      ["--kernel=6.12"],
      /no kernel 6\.12 from Debian: apt-get .*ENOENT.* name a vmlinuz file/,
    ],
  ])("%s", (_, programs, options, message) => {
    const other = new FakeQemu();
    try {
      const { status, stderr } = other.vm([...options, "--kernel", kernel, "--", "true"], only(...programs));
      expect({ status, stderr }).toEqual({ status: 125, stderr: expect.stringMatching(message) });
    } finally {
      other.remove();
    }
  });

  test.each([
    [["--", "true"], /--kernel/],
    [["--kernel=6.12"], /command/],
    [
      ["--kernel=6.12", "--memory=much", "--", "true"],
      /^node-libbpf: option '--memory <mib>': expected a positive integer, got 'much'$/m,
    ],
    [["--kernel=6.12", "--put=/etc", "--", "true"], /expected two parts with ":" between them, got '\/etc'/],
    [["--kernel=6.12", "--arch=mips", "--", "true"], /x64, arm64/],
    [["--kernel", kernel, "--env=A;B=1", "--", "true"], /environment variable/],
    [["--kernel", kernel, "--get=a:/tmp", "--", "true"], /absolute/],
  ])("a wrong command line: %j", (args, message) => {
    expect(qemu.vm(args)).toMatchObject({ status: 2, stdout: "", stderr: expect.stringMatching(message) });
  });
});

describe("vmTest", () => {
  const testing = join(__dirname, "../../lib/testing");
  const file = join(qemu.folder, "policy.test.cjs");
  writeFileSync(
    file,
    `const { vmTest } = require(${JSON.stringify(testing)});
     vmTest("policy", { kernels: [${JSON.stringify(kernel)}], command: ["true"], countInstructions: true });`,
  );

  test("declares a test for each kernel with node:test, which passes if the command does", () => {
    qemu.plays(ends(0));
    const { status, stdout } = qemu.node(["--test-reporter=tap", file]);
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: expect.stringContaining(`ok 1 - policy [Linux ${kernel}]`),
    });
  });

  test("fails if the command fails, and shows its output", () => {
    qemu.plays(`echo 'denied nothing' >$stdout; ${ends(1)}`);
    const { status, stdout } = qemu.node(["--test-reporter=tap", file]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: expect.stringContaining("denied nothing") });
    expect(stdout).toContain("ERR_BPF_VM_FAILED");
  });

  test("declares its tests with jest", () => {
    qemu.plays(ends(0));
    writeFileSync(join(qemu.folder, "jest.config.json"), '{ "testMatch": ["**/*.test.cjs"] }');
    const jest = join(__dirname, "../../../node_modules/jest/bin/jest.js");
    const { status, stderr } = qemu.node([jest, "-c", "jest.config.json"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining("policy [Linux") });
  });
});

test("insideVm() returns the harness's variable", () => {
  expect(insideVm()).toBe(process.env.NODE_LIBBPF_TEST_KERNEL);
});
