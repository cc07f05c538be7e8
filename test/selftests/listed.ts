/** Differences that stay: what C does with these objects and this library does not, each with the reason. */

export interface Listed {
  /** The start of a line of compare.ts: an object, perhaps with a program, and the step. */
  what: string;
  /** Kernels; default all. */
  kernels?: readonly string[];
  reason: string;
}

const NEVER_ATTACHED =
  "load() refuses a sleepable iterator that the kernel loads and never attaches; the error says how to load it anyway";

export const LISTED: readonly Listed[] = [
  { what: "bpf_iter_bpf_hash_map: load: ", reason: NEVER_ATTACHED },
  { what: "bpf_iter_bpf_hash_map sleepable_dummy_dump: load: ", reason: NEVER_ATTACHED },
  { what: "verifier_arena iter_maps1: load: ", reason: NEVER_ATTACHED },
];
