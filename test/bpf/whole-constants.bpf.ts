// Written by node-libbpf gen from whole-constants.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type ObjectSpec, type OpenOptions, open as openObject } from "node-libbpf";

/** What is in whole-constants.bpf.o. */
export interface WholeConstants {
  programs: {
    /** SEC("lsm/bprm_committed_creds") int both_ways(void *ctx) */
    both_ways: "lsm";
    /** SEC("kprobe") int copies_none(void *ctx) */
    copies_none: "kprobe";
    /** SEC("kprobe") int copies_other(void *ctx) */
    copies_other: "kprobe";
    /** SEC("lsm/bprm_committed_creds") int enabled_false(void *ctx) */
    enabled_false: "lsm";
    /** SEC("lsm/bprm_committed_creds") int enabled_true(void *ctx) */
    enabled_true: "lsm";
    /** SEC("lsm/bprm_committed_creds") int enum_none(void *ctx) */
    enum_none: "lsm";
    /** SEC("lsm/bprm_committed_creds") int enumerator_here(void *ctx) */
    enumerator_here: "lsm";
    /** SEC("lsm/bprm_committed_creds") int enumerator_none(void *ctx) */
    enumerator_none: "lsm";
    /** SEC("lsm/bprm_committed_creds") int enumerator_other(void *ctx) */
    enumerator_other: "lsm";
    /** SEC("lsm/bprm_committed_creds") int enumerator_since(void *ctx) */
    enumerator_since: "lsm";
    /** SEC("lsm/bprm_committed_creds") int enumerator_value(void *ctx) */
    enumerator_value: "lsm";
    /** SEC("lsm/bprm_committed_creds") int field_here(void *ctx) */
    field_here: "lsm";
    /** SEC("lsm/bprm_committed_creds") int field_none(void *ctx) */
    field_none: "lsm";
    /** SEC("lsm/bprm_committed_creds") int field_of_flavor(void *ctx) */
    field_of_flavor: "lsm";
    /** SEC("lsm/bprm_committed_creds") int field_of_other_kind(void *ctx) */
    field_of_other_kind: "lsm";
    /** SEC("lsm/bprm_committed_creds") int field_size(void *ctx) */
    field_size: "lsm";
    /** SEC("lsm/bprm_committed_creds") int field_size_right(void *ctx) */
    field_size_right: "lsm";
    /** SEC("lsm/bprm_committed_creds") int kfunc_no_rcu(void *ctx) */
    kfunc_no_rcu: "lsm";
    /** SEC("lsm/bprm_committed_creds") int kfunc_none(void *ctx) */
    kfunc_none: "lsm";
    /** SEC("lsm/bprm_committed_creds") int kfunc_rcu(void *ctx) */
    kfunc_rcu: "lsm";
    /** SEC("lsm/bprm_committed_creds") int level_above(void *ctx) */
    level_above: "lsm";
    /** SEC("lsm/bprm_committed_creds") int level_below(void *ctx) */
    level_below: "lsm";
    /** SEC("lsm/bprm_committed_creds") int loop_none(void *ctx) */
    loop_none: "lsm";
    /** SEC("lsm/bprm_committed_creds") int mask_bit(void *ctx) */
    mask_bit: "lsm";
    /** SEC("lsm/bprm_committed_creds") int mask_less(void *ctx) */
    mask_less: "lsm";
    /** SEC("lsm/bprm_committed_creds") int mask_more(void *ctx) */
    mask_more: "lsm";
    /** SEC("lsm/bprm_committed_creds") int never_returned(void *ctx) */
    never_returned: "lsm";
    /** SEC("lsm/bprm_committed_creds") int reads(void *ctx) */
    reads: "lsm";
    /** SEC("lsm/bprm_committed_creds") int reads_none(void *ctx) */
    reads_none: "lsm";
    /** SEC("lsm/bprm_committed_creds") int reads_none_guarded(void *ctx) */
    reads_none_guarded: "lsm";
    /** SEC("lsm/bprm_committed_creds") int reads_none_maybe(void *ctx) */
    reads_none_maybe: "lsm";
    /** SEC("lsm/bprm_committed_creds") int run_time(void *ctx) */
    run_time: "lsm";
    /** SEC("lsm/bprm_committed_creds") int run_time_bits(void *ctx) */
    run_time_bits: "lsm";
    /** SEC("lsm/bprm_committed_creds") int run_time_pid(void *ctx) */
    run_time_pid: "lsm";
    /** SEC("lsm/bprm_committed_creds") int size_of_none(void *ctx) */
    size_of_none: "lsm";
    /** SEC("lsm/bprm_committed_creds") int symbol_none(void *ctx) */
    symbol_none: "lsm";
    /** SEC("lsm/bprm_committed_creds") int type_here(void *ctx) */
    type_here: "lsm";
    /** SEC("lsm/bprm_committed_creds") int type_none(void *ctx) */
    type_none: "lsm";
    /** SEC("lsm/bprm_committed_creds") int type_not_none(void *ctx) */
    type_not_none: "lsm";
    /** SEC("lsm/bprm_committed_creds") int type_since(void *ctx) */
    type_since: "lsm";
    /** SEC("lsm/bprm_committed_creds") int type_size(void *ctx) */
    type_size: "lsm";
    /** SEC("lsm/bprm_committed_creds") int version_6(void *ctx) */
    version_6: "lsm";
    /** SEC("lsm/bprm_committed_creds") int version_new(void *ctx) */
    version_new: "lsm";
    /** SEC("lsm/bprm_committed_creds") int version_odd(void *ctx) */
    version_odd: "lsm";
    /** SEC("lsm/bprm_committed_creds") int version_old(void *ctx) */
    version_old: "lsm";
    /** SEC("lsm/bprm_committed_creds") int wide_set(void *ctx) */
    wide_set: "lsm";
    /** SEC("lsm/bprm_committed_creds") int wide_small(void *ctx) */
    wide_small: "lsm";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** The variables in .kconfig */
    ".kconfig": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
  };
  variables: {
    /** unsigned int LINUX_KERNEL_VERSION, in .kconfig */
    readonly LINUX_KERNEL_VERSION: number;
    /** char buffer[8], in .bss */
    buffer: string;
    /** const volatile _Bool enabled, in .rodata */
    readonly enabled: boolean;
    /** const volatile __s32 level, in .rodata */
    readonly level: number;
    /** const volatile __u32 mask, in .rodata */
    readonly mask: number;
    /** __u64 runtime, in .bss */
    runtime: bigint;
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
    /** const volatile __u64 wide, in .rodata */
    readonly wide: bigint;
  };
}

/** Opens whole-constants.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<WholeConstants> {
  const source = join(__dirname, "whole-constants.bpf.o");
  return openObject<WholeConstants>(source, options);
}
