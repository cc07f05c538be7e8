// Written by node-libbpf gen from stream.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type ObjectSpec, type OpenOptions, open as openObject } from "node-libbpf";

/** struct text: 12 bytes */
export interface text {
  /** __u32 stream */
  stream: number;
  /** __u32 number */
  number: number;
  /** __u32 times */
  times: number;
}

/** What is in stream.bpf.o. */
export interface Stream {
  programs: {
    /** SEC("syscall") int say(struct text *text) */
    say: "syscall";
  };
  contexts: {
    /** What say takes a pointer to */
    say: text;
  };
  maps: {
    /** The variables in .rodata */
    ".rodata": BpfMap;
  };
  variables: {
    /** const char say.format[11], in .rodata */
    readonly "say.format": string;
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens stream.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<Stream> {
  const source = join(__dirname, "stream.bpf.o");
  return openObject<Stream>(source, options);
}
