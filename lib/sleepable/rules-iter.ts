/**
 * Iterators: all load with the flag, but only some attach with it (bpf_iter_link_attach() in kernel/bpf/bpf_iter.c).
 */
import { given } from "../kernel/fact";
import { nearest } from "../nearest";
import type { Finding, ProgramFacts } from "../verdict";
import { allowed, refused, undecided, unsafe } from "./finding";
import { input, type Kernel } from "./judged-kernel";

/** Iterators that can be rescheduled run under rcu_tasks_trace (b77fb25dcb34); before, all ran under RCU. */
const RESCHED = { since: "5.18", commit: "b77fb25dcb34" };

interface Iterator {
  /** The release that introduced it. */
  since: string;
  /** Whether it has BPF_ITER_RESCHED. */
  sleepable: boolean;
}

const plain = (since: string): Iterator => ({ since, sleepable: false });
const resched = (since: string): Iterator => ({ since, sleepable: true });

/** The targets of 5.10 to 7.3. */
export const ITERATORS: ReadonlyMap<string, Iterator> = new Map([
  ["task", resched("5.8")],
  ["task_file", resched("5.8")],
  ["bpf_map", plain("5.8")],
  ["ipv6_route", plain("5.8")],
  ["netlink", plain("5.8")],
  ["tcp", plain("5.9")],
  ["udp", plain("5.9")],
  ["bpf_map_elem", plain("5.9")],
  ["bpf_sk_storage_map", plain("5.9")],
  ["bpf_prog", plain("5.9")],
  ["sockmap", plain("5.10")],
  ["task_vma", resched("5.12")],
  ["unix", plain("5.15")],
  ["bpf_link", plain("5.19")],
  ["ksym", resched("6.0")],
  ["cgroup", resched("6.1")],
  ["kmem_cache", resched("6.13")],
  ["dmabuf", resched("6.16")],
]);

const CAN_SLEEP = [...ITERATORS]
  .filter(([, { sleepable }]) => sleepable)
  .map(([name]) => name)
  .join(", ");

export function judgeIter(program: ProgramFacts, kernel: Kernel): Finding[] {
  const name = program.target;
  if (name === undefined) return [];
  const { iterators } = kernel.facts;
  const inputs = [input("iterator", iterators, name), kernel.versionInput];
  const iterator = ITERATORS.get(name);
  const listed = kernel.lists("iterators", name) ?? (iterator === undefined ? undefined : kernel.since(iterator.since));
  const source = "kernel/bpf/verifier.c: bpf_check_attach_target()";
  if (listed === undefined && iterator === undefined && kernel.version !== undefined) {
    const close = nearest(name, ITERATORS.keys());
    const meant = close === undefined ? "name one of bpf_iter_*" : `did you mean ${close}?`;
    return [
      refused("ITER_NOT_FOUND", `no kernel up to 7.3 has an iterator ${name}`, { source, inputs, remedy: meant }),
    ];
  }
  if (listed === false) {
    const names = given(iterators);
    const close = nearest(name, names ?? []);
    // A module may have its own iterator, so a similar name is not conclusive.
    const ofModule = names !== undefined && iterator === undefined && given(kernel.facts.btfModules)?.length !== 0;
    if (ofModule && close === undefined) {
      return [undecided(`whether there is an iterator ${name}`, "a module may have it", { source, inputs })];
    }
    const other = iterator === undefined ? `this kernel has: ${names?.join(", ")}` : `require Linux ${iterator.since}`;
    const remedy = close === undefined ? other : `did you mean ${close}?`;
    const since = iterator?.since;
    return [refused("ITER_NOT_FOUND", `${kernel.label} has no iterator ${name}`, { source, inputs, remedy, since })];
  }
  if (!program.sleepable) return [];

  const checked = kernel.has(RESCHED);
  const attach = { file: "kernel/bpf/bpf_iter.c: bpf_iter_link_attach()", commit: RESCHED.commit };
  const more = { source: attach, inputs, stage: "attach" as const, since: iterator?.since };
  const question = `whether programs of the iterator ${name} may sleep`;
  if (checked === undefined) return [undecided(question, kernel.versionDoubt, more)];
  if (!checked) {
    const remedy = `clear BPF_F_SLEEPABLE, or require Linux ${RESCHED.since}, where the iterators of tasks can sleep`;
    return [
      unsafe("ITER_UNDER_RCU", "this kernel accepts a sleepable iterator and runs it under RCU", {
        ...more,
        remedy,
        until: RESCHED.since,
      }),
    ];
  }
  if (iterator?.sleepable) return [allowed("SLEEPABLE", `the iterator ${name} may sleep`, more)];
  if (iterator === undefined)
    return [undecided(question, "it is unknown here, and only attaching it would tell", more)];
  const remedy = `clear BPF_F_SLEEPABLE, or use one that can sleep: ${CAN_SLEEP}`;
  return [
    refused("ITER_NOT_SLEEPABLE", `the iterator ${name} cannot sleep: the program would load, but not attach`, {
      ...more,
      remedy,
    }),
  ];
}
