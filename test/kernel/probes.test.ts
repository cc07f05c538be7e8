/**
 * Kinds that need no trampoline: kprobe, uprobe, tracepoint, raw_tp, tp_btf, each plain and, if possible, sleepable.
 */
import { getPriority } from "node:os";
import type { AttachOptions, Program } from "node-libbpf";
import { only } from "../bpf/objects";
import { open, type Probes } from "../bpf/probes.bpf";
import { before, kernelTest, kprobes, since, systemCall, systemCallTracepoints, trampolines } from "./needs";
import { fileOffsetOf } from "./symbols";

type ProgramName = keyof Probes["programs"];
/** The variables that count runs. */
type Counter = Exclude<keyof Probes["variables"], "copied" | "cookie" | "watched">;

async function load(...programs: ProgramName[]) {
  const spec = only(open(), ...programs);
  spec.variables.watched = process.pid;
  return spec.load();
}

/** A function of Node.js that getPriority() calls, and the system call below it. */
const self: AttachOptions = { path: process.execPath, function: "uv_os_getpriority", pid: process.pid };

async function counts(program: ProgramName, counter: Counter, options?: AttachOptions): Promise<void> {
  using object = await load(program);
  const link = (object.programs[program] as Program).attach(options);
  const start = object.variables[counter];
  getPriority();
  const counted = object.variables[counter] - start;
  expect(counted).toBeGreaterThan(0n);
  link.close();
  const end = object.variables[counter];
  getPriority();
  expect(object.variables[counter]).toBe(end);
}

kernelTest("kprobe", [kprobes], () => counts("on_kprobe", "kprobes"));
kernelTest("kretprobe", [kprobes], () => counts("on_kretprobe", "kretprobes"));
kernelTest("kprobe with a function passed at attach", [kprobes], () =>
  counts("on_kprobe", "kprobes", { function: systemCall("getpriority"), offset: 0 }),
);
kernelTest("uprobe", [], () => counts("on_uprobe", "uprobes", self));
kernelTest("uretprobe", [], () => counts("on_uretprobe", "uretprobes", self));
kernelTest("uprobe whose section names another function, and an offset in it", [], () =>
  counts("on_uprobe_elsewhere", "uprobes", self),
);
kernelTest("uprobe.s reads user memory", [since("6.0")], () => counts("on_uprobe_sleepable", "uprobes", self));
kernelTest("uretprobe.s", [since("6.0")], () => counts("on_uretprobe_sleepable", "uretprobes", self));
kernelTest("tracepoint", [systemCallTracepoints], () => counts("on_tracepoint", "tracepoints"));
kernelTest("raw_tp", [], () => counts("on_raw_tp", "raw_tps"));
kernelTest("raw_tp whose section names no tracepoint is loaded, and attached to one that is given", [], async () => {
  await counts("on_raw_tp_elsewhere", "raw_tps", { target: "sys_exit" });
  using object = await load("on_raw_tp_elsewhere");
  expect(() => object.programs.on_raw_tp_elsewhere.attach()).toThrow(
    expect.objectContaining({ code: "ERR_BPF_ATTACH", errno: "ENOENT" }),
  );
});
kernelTest("tp_btf", [], () => counts("on_tp_btf", "tp_btfs"));
kernelTest("tracepoint, sleepable", [systemCallTracepoints, since("7.2")], () =>
  counts("on_tracepoint_sleepable", "tracepoints"),
);
kernelTest("raw_tp, sleepable", [since("7.2")], () => counts("on_raw_tp_sleepable", "raw_tps"));
kernelTest("tp_btf, sleepable", [since("7.2"), trampolines], () => counts("on_tp_btf_sleepable", "tp_btfs"));

kernelTest("a uprobe by offset probes the same address as by name", [], async () => {
  const offset = fileOffsetOf(process.execPath, "uv_os_getpriority");
  await counts("on_uprobe", "uprobes", { path: process.execPath, offset, pid: process.pid });
});

kernelTest("a uprobe without a function, and on a missing function", [], async () => {
  using object = await load("on_uprobe");
  expect(() => object.programs.on_uprobe.attach({ path: process.execPath, pid: process.pid })).toThrow(
    /needs a function or an offset/,
  );
  expect(() => object.programs.on_uprobe.attach({ ...self, function: "no_such_function" })).toThrow(
    expect.objectContaining({ code: "ERR_BPF_ATTACH", errno: "ENOENT" }),
  );
});

kernelTest("a sleepable kprobe is refused at attach, with the reason", [since("6.0"), kprobes], async () => {
  const spec = only(open(), "on_kprobe");
  spec.program("on_kprobe").sleepable = true;
  await expect(spec.load()).rejects.toMatchObject({ code: "ERR_BPF_SLEEPABLE", reason: "KPROBE_NOT_SLEEPABLE" });
  using object = await spec.load({ precheck: "off" });
  expect(() => object.programs.on_kprobe.attach()).toThrow(
    expect.objectContaining({ code: "ERR_BPF_ATTACH", errno: "EINVAL", hint: expect.stringContaining("only uprobes") }),
  );
});

kernelTest("a kind that can't sleep is refused at load", [before("6.0")], async () => {
  const spec = only(open(), "on_uprobe_sleepable");
  const program = "on_uprobe_sleepable";
  await expect(spec.load()).rejects.toMatchObject({ code: "ERR_BPF_SLEEPABLE", reason: "KIND_NOT_SLEEPABLE", program });
  await expect(spec.load({ precheck: "off" })).rejects.toMatchObject({ code: "ERR_BPF_VERIFIER", program });
});

kernelTest("a cookie reaches the program", [since("5.15")], async () => {
  using object = await load("on_uprobe_cookie");
  using _ = object.programs.on_uprobe_cookie.attach({ ...self, cookie: 0x1234_5678_9abc_def0n });
  getPriority();
  expect(object.variables.cookie).toBe(0x1234_5678_9abc_def0n);
});

kernelTest("a cookie that does not fit is refused", [], async () => {
  using object = await load("on_uprobe");
  for (const cookie of [-1n, 2n ** 64n, 7]) {
    expect(() => object.programs.on_uprobe.attach({ ...self, cookie: cookie as bigint })).toThrow(
      expect.objectContaining({ code: "ERR_BPF_ARGUMENT" }),
    );
  }
});

kernelTest("a cookie is refused if libbpf can't pass it, and never ignored", [before("5.15")], async () => {
  using object = await load("on_uprobe");
  expect(() => object.programs.on_uprobe.attach({ ...self, cookie: 7n })).toThrow(
    expect.objectContaining({ code: "ERR_BPF_NOT_SUPPORTED", hint: expect.stringContaining("5.15") }),
  );
});
