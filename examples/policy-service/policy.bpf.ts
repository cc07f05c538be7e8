// Written by node-libbpf gen from policy.bpf.o. Do not edit.
import { join } from "node:path";
import {
  type ArrayMap,
  type BpfMap,
  type ObjectSpec,
  type OpenOptions,
  open as openObject,
  type RingBuffer,
} from "node-libbpf";

/** struct answer: 16 bytes */
export interface answer {
  /** __s32 rule */
  rule: number;
  /** enum verdict verdict */
  verdict: verdict;
  /** __u32 unresolved */
  unresolved: number;
  /** __u32 tell */
  tell: number;
}

/** struct counters: 104 bytes */
export interface counters {
  /** __u64 decisions[3][3] */
  decisions: bigint[][];
  /** __u64 unresolved[3] */
  unresolved: bigint[];
  /** __u64 lost */
  lost: bigint;
}

/** struct decision: 608 bytes */
export interface decision {
  /** __u64 time */
  time: bigint;
  /** __u64 generation */
  generation: bigint;
  /** __u64 cgroup */
  cgroup: bigint;
  /** __u32 pid */
  pid: number;
  /** __u32 uid */
  uid: number;
  /** __s32 rule */
  rule: number;
  /** enum hook hook */
  hook: hook;
  /** enum verdict verdict */
  verdict: verdict;
  /** __u32 unresolved */
  unresolved: number;
  /** char comm[16] */
  comm: string;
  /** unsigned char address[28] */
  address: Uint8Array;
  /** __u32 path_size */
  path_size: number;
  /** char path[512] */
  path: string;
}

/** enum hook: 4 bytes */
export const hook = {
  EXEC: 0,
  OPEN: 1,
  CONNECT: 2,
} as const;
export type hook = keyof typeof hook | number;

/** struct policy: 73784 bytes */
export interface policy {
  /** __u64 generation */
  generation: bigint;
  /** __u32 service_pid */
  service_pid: number;
  /** __u32 padding */
  padding: number;
  /** __u64 service_start */
  service_start: bigint;
  /** struct rule_set sets[2] */
  sets: rule_set[];
}

/** struct question: 12 bytes */
export interface question {
  /** enum hook hook */
  hook: hook;
  /** __u32 uid */
  uid: number;
  /** __u32 path_size */
  path_size: number;
}

/** struct rule: 288 bytes */
export interface rule {
  /** __u64 cgroup */
  cgroup: bigint;
  /** __u32 cgroup_depth */
  cgroup_depth: number;
  /** __u32 uid */
  uid: number;
  /** __u32 hooks */
  hooks: number;
  /** __u32 conditions */
  conditions: number;
  /** __u8 deny */
  deny: number;
  /** __u8 tell */
  tell: number;
  /** __u16 path_size */
  path_size: number;
  /** char path[256] */
  path: string;
}

/** struct rule_set: 36880 bytes */
export interface rule_set {
  /** __u32 hooks */
  hooks: number;
  /** __u32 count */
  count: number;
  /** __u8 enforcing */
  enforcing: number;
  /** __u8 deny_unresolved */
  deny_unresolved: number;
  /** struct rule rules[128] */
  rules: rule[];
}

/** struct text: 4104 bytes */
export interface text {
  /** __u64 taken */
  taken: bigint;
  /** char bytes[4096] */
  bytes: string;
}

/** enum verdict: 4 bytes */
export const verdict = {
  ALLOWED: 0,
  DENIED: 1,
  WOULD_DENY: 2,
} as const;
export type verdict = keyof typeof verdict | number;

/** What is in policy.bpf.o. */
export interface Policy {
  programs: {
    /** SEC("lsm.s/socket_connect") int check_connect(unsigned long long *ctx) */
    check_connect: "lsm";
    /** SEC("lsm.s/bprm_check_security") int check_exec(unsigned long long *ctx) */
    check_exec: "lsm";
    /** SEC("lsm.s/file_open") int check_open(unsigned long long *ctx) */
    check_open: "lsm";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** BPF_MAP_TYPE_ARRAY, max_entries 8, key __u32, value struct text */
    buffers: ArrayMap<text>;
    /** BPF_MAP_TYPE_ARRAY, max_entries 1, key __u32, value struct counters */
    counters: ArrayMap<counters>;
    /** BPF_MAP_TYPE_RINGBUF, max_entries 4194304, event struct decision */
    decisions: RingBuffer<decision>;
    /** BPF_MAP_TYPE_ARRAY, max_entries 1, key __u32, value struct policy */
    policies: ArrayMap<policy>;
  };
  variables: {
    /** const struct decision *unused_decision, in .bss */
    unused_decision: bigint;
  };
}

/** Opens policy.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<Policy> {
  const source = join(__dirname, "policy.bpf.o");
  return openObject<Policy>(source, options);
}
