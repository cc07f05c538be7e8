/** Helpers and kfuncs that may sleep: a program without the flag may not call them. */
import { refused, undecided } from "./finding";
import type { Kernel } from "./kernel";
import type { CallFacts, Finding, ProgramFacts } from "./verdict";

/** Helpers that may sleep in every kernel that has them (their proto's might_sleep; before 6.2 a proto that is not given). */
const HELPERS: ReadonlySet<string> = new Set([
  "bpf_copy_from_user",
  "bpf_copy_from_user_task",
  "bpf_ima_inode_hash",
  "bpf_ima_file_hash",
]);

/** KF_SLEEPABLE kfuncs: the first version that was read with the flag, and the first that was read without. */
const KFUNCS: ReadonlyMap<string, { from: string; until?: string }> = new Map<string, { from: string; until?: string }>(
  [
    ...kfuncs("6.1", "bpf_lookup_user_key bpf_verify_pkcs7_signature"),
    ...kfuncs(
      "6.12",
      "scx_bpf_create_dsq bpf_crypto_ctx_create bpf_copy_from_user_str bpf_get_dentry_xattr bpf_get_file_xattr hid_bpf_allocate_context hid_bpf_release_context hid_bpf_hw_request hid_bpf_hw_output_report hid_bpf_input_report",
    ),
    ...kfuncs(
      "7.3",
      "bpf_ksock_create bpf_ksock_connect bpf_ksock_send bpf_mem_cgroup_flush_stats scx_bpf_cid_override css_rstat_flush bpf_copy_from_user_task_str bpf_iter_kmem_cache_new bpf_iter_kmem_cache_next bpf_iter_kmem_cache_destroy bpf_copy_from_user_dynptr bpf_copy_from_user_str_dynptr bpf_copy_from_user_task_dynptr bpf_copy_from_user_task_str_dynptr bpf_iter_dmabuf_new bpf_iter_dmabuf_next bpf_iter_dmabuf_destroy bpf_io_uring_submit_sqes bpf_binprm_set_interp bpf_binprm_select_interp bpf_binprm_set_interp_arg bpf_binprm_set_flags bpf_set_dentry_xattr bpf_remove_dentry_xattr bpf_real_data_inode",
    ),
    ["cgroup_rstat_flush", { from: "6.1", until: "7.3" }],
    // The verifier picks one that sleeps or one that does not, since some release before 7.3.
    ["bpf_arena_alloc_pages", { from: "6.12", until: "7.3" }],
    ["bpf_arena_free_pages", { from: "6.12", until: "7.3" }],
  ],
);

function kfuncs(from: string, names: string): [string, { from: string }][] {
  return names.split(" ").map((name) => [name, { from }]);
}

export function judgeCalls(program: ProgramFacts, kernel: Kernel): Finding[] {
  if (program.sleepable) return [];
  const helpers = program.helpers.filter(({ name }) => HELPERS.has(name)).map((call) => helper(call, kernel));
  const others = program.kfuncs.map((call) => kfunc(call, kernel)).filter((found) => found !== undefined);
  return [...helpers, ...others];
}

function helper(call: CallFacts, kernel: Kernel): Finding {
  return sleeping("HELPER_MAY_SLEEP", call, "kernel/bpf/verifier.c: check_helper_call()", kernel);
}

function kfunc(call: CallFacts, kernel: Kernel): Finding | undefined {
  const mark = KFUNCS.get(call.name);
  if (mark === undefined) return undefined;
  const ended = mark.until === undefined ? false : kernel.since(mark.until);
  if (ended) return undefined;
  const source = "kernel/bpf/verifier.c: check_kfunc_call()";
  const certain = kernel.since(mark.from) === true && (mark.until === undefined || kernel.since("6.13") === false);
  if (certain) return sleeping("KFUNC_MAY_SLEEP", call, source, kernel);
  return undecided(`whether ${call.name} may be called by a program that is not sleepable`, kernel.versionDoubt, {
    source,
    inputs: [kernel.versionInput],
  });
}

function sleeping(
  reason: "HELPER_MAY_SLEEP" | "KFUNC_MAY_SLEEP",
  call: CallFacts,
  source: string,
  kernel: Kernel,
): Finding {
  const more = {
    source,
    inputs: [{ name: "instructions", value: `call ${call.name}`, origin: "the object file" }, kernel.versionInput],
    remedy: "make the program sleepable (a section that ends in .s), or do without the call",
  };
  // The verifier drops branches that a constant decides, and never sees what is in them.
  if (call.conditional) {
    return undecided(
      `whether the verifier sees the call of ${call.name}, which may sleep`,
      "a constant may decide it",
      more,
    );
  }
  return refused(reason, `${call.name} may sleep, and the program is not sleepable`, more);
}
