/** Sleepable LSM programs: load, attach, fire, deny, detach. */
import { spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { type Lsm, open } from "../bpf/lsm.bpf";
import { only } from "../bpf/objects";
import { bpfLsm, kernelTest, since } from "./needs";

function lsm(...programs: (keyof Lsm["programs"])[]) {
  const spec = only(open(), ...programs);
  spec.variables.watched = process.pid;
  return spec;
}

const runTrue = (...args: string[]) => spawnSync("/bin/true", args);

kernelTest("lsm.s/bprm_committed_creds loads, attaches, fires and reads user memory", [bpfLsm], async () => {
  const spec = lsm("on_exec");
  expect(spec.programs.on_exec.sleepable).toBe(true);
  using object = await spec.load();
  const link = object.programs.on_exec.attach();
  expect(link.info()).toMatchObject({ type: "tracing", programId: object.programs.on_exec.id });

  runTrue("one");
  expect(object.variables.execs).toBe(1n);
  expect(object.variables.copied).toBe(1n);
  const argument = Buffer.from(object.variables.first_argument).toString();
  expect(argument.split("\0").slice(0, 2)).toEqual(["/bin/true", "one"]);

  link.close();
  runTrue("two");
  expect(object.variables.execs).toBe(1n);
});

kernelTest("a plain section made sleepable runs at a hook that can sleep", [bpfLsm, since("5.11")], async () => {
  using object = await lsm("on_open").load();
  object.programs.on_open.attach();
  const before = object.variables.opens;
  closeSync(openSync("/proc/self/status", "r"));
  expect(object.variables.opens).toBeGreaterThan(before);
});

kernelTest("a sleepable program denies an exec", [bpfLsm, since("5.11")], async () => {
  using object = await lsm("deny_exec").load();
  using _ = object.programs.deny_exec.attach();
  expect(runTrue().error).toMatchObject({ code: "EACCES" });
});

kernelTest("after close() nothing is enforced", [bpfLsm, since("5.11")], async () => {
  const object = await lsm("deny_exec").load();
  object.programs.deny_exec.attach();
  object.close();
  expect(runTrue().status).toBe(0);
});
