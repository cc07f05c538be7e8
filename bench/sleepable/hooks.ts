/** The hooks that are measured in virtual machines: for each case a plain program, and a sleepable one. */
import type { Hooks } from "./hooks.bpf";

type ProgramName = keyof Hooks["programs"];

export interface Case {
  name: string;
  /** The system call, by its name in loop.c, that runs the programs. */
  call: "getpgid" | "prctl" | "ioctl";
  plain: ProgramName;
  /** Loaded as sleepable, whatever its section. */
  sleepable: ProgramName;
}

const same = (name: string, call: Case["call"], program: ProgramName): Case => ({
  name,
  call,
  plain: program,
  sleepable: program,
});

/*
 * 5.10 allows one LSM hook to sleep: bprm_committed_creds. It is not measured: an exec takes some 440,000 instructions,
 * give or take 3,000, which hides the instructions of a program.
 */
export const CASES: readonly Case[] = [
  same("fentry", "getpgid", "fentry"),
  same("fexit", "getpgid", "fexit"),
  same("fmod_ret", "getpgid", "fmod_ret"),
  same("lsm/task_prctl", "prctl", "lsm_prctl"),
  same("lsm/file_ioctl", "ioctl", "lsm_ioctl"),
  same("tp_btf/sys_enter", "getpgid", "tp_btf"),
  same("raw_tp/sys_enter", "getpgid", "raw_tp"),
  same("tp/syscalls/sys_enter_*", "getpgid", "tracepoint"),
  {
    name: "fentry, 64 B: probe_read_user, copy_from_user",
    call: "getpgid",
    plain: "fentry_read",
    sleepable: "fentry_copy",
  },
];
