/** A kernel booted with lockdown=confidentiality: what it refuses is explained by that. */
import { existsSync, readFileSync } from "node:fs";
import { open } from "node-libbpf";
import { objectPath } from "../bpf/objects";
import { kernelTest, type Need } from "./needs";

const LOCKDOWN = "/sys/kernel/security/lockdown";

const confidentiality: Need = {
  what: "a kernel booted with lockdown=confidentiality",
  present: () => existsSync(LOCKDOWN) && readFileSync(LOCKDOWN, "utf8").includes("[confidentiality]"),
  expected: false,
};

function only(file: string, program: string) {
  const spec = open(objectPath(file));
  for (const candidate of Object.values(spec.programs)) candidate.autoload = candidate.name === program;
  return spec.load();
}

const lockedDown = expect.stringContaining("locked down (confidentiality)");

kernelTest("a kprobe can't be attached", [confidentiality], async () => {
  using object = await only("probes", "on_kprobe");
  const error = expect.objectContaining({ code: "ERR_BPF_PERMISSION", errno: "EPERM", message: lockedDown });
  expect(() => object.program("on_kprobe").attach()).toThrow(error);
});

kernelTest("a program may not read kernel memory", [confidentiality], async () => {
  await expect(only("lsm", "on_exec")).rejects.toMatchObject({ code: "ERR_BPF_VERIFIER", hint: lockedDown });
});

kernelTest("tracepoints are out of reach", [confidentiality], async () => {
  using object = await only("probes", "on_tracepoint");
  const error = expect.objectContaining({ code: "ERR_BPF_ATTACH", hint: expect.stringContaining("tracefs") });
  expect(() => object.program("on_tracepoint").attach()).toThrow(error);
});

kernelTest("a uprobe is not affected", [confidentiality], async () => {
  using object = await only("events", "on_call");
  object.program("on_call").attach({ path: process.execPath, function: "uv_os_getpriority", pid: process.pid }).close();
});
