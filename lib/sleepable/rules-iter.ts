/** Iterators: any loads with the flag, and only some are attached with it (kernel/bpf/bpf_iter.c, bpf_iter_link_attach()). */
import { given } from "../kernel/fact";
import { nearest } from "../nearest";
import { allowed, refused, undecided, unsafe } from "./finding";
import { input, type Kernel } from "./kernel";
import type { Finding, ProgramFacts } from "./verdict";

/** Iterators run under rcu_tasks_trace, those that can be rescheduled (b77fb25dcb34); before, all ran under RCU. */
const RESCHED = { since: "5.18", commit: "b77fb25dcb34" };

/** Targets with BPF_ITER_RESCHED. */
export const SLEEPABLE: ReadonlySet<string> = new Set([
  "task",
  "task_file",
  "task_vma",
  "ksym",
  "cgroup",
  "kmem_cache",
  "dmabuf",
]);
/** Targets of 5.10 to 7.3 without. */
export const NOT_SLEEPABLE: ReadonlySet<string> = new Set(
  "bpf_link bpf_map bpf_map_elem bpf_prog bpf_sk_storage_map ipv6_route netlink sockmap tcp udp unix".split(" "),
);

export function judgeIter(program: ProgramFacts, kernel: Kernel): Finding[] {
  const name = program.target;
  if (name === undefined) return [];
  const { iterators } = kernel.facts;
  const inputs = [input("iterator", iterators, name), kernel.versionInput];
  if (kernel.lists("iterators", name) === false) {
    const close = nearest(name, given(iterators) ?? []);
    const remedy = close === undefined ? `this kernel has: ${given(iterators)?.join(", ")}` : `did you mean ${close}?`;
    const source = "kernel/bpf/verifier.c: bpf_check_attach_target()";
    return [refused("ITER_NOT_FOUND", `this kernel has no iterator ${name}`, { source, inputs, remedy })];
  }
  if (!program.sleepable) return [];

  const source = { file: "kernel/bpf/bpf_iter.c: bpf_iter_link_attach()", commit: RESCHED.commit };
  const checked = kernel.has(RESCHED);
  const more = { source, inputs, stage: "attach" as const };
  const question = `whether programs of the iterator ${name} may sleep`;
  if (checked === undefined) return [undecided(question, kernel.versionDoubt, more)];
  if (!checked) {
    const remedy = `clear BPF_F_SLEEPABLE, or require Linux ${RESCHED.since}, where the iterators of tasks can sleep`;
    return [
      unsafe("ITER_UNDER_RCU", "this kernel takes a sleepable iterator and runs it under RCU", {
        ...more,
        remedy,
        until: RESCHED.since,
      }),
    ];
  }
  if (SLEEPABLE.has(name)) return [allowed("SLEEPABLE", `the iterator ${name} may sleep`, more)];
  if (!NOT_SLEEPABLE.has(name))
    return [undecided(question, "it is not known here, and only attaching it would tell", more)];
  const remedy = `clear BPF_F_SLEEPABLE, or use one that can sleep: ${[...SLEEPABLE].join(", ")}`;
  return [
    refused("ITER_NOT_SLEEPABLE", `the iterator ${name} cannot sleep: the program would load, and not be attached`, {
      ...more,
      remedy,
    }),
  ];
}
