// Written by node-libbpf gen from statics.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type ObjectSpec, type OpenOptions, open as openObject } from "node-libbpf";

/** struct bpf_spin_lock: 4 bytes */
export interface bpf_spin_lock {
  /** __u32 val */
  val: number;
}

/** What is in statics.bpf.o. */
export interface Statics {
  programs: {
    /** SEC("tc") int lock_and_count(void *ctx) */
    lock_and_count: "tc";
    /** SEC("socket") int run(void *ctx) */
    run: "socket";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** The variables in .bss.locked */
    ".bss.locked": BpfMap;
    /** The variables in .data.level */
    ".data.level": BpfMap;
    /** The variables in .data.pair */
    ".data.pair": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
  };
  variables: {
    /** volatile int calls, in .bss */
    calls: number;
    /** volatile int first, in .data.pair */
    first: number;
    /** volatile int level, in .data.level */
    level: number;
    /** struct bpf_spin_lock lock, in .bss.locked */
    lock: bpf_spin_lock;
    /** int locked, in .bss.locked */
    locked: number;
    /** const volatile int mode, in .rodata */
    readonly mode: number;
    /** const char run.____fmt[16], in .rodata */
    readonly "run.____fmt": string;
    /** volatile int second, in .data.pair */
    second: number;
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens statics.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<Statics> {
  const source = join(__dirname, "statics.bpf.o");
  return openObject<Statics>(source, options);
}
