/** Attaches iterators. */
import { native } from "../../native";
import { descriptor, oneOf } from "../../options";
import {
  type Attachable,
  type Attached,
  argument,
  type HasFd,
  type Mechanism,
  map,
  nameOf,
  pathOrFd,
  withFile,
} from "./mechanism";

/** enum bpf_cgroup_iter_order. */
const ORDERS = { self_only: 1, descendants_pre: 2, descendants_post: 3, ancestors_up: 4, children: 5 } as const;

/** The order in which an iterator visits cgroups: enum bpf_cgroup_iter_order in lower case. */
export type CgroupIterOrder = keyof typeof ORDERS;

/** Options for iterators: what they walk. */
export interface IterAttachOptions {
  /** iter/task, iter/task_file, iter/task_vma: only this process. Since Linux 6.1. */
  pid?: number;
  /** iter/task, iter/task_file, iter/task_vma: only this thread. Since Linux 6.1. */
  tid?: number;
  /** iter/task, iter/task_file, iter/task_vma: only the process of this pidfd (pidfd_open(2)). Since Linux 6.1. */
  pidfd?: number;
  /** iter/bpf_map_elem, iter/bpf_sk_storage_map, iter/sockmap: the {@link BpfMap} to iterate over. */
  map?: HasFd;
  /** iter/cgroup: path of the cgroup where the walk begins, or a file descriptor of its directory. Since Linux 6.1. */
  cgroup?: string | number;
  /** iter/cgroup: the order of the walk. Default "descendants_pre"; "children" since Linux 7.0. */
  order?: CgroupIterOrder;
}

const TASK: readonly (keyof IterAttachOptions)[] = ["pid", "tid", "pidfd"];
const MAP: readonly (keyof IterAttachOptions)[] = ["map"];
/** Of each target of iterators that has any: others take the kernel's union of targets for their own, or ignore it. */
const OF_TARGET: Record<string, readonly (keyof IterAttachOptions)[]> = {
  ...{ task: TASK, task_file: TASK, task_vma: TASK },
  ...{ bpf_map_elem: MAP, bpf_sk_storage_map: MAP, sockmap: MAP },
  cgroup: ["cgroup", "order"],
};

export const iter: Mechanism<IterAttachOptions> = {
  schema: {
    ...{ pid: descriptor, tid: descriptor, pidfd: descriptor, map, cgroup: pathOrFd },
    order: oneOf(...(Object.keys(ORDERS) as CgroupIterOrder[])),
  },
  since: {
    ...{ pid: "6.1", tid: "6.1", pidfd: "6.1", cgroup: "6.1" },
    order: (order) => (order === "children" ? "7.0" : "6.1"),
  },
  ignored: ["pidfd"],
  target: (_, { cgroup }) => nameOf("cgroup", cgroup) || undefined,
  attach(program, place, options) {
    checkTarget(program, options);
    const { map, cgroup, order = "descendants_pre" } = options;
    const over = (what: "" | "map" | "cgroup" | "pidfd" | "tid" | "pid", id = 0): Attached =>
      native.attachIter(place.handle, place.index, { over: what, id, order: ORDERS[order] });
    if (map !== undefined) return over("map", map.fd);
    if (cgroup !== undefined) return withFile(program, cgroup, (fd) => over("cgroup", fd));
    for (const what of ["pid", "tid", "pidfd"] as const)
      if (options[what] !== undefined) return over(what, options[what]);
    return over("");
  },
};

function checkTarget(program: Attachable, options: IterAttachOptions): void {
  const target = program.attachTarget ?? "";
  const allowed = Object.hasOwn(OF_TARGET, target) ? (OF_TARGET[target] ?? []) : [];
  const given = (Object.keys(options) as (keyof IterAttachOptions)[]).filter((name) => options[name] !== undefined);
  const other = given.find((name) => !allowed.includes(name));
  if (other !== undefined) {
    const has = allowed.length === 0 ? "none" : allowed.join(", ");
    throw argument(program, `has no attach option "${other}"; an iterator of ${target} has: ${has}`);
  }
  const [one, another] = given.filter((name) => name !== "order");
  if (another !== undefined) throw argument(program, `takes one of the attach options ${one} and ${another}, got both`);
  if (options.order !== undefined && one === undefined)
    throw argument(program, "needs the cgroup where the order begins", "Pass attach({ cgroup })");
  // 0 would be every task.
  for (const name of ["pid", "tid"] as const)
    if (options[name] === 0) throw argument(program, `attach option ${name} must be 1 or more, got 0`);
}
