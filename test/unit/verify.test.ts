/** node-libbpf verify, on machines that a script simulates. test/machines/verify.test.ts compares real ones with C. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { decisiveLines, instructionsProcessed } from "../../lib/sleepable/log-lines";
import type { Answer } from "../../lib/verify/load-alone";
import { COMMAND } from "../../scripts/places";
import { objectPath } from "../bpf/objects";
import { documentOf } from "../schemas";
import { FakeQemu } from "./fake-qemu";

const OBJECT = objectPath("lsm");
const qemu = new FakeQemu();
afterAll(() => qemu.remove());
const one = qemu.kernel("one");
const two = qemu.kernel("two");

const accepted = (instructions: number): Answer => ({ verdict: "accepted", instructions });
const refused: Answer = {
  verdict: "refused",
  instructions: 7,
  code: "ERR_BPF_VERIFIER",
  errno: "EACCES",
  reason: null,
  message: "program on_exec (lsm.s/bprm_committed_creds) was refused by the kernel: R1 invalid mem access (EACCES)",
  hint: "Check it",
  log: ["; return *value;", "3: (61) r0 = *(u32 *)(r1 +0)", "R1 invalid mem access"],
};
const unknown: Answer = { ...refused, verdict: "unknown", code: "ERR_BPF_TARGET_MISSING", log: [] };

/** The machine of each kernel gives these answers. */
function plays(answers: Readonly<Record<string, Answer>>): void {
  const cases = Object.entries(answers).map(([kernel, answer]) => {
    const folder = join(qemu.folder, `answers of ${kernel}`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    const programs = [{ program: "on_exec", section: "lsm.s/bprm_committed_creds", answer }];
    writeFileSync(join(folder, "answers.json"), JSON.stringify({ release: `${kernel}.1`, programs }));
    const tar = join(folder, "tar");
    spawnSync("tar", ["-cf", tar, "-C", folder, "answers.json"]);
    return `*vmlinuz-${kernel}*) printf 'ready\\nexit 0\\ntar 0 %s\\n' $(stat -c %s '${tar}') >>$report; cat '${tar}' >>$report;;`;
  });
  qemu.plays(`case "$*" in\n${cases.join("\n")}\nesac\nprintf 'end\\n' >>$report\n`);
}

const verify = (...args: string[]) => qemu.node([COMMAND, "verify", OBJECT, ...args]);

// So that KVM is not tried.
mkdirSync(join(qemu.folder, "cache"));
const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
writeFileSync(join(qemu.folder, "cache/accelerator"), `${boot} tcg\n`);

test("a table of programs and kernels, and why one is refused", () => {
  plays({ one: accepted(42), two: refused });
  const { status, stdout, stderr } = verify("--kernel", `${one},${two}`);
  expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
  const [title, header, row, ...rest] = stdout.split("\n");
  expect(title).toBe(OBJECT);
  expect(header?.split(/\s+/)).toEqual(["PROGRAM", "SECTION", one, two]);
  expect(row).toMatch(/^on_exec +lsm\.s\/bprm_committed_creds +accepted 42 +refused$/);
  expect(rest).toEqual([
    "",
    "on_exec (lsm.s/bprm_committed_creds)",
    `  refused on ${two}: R1 invalid mem access (EACCES)`,
    "    Check it",
    ...["; return *value;", "3: (61) r0 = *(u32 *)(r1 +0)", "R1 invalid mem access"].map((line) => `    | ${line}`),
    "",
  ]);
});

test.each<[status: number, answer: Answer]>([
  [0, accepted(1)],
  [1, refused],
  [3, unknown],
])("status %p", (status, answer) => {
  plays({ one: answer });
  expect(verify("--kernel", one).status).toBe(status);
});

test("a variable that the object does not have, before a machine boots", () => {
  const { status, stderr } = verify("--kernel", "of no kernel", "--set", "no_such=1");
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: expect.stringMatching(/^node-libbpf: the object has no variable "no_such"/),
  });
});

