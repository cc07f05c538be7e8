/**
 * Decides which helpers and kfuncs a program can call, from the answers of four measured kernels and the release that
 * introduced each.
 */

import { seriesNumber } from "../compare-versions";
import { ProgramType } from "../constants";
import { HELPERS } from "../helpers";
import { given } from "../kernel/fact";
import type { ProgramFacts } from "../verdict";
import { CALLS, type CallsOfKernel, GPL_HELPERS, KFUNC_NAMES } from "./calls-measured";
import type { Kernel } from "./judged-kernel";

/**
 * The first helper of each release that added some (include/uapi/linux/bpf.h, ___BPF_FUNC_MAPPER). Later releases added
 * none.
 */
const HELPERS_SINCE: readonly (readonly [number: number, since: string])[] = [
  [210, "6.2"],
  [208, "6.1"],
  [204, "6.0"],
  [194, "5.19"],
  [186, "5.18"],
  [180, "5.17"],
  [176, "5.16"],
  [169, "5.15"],
  [166, "5.14"],
  [164, "5.13"],
  [163, "5.12"],
  [156, "5.11"],
];

/**
 * Releases that introduced kfuncs. Kfuncs that depend only on the configuration, or are not listed here, are looked up
 * in the kernel's BTF.
 */
const KFUNCS_SINCE: readonly (readonly [names: RegExp, since: string])[] = [
  [/^bpf_(lookup_(user|system)_key|key_put|verify_pkcs7_signature)$/, "6.1"],
  [/^bpf_(rcu_read_(un)?lock|obj_(new|drop)_impl|list_(pop|push)_(front|back)|cast_to_kern_ctx|rdonly_cast)$/, "6.2"],
  [/^bpf_(task_(acquire|release|from_pid)|cgroup_(acquire|release|ancestor))$/, "6.2"],
  [/^bpf_cpumask_(first_and|any_distribute|any_and_distribute)$/, "6.5"],
  [/^bpf_cpumask_weight$/, "6.8"],
  [
    /^bpf_cpumask_(create|release|acquire|first(_zero)?|(set|clear|test|test_and_set|test_and_clear)_cpu|setall|clear|and|or|xor|equal|intersects|subset|empty|full|copy)$/,
    "6.3",
  ],
  [/^bpf_rbtree_(add|remove|first)$/, "6.3"],
  [/^bpf_(list_push_(front|back)_impl|rbtree_add_impl|refcount_acquire_impl|cgroup_from_id)$/, "6.4"],
  [/^bpf_(dynptr_(from_skb|from_xdp|slice|slice_rdwr)|iter_num_\w+)$/, "6.4"],
  [/^bpf_(dynptr_(adjust|clone|is_null|is_rdonly|size)|sock_destroy|task_under_cgroup)$/, "6.5"],
  [/^bpf_map_sum_elem_count$/, "6.6"],
  [
    /^bpf_(throw|percpu_obj_(new|drop)_impl|iter_(task|css|task_vma|css_task)_(new|next|destroy)|sock_addr_set_sun_path)$/,
    "6.7",
  ],
  [/^bpf_(get_file_xattr|get_fsverity_digest|xdp_(get_xfrm_state|xfrm_state_release)|task_get_cgroup1)$/, "6.8"],
  [/^bpf_arena_(alloc|free)_pages$/, "6.9"],
  [/^bpf_(wq_(init|start|set_callback_impl)|preempt_(dis|en)able|crypto_\w+|session_(is_return|cookie))$/, "6.10"],
  [/^bpf_iter_bits_\w+$/, "6.11"],
  [/^bpf_(copy_from_user_str|get_task_exe_file|put_file|path_d_path|get_dentry_xattr|iter_scx_dsq_\w+)$/, "6.12"],
  [/^scx_bpf_(create_dsq|destroy_dsq|select_cpu_dfl|kick_cpu|dsq_nr_queued|dispatch_(cancel|nr_slots))$/, "6.12"],
  [
    /^scx_bpf_((exit|error|dump)_bstr|cpuperf_(cap|cur|set)|nr_cpu_ids|get_(possible|online)_cpumask|put_cpumask)$/,
    "6.12",
  ],
  [/^scx_bpf_(get_idle_(cpu|smt)mask|put_idle_cpumask|test_and_clear_cpu_idle|pick_(idle|any)_cpu)$/, "6.12"],
  [/^scx_bpf_(task_(running|cpu|cgroup)|cpu_rq|reenqueue_local)$/, "6.12"],
  [/^scx_bpf_dsq_(insert(_vtime)?|move(_vtime|_to_local|_set_slice|_set_vtime)?)$/, "6.13"],
  [/^bpf_(task_from_vpid|send_signal_task|get_kmem_cache|iter_kmem_cache_\w+)$/, "6.13"],
  [/^bpf_local_irq_(save|restore)$/, "6.14"],
  [/^bpf_(res_spin_\w+|copy_from_user_task_str)$/, "6.15"],
  [/^bpf_task_work_schedule_\w+$/, "6.18"],
];
/** The release with which programs can call kfuncs (e6ac2450d6de). */
const KFUNCS = "5.13";

