// Written by node-libbpf gen from hooks.bpf.o. Do not edit.
import { join } from "node:path";
import { type ObjectSpec, type OpenOptions, open as openObject } from "node-libbpf";

/** What is in hooks.bpf.o. */
export interface Hooks {
  programs: {
    /** SEC("fentry/__x64_sys_getpgid") int fentry(unsigned long long *ctx) */
    fentry: "fentry";
    /** SEC("fentry.s/__x64_sys_getpgid") int fentry_copy(unsigned long long *ctx) */
    fentry_copy: "fentry";
    /** SEC("fentry/__x64_sys_getpgid") int fentry_read(unsigned long long *ctx) */
    fentry_read: "fentry";
    /** SEC("fexit/__x64_sys_getpgid") int fexit(unsigned long long *ctx) */
    fexit: "fexit";
    /** SEC("fmod_ret/__x64_sys_getpgid") int fmod_ret(unsigned long long *ctx) */
    fmod_ret: "fmod_ret";
    /** SEC("lsm/file_ioctl") int lsm_ioctl(unsigned long long *ctx) */
    lsm_ioctl: "lsm";
    /** SEC("lsm/task_prctl") int lsm_prctl(unsigned long long *ctx) */
    lsm_prctl: "lsm";
    /** SEC("raw_tp/sys_enter") int raw_tp(void *ctx) */
    raw_tp: "raw_tp";
    /** SEC("tp_btf/sys_enter") int tp_btf(void *ctx) */
    tp_btf: "tp_btf";
    /** SEC("tracepoint/syscalls/sys_enter_getpgid") int tracepoint(void *ctx) */
    tracepoint: "tracepoint";
  };
  maps: Record<never, never>;
  variables: Record<never, never>;
}

/** Opens hooks.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<Hooks> {
  const source = join(__dirname, "hooks.bpf.o");
  return openObject<Hooks>(source, { u64: "number", ...options });
}