test("JSON, which is a baseline", () => {
  plays({ one: accepted(1000), two: refused });
  const { stdout } = verify("--kernel", `${one},${two}`, "--json");
  expect(documentOf("verify", stdout)).toEqual({
    version: 1,
    object: OBJECT,
    kernels: [
      { name: one, release: "one.1" },
      { name: two, release: "two.1" },
    ],
    programs: [
      {
        program: "on_exec",
        section: "lsm.s/bprm_committed_creds",
        verdicts: { [one]: accepted(1000), [two]: refused },
      },
    ],
  });
  const baseline = join(qemu.folder, "baseline.json");
  writeFileSync(baseline, stdout);
  const compare = (answers: Readonly<Record<string, Answer>>, ...args: string[]) => {
    plays(answers);
    return verify("--kernel", `${one},${two}`, "--baseline", baseline, ...args);
  };
  // What was refused before is no news.
  const same = compare({ one: accepted(1100), two: refused });
  expect(same).toMatchObject({ status: 0, stdout: expect.stringContaining("no regression from") });
  expect(compare({ one: accepted(1100), two: refused }, "--tolerance", "5").status).toBe(1);
  const more = compare({ one: accepted(1101), two: accepted(1) });
  expect(more.status).toBe(1);
  expect(more.stdout).toMatch(/^worse than .*\n {2}on_exec on .*-one: 1101 instructions, before 1000\n$/m);
  const worse = compare({ one: unknown, two: refused }, "--json");
  expect(worse.status).toBe(1);
  expect(documentOf("verify", worse.stdout)).toMatchObject({
    tolerance: 10,
    regressions: [
      {
        program: "on_exec",
        kernel: one,
        before: { verdict: "accepted", instructions: 1000 },
        now: { verdict: "unknown", instructions: 7 },
      },
    ],
  });
});

test("a baseline that is none, an object and a kernel that are not there", () => {
  const file = (name: string, text: string) => {
    writeFileSync(join(qemu.folder, name), text);
    return name;
  };
  qemu.plays("echo booted >&2; exit 1");
  const cases: [string[], RegExp][] = [
    [["--kernel", one, "--baseline", "none.json"], /none\.json can't be read as JSON: ENOENT/],
    [["--kernel", one, "--baseline", file("a.json", "{")], /a\.json can't be read as JSON/],
    [["--kernel", one, "--baseline", file("b.json", "{}")], /b\.json is no baseline: it\.version must be a number/],
    [
      ["--kernel", one, "--baseline", file("c.json", '{"version":1,"programs":[{"program":"a","verdicts":{"x":1}}]}')],
      /it\.programs\[0\]\.verdicts\.x must be an object, got 1/,
    ],
    [["--kernel", one, "--baseline", file("d.json", '{"version":2,"programs":[]}')], /is of version 2.*reads 1/],
    [["--kernel", `${one},/none`], /there is no kernel "\/none"/],
    [["--kernel", one, "--tolerance", "-1"], /expected a percentage such as 10, got '-1'/],
    [[], /required option '--kernel/],
  ];
  for (const [args, says] of cases) {
    const { status, stdout, stderr } = verify(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(says);
    expect(stderr).not.toMatch(/booted|^ {4}at /m);
  }
  const { status, stderr } = qemu.node([COMMAND, "verify", "none.o", "--kernel", one]);
  expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringMatching(/^node-libbpf: none\.o does not/) });
});

test("a kernel that does not boot, and one where Node.js fails", () => {
  qemu.plays("exit 1");
  const dead = verify("--kernel", one);
  expect(dead).toMatchObject({ status: 2, stdout: "", stderr: expect.stringContaining("ended during its boot\n") });
  qemu.plays("echo 'no addon' >$stderr; printf 'ready\\nexit 1\\nend\\n' >>$report");
  const failed = verify("--kernel", one);
  expect(failed).toMatchObject({ status: 2, stdout: "" });
  expect(failed.stderr).toMatch(/^node-libbpf: node-libbpf did not run on .*-one\nno addon\n/);
});

test("what a log tells", () => {
  const log = [
    "0: R1=ctx() R10=fp0",
    "; a = b->c; @ x.c:3",
    "0: (79) r1 = *(u64 *)(r1 +0)",
    "; return *value; @ x.c:4",
    "3: (61) r0 = *(u32 *)(r1 +0)",
    "R1 invalid mem access 'scalar'",
    "processed 4 insns (limit 1000000) max_states_per_insn 0 total_states 1 peak_states 1 mark_read 1",
  ];
  expect(instructionsProcessed(log)).toBe(4);
  expect(decisiveLines(log)).toEqual(log.slice(3, 6));
  expect(instructionsProcessed([])).toBeNull();
  expect(decisiveLines([])).toEqual([]);
  expect(decisiveLines(["bpf_lsm_task_free is not sleepable"])).toEqual(["bpf_lsm_task_free is not sleepable"]);
});
