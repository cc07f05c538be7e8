// Written by node-libbpf gen from injection.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type ObjectSpec, type OpenOptions, open as openObject } from "node-libbpf";

/** What is in injection.bpf.o. */
export interface Injection {
  programs: {
    /** SEC("fentry.s/should_fail_bio") int bio_entry(unsigned long long *ctx) */
    bio_entry: "fentry";
    /** SEC("fexit.s/should_fail_bio") int bio_exit(unsigned long long *ctx) */
    bio_exit: "fexit";
    /** SEC("fmod_ret.s/should_fail_bio") int bio_modify(unsigned long long *ctx) */
    bio_modify: "fmod_ret";
    /** SEC("fentry.s/open_ctree") int btrfs_entry(unsigned long long *ctx) */
    btrfs_entry: "fentry";
    /** SEC("fexit.s/open_ctree") int btrfs_exit(unsigned long long *ctx) */
    btrfs_exit: "fexit";
    /** SEC("fmod_ret.s/open_ctree") int btrfs_modify(unsigned long long *ctx) */
    btrfs_modify: "fmod_ret";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
  };
  variables: {
    /** __u64 bios, in .bss */
    bios: bigint;
    /** __s32 mount_error, in .bss */
    mount_error: number;
    /** __u64 mounted, in .bss */
    mounted: bigint;
    /** __u64 mounts, in .bss */
    mounts: bigint;
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens injection.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<Injection> {
  const source = join(__dirname, "injection.bpf.o");
  return openObject<Injection>(source, options);
}
