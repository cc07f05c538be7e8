// Written by node-libbpf gen from syscall-prog.bpf.o. Do not edit.
import { join } from "node:path";
import {
  type ArrayOfMaps,
  type BpfMap,
  type HashMap,
  type ObjectSpec,
  type OpenOptions,
  open as openObject,
} from "node-libbpf";

/** struct request: 12 bytes */
export interface request {
  /** __u32 current */
  current: number;
  /** __u32 count */
  count: number;
  /** __u32 generation */
  generation: number;
}

/** What is in syscall-prog.bpf.o. */
export interface SyscallProg {
  programs: {
    /** SEC("syscall") int replace(struct request *request) */
    replace: "syscall";
  };
  contexts: {
    /** What replace takes a pointer to */
    replace: request;
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** BPF_MAP_TYPE_ARRAY_OF_MAPS, max_entries 1, key __u32 */
    current: ArrayOfMaps<HashMap<number, number>>;
  };
  variables: {
    /** __u32 wanted[256], in .bss */
    wanted: number[];
  };
}

/** Opens syscall-prog.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<SyscallProg> {
  const source = join(__dirname, "syscall-prog.bpf.o");
  return openObject<SyscallProg>(source, options);
}
