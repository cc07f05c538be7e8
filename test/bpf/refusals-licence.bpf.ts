// Written by node-libbpf gen from refusals-licence.bpf.o. Do not edit.
import { join } from "node:path";
import { type ObjectSpec, type OpenOptions, open as openObject } from "node-libbpf";

/** What is in refusals-licence.bpf.o. */
export interface RefusalsLicence {
  programs: {
    /** SEC("uprobe.s") int licence_helper(void *ctx) */
    licence_helper: "uprobe";
    /** SEC("uprobe.s") int licence_kfunc(void *ctx) */
    licence_kfunc: "uprobe";
    /** SEC("lsm.s/bprm_committed_creds") int licence_lsm(void *ctx) */
    licence_lsm: "lsm";
    /** SEC("iter/task") int plain_licence_iter(struct bpf_iter__task *ctx) */
    plain_licence_iter: "iter";
  };
  maps: Record<never, never>;
  variables: Record<never, never>;
}

/** Opens refusals-licence.bpf.o, which lies beside this file. */
export function open(options: OpenOptions = {}): ObjectSpec<RefusalsLicence> {
  const source = join(__dirname, "refusals-licence.bpf.o");
  return openObject<RefusalsLicence>(source, options);
}
