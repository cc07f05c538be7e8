/** A kernel booted with lockdown=confidentiality: what it refuses is explained by that. */
import { existsSync, readFileSync } from "node:fs";
import { openOnly } from "../bpf/objects";
import { kernelTest, type Need } from "./needs";

const LOCKDOWN = "/sys/kernel/security/lockdown";

const confidentiality: Need = {
  what: "a kernel booted with lockdown=confidentiality",
  present: () => existsSync(LOCKDOWN) && readFileSync(LOCKDOWN, "utf8").includes("[confidentiality]"),
  expected: false,
};

const lockedDown = expect.stringContaining("locked down (confidentiality)");

kernelTest("a kprobe can't be attached", [confidentiality], async () => {
  using object = await openOnly("probes", "on_kprobe").load();
  const error = expect.objectContaining({ code: "ERR_BPF_PERMISSION", errno: "EPERM", message: lockedDown });
  expect(() => object.program("on_kprobe").attach()).toThrow(error);
});

kernelTest("a program may not read kernel memory", [confidentiality], async () => {
  await expect(openOnly("lsm", "on_exec").load()).rejects.toMatchObject({ code: "ERR_BPF_VERIFIER", hint: lockedDown });
});

kernelTest("tracepoints are out of reach", [confidentiality], async () => {
  using object = await openOnly("probes", "on_tracepoint").load();
  const error = expect.objectContaining({ code: "ERR_BPF_ATTACH", hint: expect.stringContaining("tracefs") });
  expect(() => object.program("on_tracepoint").attach()).toThrow(error);
});

kernelTest("a uprobe is not affected", [confidentiality], async () => {
  using object = await openOnly("events", "on_call").load();
  object.program("on_call").attach({ path: process.execPath, function: "uv_os_getpriority", pid: process.pid }).close();
});
