// Written by node-libbpf gen from variables.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type ObjectSpec, type OpenOptions, open as openObject } from "node-libbpf";

/** struct config: 40 bytes */
export interface config {
  /** __u32 uid */
  uid: number;
  /** _Bool on : 1 */
  on: boolean;
  /** __u8 level : 3 */
  level: number;
  /** enum state state */
  state: state;
  /** __u64 both */
  both?: bigint;
  /** __u32 half[2] */
  half?: number[];
  /** struct inner list[2] */
  list: inner[];
}

/** struct inner: 8 bytes */
export interface inner {
  /** __u16 port */
  port: number;
  /** char name[6] */
  name: string;
}

/** enum state: 4 bytes */
export const state = {
  IDLE: 0,
  BUSY: 5,
} as const;
export type state = keyof typeof state | number;

/** What is in variables.bpf.o. */
export interface Variables {
  programs: {
    /** SEC("xdp") int sum(struct xdp_md *context) */
    sum: "xdp";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** The variables in .data */
    ".data": BpfMap;
    /** The variables in .data.grows */
    ".data.grows": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
  };
  variables: {
    /** struct config config, in .data */
    config: config;
    /** __u64 grows[2], in .data.grows */
    grows: bigint[];
    /** void *pointer, in .bss */
    pointer: bigint;
    /** const volatile double ratio, in .rodata */
    readonly ratio: number;
    /** __u64 sums[3], in .bss */
    sums: bigint[];
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens variables.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<Variables> {
  const source = join(__dirname, "variables.bpf.o");
  return openObject<Variables>(source, options);
}
