// Written by node-libbpf gen from usdt.bpf.o. Do not edit.
import { join } from "node:path";
import {
  type ArrayMap,
  type BpfMap,
  type HashMap,
  type ObjectSpec,
  type OpenOptions,
  open as openObject,
} from "node-libbpf";

/** struct __bpf_usdt_arg_spec: 24 bytes */
export interface __bpf_usdt_arg_spec {
  /** __u64 val_off */
  val_off: bigint;
  /** enum __bpf_usdt_arg_type arg_type : 8 */
  arg_type: __bpf_usdt_arg_type;
  /** __u16 idx_reg_off : 12 */
  idx_reg_off: number;
  /** __u16 scale_bitshift : 4 */
  scale_bitshift: number;
  /** __u8 __reserved : 8 */
  __reserved: number;
  /** short reg_off */
  reg_off: number;
  /** _Bool arg_signed */
  arg_signed: boolean;
  /** char arg_bitshift */
  arg_bitshift: number;
}

/** enum __bpf_usdt_arg_type: 4 bytes */
export const __bpf_usdt_arg_type = {
  BPF_USDT_ARG_CONST: 0,
  BPF_USDT_ARG_REG: 1,
  BPF_USDT_ARG_REG_DEREF: 2,
  BPF_USDT_ARG_SIB: 3,
} as const;
export type __bpf_usdt_arg_type = keyof typeof __bpf_usdt_arg_type | number;

/** struct __bpf_usdt_spec: 304 bytes */
export interface __bpf_usdt_spec {
  /** struct __bpf_usdt_arg_spec args[12] */
  args: __bpf_usdt_arg_spec[];
  /** __u64 usdt_cookie */
  usdt_cookie: bigint;
  /** short arg_cnt */
  arg_cnt: number;
}

/** struct pt_regs: 168 bytes */
export interface pt_regs {
  /** unsigned long r15 */
  r15: bigint;
  /** unsigned long r14 */
  r14: bigint;
  /** unsigned long r13 */
  r13: bigint;
  /** unsigned long r12 */
  r12: bigint;
  /** unsigned long rbp */
  rbp: bigint;
  /** unsigned long rbx */
  rbx: bigint;
  /** unsigned long r11 */
  r11: bigint;
  /** unsigned long r10 */
  r10: bigint;
  /** unsigned long r9 */
  r9: bigint;
  /** unsigned long r8 */
  r8: bigint;
  /** unsigned long rax */
  rax: bigint;
  /** unsigned long rcx */
  rcx: bigint;
  /** unsigned long rdx */
  rdx: bigint;
  /** unsigned long rsi */
  rsi: bigint;
  /** unsigned long rdi */
  rdi: bigint;
  /** unsigned long orig_rax */
  orig_rax: bigint;
  /** unsigned long rip */
  rip: bigint;
  /** unsigned long cs */
  cs: bigint;
  /** unsigned long eflags */
  eflags: bigint;
  /** unsigned long rsp */
  rsp: bigint;
  /** unsigned long ss */
  ss: bigint;
}

/** What is in usdt.bpf.o. */
export interface Usdt {
  programs: {
    /** SEC("usdt/libstdc++.so.6:libstdcxx:throw") int found(struct pt_regs *ctx) */
    found: "usdt";
    /** SEC("usdt/libstdc++.so.6:libstdcxx:trow") int misspelt(struct pt_regs *ctx) */
    misspelt: "usdt";
  };
  maps: {
    /** The variables in .kconfig */
    ".kconfig": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
    /** BPF_MAP_TYPE_HASH, max_entries 1024, key long, value __u32 */
    __bpf_usdt_ip_to_spec_id: HashMap<bigint, number>;
    /** BPF_MAP_TYPE_ARRAY, max_entries 256, key int, value struct __bpf_usdt_spec */
    __bpf_usdt_specs: ArrayMap<__bpf_usdt_spec>;
  };
  variables: {
    /** const _Bool LINUX_HAS_BPF_COOKIE, in .kconfig */
    readonly LINUX_HAS_BPF_COOKIE: boolean;
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens usdt.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<Usdt> {
  const source = join(__dirname, "usdt.bpf.o");
  return openObject<Usdt>(source, options);
}
