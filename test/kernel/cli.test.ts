/** The command node-libbpf on a real kernel. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readProfile } from "node-libbpf";
import { objectPath } from "../bpf/objects";
import { bpfLsm, isSince, kernelTest, noTrampolines, trampolines } from "./needs";

const MAIN = join(__dirname, "../../lib/cli/main.js");

function cli(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  return { status, stdout, stderr };
}

kernelTest("doctor reports that sleepable LSM programs run here", [bpfLsm], async () => {
  const { status, stdout, stderr } = cli("doctor");
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toContain("ok       a sleepable program on bprm_committed_creds was loaded");
  expect(stdout).toMatch(/^This host can load and attach sleepable LSM programs\.$/m);
});

kernelTest("doctor recognizes a kernel that refuses trampolines", [noTrampolines], async () => {
  const { status, stdout } = cli("doctor");
  expect(status).toBe(1);
  expect(stdout).toMatch(/bad {6}this kernel refuses BPF trampolines.*\[EPERM: BPF_PROG_LOAD\]/);
  const probed = cli("profile", "--probe", "-o", "/dev/null");
  expect(probed).toMatchObject({ status: 0, stderr: expect.stringContaining("lsm, fentry, fexit, fmod_ret") });
});

kernelTest("check and hooks agree with the kernel's answers", [bpfLsm], async () => {
  expect(cli("check", objectPath("lsm"), "--precheck", "probe").status).toBe(0);
  expect(cli("hooks", "--probe", "bprm_committed_creds", "file_mprotect").status).toBe(1);
  const { stdout } = cli("hooks", "--probe", "--kind", "lsm", "--sleepable", "--json");
  const { hooks } = JSON.parse(stdout) as { hooks: { name: string; verdicts: object }[] };
  expect(hooks.map(({ name }) => name)).toContain("bprm_committed_creds");
  expect(hooks.some(({ name }) => name === "file_open")).toBe(isSince("5.11"));
  expect(hooks[0]?.verdicts).toMatchObject({ host: { verdict: "allowed" } });
});

kernelTest("a profile has the kernel's answers", [trampolines], async () => {
  const directory = mkdtempSync(join(tmpdir(), "node-libbpf-"));
  const path = join(directory, "host.json");
  try {
    expect(cli("profile", "--probe", "-o", path)).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(readProfile(path).probed).toMatchObject({
      value: { lsm: { accepted: expect.arrayContaining(["bprm_committed_creds"]) } },
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
});

kernelTest("without privilege, the output says what is missing", [], async () => {
  const nobody = (...args: string[]) =>
    spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8", uid: 65534, gid: 65534 });
  const asked = nobody("profile", "--probe");
  expect(asked).toMatchObject({ status: 2, stdout: "" });
  expect(asked.stderr).toMatch(
    /^node-libbpf: can't probe the kernel: this process lacks CAP_BPF and CAP_PERFMON \(EPERM\)\./,
  );
  const { status, stdout } = nobody("doctor");
  expect(status).toBe(1);
  expect(stdout).toMatch(/^ {2}bad {6}this process lacks CAP_BPF and CAP_PERFMON/m);
});
