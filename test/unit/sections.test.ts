/** Section names. */
import { AttachType, Flag, ProgramType } from "../../lib/constants";
import { usesTrampoline } from "../../lib/kinds";
import { parseSection } from "../../lib/section-names";

test.each([
  ["lsm/file_open", ProgramType.LSM, "lsm", "file_open", 0],
  ["lsm.s/file_open", ProgramType.LSM, "lsm", "file_open", Flag.SLEEPABLE],
  ["fmod_ret.s/__x64_sys_bpf", ProgramType.TRACING, "fmod_ret", "__x64_sys_bpf", Flag.SLEEPABLE],
  ["iter.s/task", ProgramType.TRACING, "iter", "task", Flag.SLEEPABLE],
  ["uprobe.s//bin/sh:main+0x4", ProgramType.KPROBE, "uprobe", "/bin/sh:main+0x4", Flag.SLEEPABLE],
  ["uprobe.multi.s//bin/sh:m*", ProgramType.KPROBE, "uprobe.multi", "/bin/sh:m*", Flag.SLEEPABLE],
  ["raw_tracepoint/sys_enter", ProgramType.RAW_TRACEPOINT, "raw_tp", "sys_enter", 0],
  ["tp/syscalls/sys_enter_bpf", ProgramType.TRACEPOINT, "tracepoint", "syscalls/sys_enter_bpf", 0],
  ["syscall", ProgramType.SYSCALL, "syscall", undefined, Flag.SLEEPABLE],
  ["xdp.frags", ProgramType.XDP, "xdp", undefined, Flag.XDP_HAS_FRAGS],
  ["xdp/devmap", ProgramType.XDP, "xdp", "devmap", 0],
  ["tc", ProgramType.SCHED_CLS, "tc", undefined, 0],
  ["fentry", ProgramType.TRACING, "fentry", undefined, 0],
  ["my.s/section", ProgramType.UNSPEC, "unspec", undefined, 0],
  ["kprobe.s/x", ProgramType.UNSPEC, "unspec", undefined, 0],
])("%s", (section, type, kind, target, flags) => {
  expect(parseSection(section, type)).toMatchObject({ kind, target, flags });
});

test("sleepable sections that libbpf does not know get their types in the library", () => {
  expect(parseSection("tp.s/syscalls/sys_enter_bpf", 0)).toMatchObject({ type: ProgramType.TRACEPOINT });
  expect(parseSection("raw_tp.s/sys_enter", 0)).toMatchObject({ type: ProgramType.RAW_TRACEPOINT });
  expect(parseSection("tp_btf.s/sys_enter", 0)).toMatchObject({
    type: ProgramType.TRACING,
    attachType: AttachType.TRACE_RAW_TP,
    targetForm: "btf",
  });
});

test("kinds that need a trampoline", () => {
  expect(["lsm", "fentry", "fexit", "fmod_ret"].map(usesTrampoline)).toEqual([true, true, true, true]);
  expect(["kprobe", "tp_btf", "iter", "syscall", "xdp"].some(usesTrampoline)).toBe(false);
});
