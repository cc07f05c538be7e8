// Written by node-libbpf gen from kconfig.bpf.o. Do not edit.
import { join } from "node:path";
import { type BpfMap, type ObjectSpec, type OpenOptions, open as openObject } from "node-libbpf";

/** What is in kconfig.bpf.o. */
export interface Kconfig {
  programs: {
    /** SEC("socket") int run(void *ctx) */
    run: "socket";
  };
  maps: {
    /** The variables in .kconfig */
    ".kconfig": BpfMap;
    /** The variables in .rodata */
    ".rodata": BpfMap;
  };
  variables: {
    /** int CONFIG_MADE_UP_NUMBER, in .kconfig */
    readonly CONFIG_MADE_UP_NUMBER: number;
    /** const volatile __u32 watched, in .rodata */
    readonly watched: number;
  };
}

/** Opens kconfig.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<Kconfig> {
  const source = join(__dirname, "kconfig.bpf.o");
  return openObject<Kconfig>(source, options);
}