/** Whether a bit is set in a number of hexadecimal digits, which may have hundreds. */
const has = (set: string, bit: number) => {
  const digit = bit < 0 ? Number.NaN : Number.parseInt(set.charAt(set.length - 1 - (bit >> 2)), 16);
  return ((digit >> (bit & 3)) & 1) === 1;
};

/** Whether a helper can be called only by programs with a GPL-compatible license. */
export const needsGpl = (helper: string) => has(GPL_HELPERS, HELPERS.indexOf(helper));

/** The release that introduced a helper, if later than 5.10. */
export function helperSince(name: string): string | undefined {
  const number = HELPERS.indexOf(name);
  return HELPERS_SINCE.find(([first]) => number >= first)?.[1];
}

/** The release that introduced a kfunc, if known. */
export function kfuncSince(name: string): string | undefined {
  return KFUNCS_SINCE.find(([names]) => names.test(name))?.[1];
}

/** Whether a kernel has a kfunc; undefined if the facts do not decide. */
export function hasKfunc(name: string, kernel: Kernel): boolean | undefined {
  if (kernel.since(KFUNCS) === false) return false;
  const listed = kernel.lists("functions", name);
  if (listed === true) return true;
  // A module may have kfuncs that vmlinux lacks, but not those that vmlinux has in other builds.
  const proper = KFUNC_NAMES.includes(name);
  if (listed === false) return proper || given(kernel.facts.btfModules)?.length === 0 ? false : undefined;
  const since = kfuncSince(name);
  const there = since === undefined ? undefined : kernel.since(since);
  if (there === false) return false;
  // Its absence from all measured kernels may be due to their configuration.
  const measured = between(kernel, ({ present }) => has(present, KFUNC_NAMES.indexOf(name)));
  return measured === true || (there && measured !== false) ? true : undefined;
}

/**
 * Whether programs of a kind can call a helper. Undefined: nothing known forbids it. "differs": neighboring measured
 * kernels disagree.
 */
export function givesHelper(name: string, program: ProgramFacts, kernel: Kernel): boolean | "differs" | undefined {
  const number = HELPERS.indexOf(name);
  if (number < 0) return undefined;
  return between(kernel, (calls) => {
    // Some helpers depend on the configuration: if it is off, no program gets them.
    if (!calls.helpers.some(([, numbers]) => has(numbers, number))) return undefined;
    return ofKind(calls.helpers, program, number);
  });
}

/** {@link givesHelper}, for a kfunc. */
export function givesKfunc(name: string, program: ProgramFacts, kernel: Kernel): boolean | "differs" | undefined {
  const index = KFUNC_NAMES.indexOf(name);
  if (index < 0) return undefined;
  return between(kernel, (calls) => (has(calls.present, index) ? ofKind(calls.kfuncs, program, index) : undefined));
}

function ofKind(sets: CallsOfKernel["helpers"], program: ProgramFacts, bit: number): boolean | undefined {
  const { type, attachType, target } = program;
  const own = type === ProgramType.STRUCT_OPS ? `${type}/${target?.split(".")[0]}` : `${type}/${attachType}`;
  const exact = sets.find(([kinds]) => ` ${kinds} `.includes(` ${own} `));
  if (exact !== undefined) return has(exact[1], bit);
  if (type === ProgramType.STRUCT_OPS) return undefined;
  const alike = sets.filter(([kinds]) => ` ${kinds}`.includes(` ${type}/`));
  const answers = new Set(alike.map(([, set]) => has(set, bit)));
  return answers.size === 1 ? [...answers][0] : undefined;
}

type Neighbors = readonly [before?: CallsOfKernel | undefined, after?: CallsOfKernel | undefined];

const neighbors = new WeakMap<Kernel, Neighbors>();

/** The measured kernels before and after one. */
function neighborsOf(kernel: Kernel): Neighbors {
  if (kernel.version === undefined) return [];
  const known = neighbors.get(kernel);
  if (known !== undefined) return known;
  const series = seriesNumber(kernel.version);
  const found: Neighbors = [
    CALLS.findLast(({ version }) => seriesNumber(version) <= series),
    CALLS.find(({ version }) => seriesNumber(version) >= series),
  ];
  neighbors.set(kernel, found);
  return found;
}

/** The answer on which the neighboring measured kernels agree. */
function between(
  kernel: Kernel,
  answer: (calls: CallsOfKernel) => boolean | undefined,
): boolean | "differs" | undefined {
  const [before, after] = neighborsOf(kernel);
  const one = before && answer(before);
  const other = after && answer(after);
  if (one === undefined || other === undefined || one === other) return one ?? other;
  return "differs";
}
