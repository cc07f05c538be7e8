// Written by node-libbpf gen from buffers.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type ObjectSpec, type OpenOptions, open as openObject, type PerfBuffer } from "node-libbpf";

/** struct message: 256 bytes */
export interface message {
  /** __u32 length */
  length: number;
  /** __u8 bytes[252] */
  bytes: Uint8Array;
}

/** struct request: 12 bytes */
export interface request {
  /** __u64 number */
  number: bigint;
  /** __u32 value */
  value: number;
}

/** What is in buffers.bpf.o. */
export interface Buffers {
  programs: {
    /** SEC("uprobe") int print(void *ctx) */
    print: "uprobe";
    /** SEC("uprobe") int send_message(void *ctx) */
    send_message: "uprobe";
    /** SEC("uprobe") int send_request(void *ctx) */
    send_request: "uprobe";
  };
  maps: {
    /** The variables in .bss */
    ".bss": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
    /** BPF_MAP_TYPE_PERF_EVENT_ARRAY, max_entries 0 */
    messages: PerfBuffer<Uint8Array>;
    /** BPF_MAP_TYPE_PERF_EVENT_ARRAY, max_entries 0, event struct request */
    requests: PerfBuffer<request>;
  };
  variables: {
    /** __u32 length, in .bss */
    length: number;
    /** __u64 number, in .bss */
    number: bigint;
    /** const char print.____fmt[22], in .rodata */
    readonly "print.____fmt": string;
    /** __u64 refused, in .bss */
    refused: bigint;
    /** const struct message *unused_message, in .bss */
    unused_message: bigint;
    /** const struct request *unused_request, in .bss */
    unused_request: bigint;
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens buffers.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<Buffers> {
  const source = join(__dirname, "buffers.bpf.o");
  return openObject<Buffers>(source, options);
}
