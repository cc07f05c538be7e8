// Written by node-libbpf gen from file-audit.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type ObjectSpec, type OpenOptions, open as openObject, type RingBuffer } from "node-libbpf";

/** struct open_event: 1056 bytes */
export interface open_event {
  /** __u32 pid */
  pid: number;
  /** __u32 uid */
  uid: number;
  /** __u32 flags */
  flags: number;
  /** __u32 args_size */
  args_size: number;
  /** char comm[16] */
  comm: string;
  /** char path[512] */
  path: string;
  /** unsigned char args[512] */
  args: Uint8Array;
}

/** What is in file-audit.bpf.o. */
export interface FileAudit {
  programs: {
    /** SEC("lsm.s/file_open") int on_open(unsigned long long *ctx) */
    on_open: "lsm";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
    /** BPF_MAP_TYPE_RINGBUF, max_entries 1048576, event struct open_event */
    events: RingBuffer<open_event>;
  };
  variables: {
    /** const volatile char directory[512], in .rodata */
    readonly directory: string;
    /** __u64 dropped, in .bss */
    dropped: bigint;
    /** const struct open_event *unused_open_event, in .bss */
    unused_open_event: bigint;
  };
}

/** Opens file-audit.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<FileAudit> {
  const source = join(__dirname, "file-audit.bpf.o");
  return openObject<FileAudit>(source, options);
}
