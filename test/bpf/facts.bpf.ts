// Written by node-libbpf gen from facts.bpf.o. Do not edit.
import { join } from "node:path";
import {
  type ArrayMap,
  type ArrayOfMaps,
  type BpfMap,
  type HashMap,
  type LpmTrieMap,
  type ObjectSpec,
  type OpenOptions,
  open as openObject,
  type QueueMap,
  type StructOpsMap,
} from "node-libbpf";

/** struct bpf_spin_lock: 4 bytes */
export interface bpf_spin_lock {
  /** __u32 val */
  val: number;
}

/** struct locked: 8 bytes */
export interface locked {
  /** __u32 count */
  count: number;
  /** struct { … } inner */
  inner: locked_inner;
}

/** struct without a name: 4 bytes */
export type locked_inner = Record<string, never>;

/** struct without a name: 1 byte */
export interface settings {
  /** _Bool nested */
  nested: boolean;
}

/** struct timed: 32 bytes */
export type timed = Record<string, never>;

/** What is in facts.bpf.o. */
export interface Facts {
  programs: {
    /** SEC("lsm/file_open") int constant_argument(void *ctx) */
    constant_argument: "lsm";
    /** SEC("lsm/file_open") int constant_both(void *ctx) */
    constant_both: "lsm";
    /** SEC("lsm/file_open") int constant_branch(void *ctx) */
    constant_branch: "lsm";
    /** SEC("lsm/file_open") int constant_core(struct task_struct *task) */
    constant_core: "lsm";
    /** SEC("lsm/file_open") int constant_kconfig(void *ctx) */
    constant_kconfig: "lsm";
    /** SEC("lsm/file_open") int constant_struct(void *ctx) */
    constant_struct: "lsm";
    /** SEC("lsm/file_open") int constant_text(void *ctx) */
    constant_text: "lsm";
    /** SEC("lsm/file_open") int direct(void *ctx) */
    direct: "lsm";
    /** SEC("lsm/file_open") int field_offset(__u64 *ctx) */
    field_offset: "lsm";
    /** SEC("lsm/file_open") int in_callback(void *ctx) */
    in_callback: "lsm";
    /** SEC("lsm/file_open") int in_global(void *ctx) */
    in_global: "lsm";
    /** SEC("lsm/file_open") int in_static(void *ctx) */
    in_static: "lsm";
    /** SEC("lsm/file_open") int kfuncs(void *ctx) */
    kfuncs: "lsm";
    /** SEC("lsm/file_open") int maps(void *ctx) */
    maps: "lsm";
    /** SEC("struct_ops/none") int orphan(void *ctx) */
    orphan: "struct_ops";
    /** SEC("lsm.s/file_open") int other_argument(void *ctx) */
    other_argument: "lsm";
    /** SEC("lsm/file_open") int runtime_branch(void *ctx) */
    runtime_branch: "lsm";
    /** SEC("struct_ops/misleading") void start(void *ctx) */
    start: "struct_ops";
    /** SEC("struct_ops/ssthresh") int threshold(void *ctx) */
    threshold: "struct_ops";
    /** SEC("lsm/file_open") int unreachable(void *ctx) */
    unreachable: "lsm";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** The variables in .data.lock */
    ".data.lock": BpfMap;
    /** The variables in .kconfig */
    ".kconfig": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
    /** BPF_MAP_TYPE_STRUCT_OPS, max_entries 1 */
    congestion: StructOpsMap<Uint8Array>;
    /** BPF_MAP_TYPE_HASH, max_entries 1, key __u32, value __u32 */
    hash: HashMap<number, number>;
    /** BPF_MAP_TYPE_ARRAY, max_entries 1, key __u32, value struct locked */
    locked: ArrayMap<locked>;
    /** BPF_MAP_TYPE_QUEUE, max_entries 1, value __u32 */
    queue: QueueMap<number>;
    /** BPF_MAP_TYPE_ARRAY, max_entries 1, key __u32, value struct timed */
    timed: ArrayMap<timed>;
    /** BPF_MAP_TYPE_ARRAY_OF_MAPS, max_entries 1, key __u32 */
    tries: ArrayOfMaps<LpmTrieMap<Uint8Array>>;
  };
  variables: {
    /** unsigned int CONFIG_HZ, in .kconfig */
    readonly CONFIG_HZ: number;
    /** char buffer[8], in .bss */
    buffer: string;
    /** struct bpf_spin_lock data_lock, in .data.lock */
    data_lock: bpf_spin_lock;
    /** const char direct.____fmt[9], in .rodata */
    readonly "direct.____fmt": string;
    /** const volatile _Bool enabled, in .rodata */
    readonly enabled: boolean;
    /** const char greeting[8], in .rodata */
    readonly greeting: string;
    /** const volatile char label[4], in .rodata */
    readonly label: string;
    /** __u64 runtime, in .bss */
    runtime: bigint;
    /** const volatile struct { … } settings, in .rodata */
    readonly settings: settings;
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
    /** __u32 zero, in .bss */
    zero: number;
  };
}

/** Opens facts.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<Facts> {
  const source = join(__dirname, "facts.bpf.o");
  return openObject<Facts>(source, options);
}
