// Written by node-libbpf gen from witness.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type HashMap, type ObjectSpec, type OpenOptions, open as openObject } from "node-libbpf";

/** struct request: 8 bytes */
export interface request {
  /** __u32 flags */
  flags: number;
  /** __u32 type */
  type: number;
}

/** What is in witness.bpf.o. */
export interface Witness {
  programs: {
    /** SEC("kprobe/security_bpf") int on_security_bpf(struct pt_regs *ctx) */
    on_security_bpf: "kprobe";
    /** SEC("raw_tp/sys_enter") int on_system_call(struct bpf_raw_tracepoint_args *ctx) */
    on_system_call: "raw_tp";
  };
  maps: {
    /** The variables in .rodata */
    ".rodata": BpfMap;
    /** BPF_MAP_TYPE_HASH, max_entries 64, key char[16], value struct request */
    loads: HashMap<string, request>;
  };
  variables: {
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens witness.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<Witness> {
  const source = join(__dirname, "witness.bpf.o");
  return openObject<Witness>(source, options);
}
