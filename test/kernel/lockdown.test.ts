/** A kernel booted with lockdown=confidentiality: its refusals are explained by lockdown. */
import { existsSync, readFileSync } from "node:fs";
import { open as openEvents } from "../bpf/events.bpf";
import { open as openLsm } from "../bpf/lsm.bpf";
import { only } from "../bpf/objects";
import { open as openProbes } from "../bpf/probes.bpf";
import { kernelTest, type Need } from "./needs";

const LOCKDOWN = "/sys/kernel/security/lockdown";

const confidentiality: Need = {
  what: "a kernel booted with lockdown=confidentiality",
  present: () => existsSync(LOCKDOWN) && readFileSync(LOCKDOWN, "utf8").includes("[confidentiality]"),
  expected: false,
};

const lockedDown = expect.stringContaining("locked down (confidentiality)");

kernelTest("a kprobe can't be attached", [confidentiality], async () => {
  using object = await only(openProbes(), "on_kprobe").load();
  const error = expect.objectContaining({ code: "ERR_BPF_PERMISSION", errno: "EPERM", message: lockedDown });
  expect(() => object.programs.on_kprobe.attach()).toThrow(error);
});

kernelTest("a program may not read kernel memory", [confidentiality], async () => {
  await expect(only(openLsm(), "on_exec").load()).rejects.toMatchObject({ code: "ERR_BPF_VERIFIER", hint: lockedDown });
});

kernelTest("tracepoints are not available", [confidentiality], async () => {
  using object = await only(openProbes(), "on_tracepoint").load();
  const error = expect.objectContaining({ code: "ERR_BPF_ATTACH", hint: expect.stringContaining("tracefs") });
  expect(() => object.programs.on_tracepoint.attach()).toThrow(error);
});

kernelTest("a uprobe is not affected", [confidentiality], async () => {
  using object = await openEvents().load();
  object.programs.on_call.attach({ path: process.execPath, function: "uv_os_getpriority", pid: process.pid }).close();
});
