/** node-libbpf verify finds what a C program with the same libbpf finds on the same kernels. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { runInVm } from "../../lib/testing";
import type { Answer } from "../../lib/verify/load-alone";
import { SERIES } from "../../scripts/kernels";
import { COMMAND, PROJECT_ROOT } from "../../scripts/places";
import { buildSelftests } from "../../scripts/selftests-build";
import { objectPath } from "../bpf/objects";
import { documentOf } from "../schemas";

const EXEC_WATCH = join(PROJECT_ROOT, "dist/examples/exec-watch/exec-watch.bpf.o");

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "verify-"));
  const libraries = ["bpf", "elf", "eu", "z"].map((name) => join(PROJECT_ROOT, `.deps/host/lib${name}.a`));
  const source = join(PROJECT_ROOT, "test/machines/load-alone.c");
  const options = ["-static", "-O2", "-Wall", "-Wextra", "-Werror", `-I${join(PROJECT_ROOT, ".deps/include")}`];
  const { status, stderr } = spawnSync("cc", [...options, source, ...libraries, "-o", join(folder, "load-alone")]);
  if (status !== 0) throw new Error(`cc failed: ${stderr}`);
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Verified {
  version: number;
  kernels: { name: string; release: string }[];
  programs: { program: string; section: string; verdicts: Record<string, Answer> }[];
}

function verify(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, "verify", ...args], { encoding: "utf8" });
  return { status, stdout, stderr };
}

/** What C finds: by program, "0 INSTRUCTIONS" or "ERRNO -". */
async function inC(object: string, kernel: string): Promise<Record<string, string>> {
  const output: Buffer[] = [];
  const { exitCode } = await runInVm({
    kernel,
    command: ["/load-alone", "/object.o"],
    cpus: 1,
    put: [
      { from: join(folder, "load-alone"), to: "/load-alone" },
      { from: object, to: "/object.o" },
    ],
    onStdout: (chunk) => output.push(chunk),
  });
  expect(exitCode).toBe(0);
  const lines = Buffer.concat(output).toString().trim().split("\n");
  return Object.fromEntries(lines.map((line) => [line.split(" ")[0], line.replace(/^\S+ /, "")]));
}

const errnos: Readonly<Record<string, number>> = { ...constants.errno, ENOTSUPP: 524 };

/** The same as words of `inC`, of what verify found. */
function found({ programs }: Verified, kernel: string): Record<string, string> {
  const words = ({ verdict, instructions, ...answer }: Answer) =>
    verdict === "accepted" ? `0 ${instructions}` : `${errnos[("errno" in answer && answer.errno) || ""]} -`;
  return Object.fromEntries(programs.map(({ program, verdicts }) => [program, words(verdicts[kernel] as Answer)]));
}

test("exec-watch on four kernels", async () => {
  const { status, stdout, stderr } = verify(EXEC_WATCH, "--kernel", SERIES.join(","), "--json");
  // On 5.10 a sleepable program can't use a ring buffer.
  expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
  const verified = documentOf("verify", stdout) as Verified;
  expect(verified.kernels.map(({ name }) => name)).toEqual(SERIES);
  for (const kernel of SERIES) expect(found(verified, kernel)).toEqual(await inC(EXEC_WATCH, kernel));
  const [on_exec] = verified.programs;
  expect(on_exec).toMatchObject({
    program: "on_exec",
    verdicts: {
      "5.10": {
        verdict: "refused",
        errno: "EINVAL",
        reason: "MAP_TYPE_NOT_SLEEPABLE",
        log: [expect.stringMatching(/^Sleepable/)],
      },
      "6.12": { verdict: "accepted", instructions: expect.any(Number) },
    },
  });

  const baseline = join(folder, "baseline.json");
  writeFileSync(baseline, stdout);
  const again = verify(EXEC_WATCH, "--kernel", "6.12", "--baseline", baseline);
  expect(again).toMatchObject({ status: 0, stdout: expect.stringContaining(`no regression from ${baseline}`) });
  const worse = readFileSync(baseline, "utf8").replace(/"instructions": \d+/g, '"instructions": 10');
  writeFileSync(baseline, worse);
  const regressed = verify(EXEC_WATCH, "--kernel", "6.12", "--baseline", baseline);
  expect(regressed.status).toBe(1);
  expect(regressed.stdout).toMatch(/worse than .*\n {2}on_exec on 6\.12: \d+ instructions, before 10\n/);
}, 600_000);

/** The programs whose answers of C and of verify differ. */
async function differences(object: string, kernel: string, least: number): Promise<unknown[]> {
  const { status, stdout } = verify(object, "--kernel", kernel, "--json");
  const here = found(documentOf("verify", stdout), kernel);
  const c = await inC(object, kernel);
  expect(Object.keys(c).length).toBeGreaterThanOrEqual(least);
  expect(status).toBe(Object.values(c).every((answer) => answer.startsWith("0 ")) ? 0 : 1);
  const others = Object.keys(c).filter((program) => c[program] !== here[program]);
  return others.map((program) => [program, c[program], here[program]]);
}

test("programs that are refused, for the same errno", async () => {
  expect(await differences(objectPath("refusals"), "6.12", 20)).toEqual([]);
}, 300_000);

test("constants decide what the verifier sees", () => {
  const { stdout } = verify(objectPath("contexts"), "--kernel", "6.12", "--set", "enabled=true", "--json");
  const { programs } = documentOf("verify", stdout) as Verified;
  const verdict = (name: string) => programs.find(({ program }) => program === name)?.verdicts["6.12"]?.verdict;
  expect({ constant: verdict("constant"), constant_mask: verdict("constant_mask") }).toEqual({
    constant: "refused",
    constant_mask: "accepted",
  });
}, 300_000);

test("two objects of the kernel's own selftests", async () => {
  const wanted = ["lsm", "verifier_bounds_deduction"];
  const { objects } = await buildSelftests(
    "6.12",
    (name) => wanted.includes(name),
    () => {},
  );
  expect(objects.length).toBe(wanted.length);
  for (const object of objects) expect(await differences(object, "6.12", 3)).toEqual([]);
}, 600_000);

test("a kernel that does not boot", () => {
  const kernel = join(folder, "vmlinuz-broken");
  writeFileSync(kernel, "no kernel");
  const { status, stdout, stderr } = verify(EXEC_WATCH, "--kernel", kernel, "--timeout", "60");
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toMatch(/^node-libbpf: the .*broken machine ended during its boot\n/);
}, 120_000);
