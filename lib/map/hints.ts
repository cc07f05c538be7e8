/** What an errno of a map's operation means for a map of that type, and what to do about it. */
import { Flag, MapType } from "../constants";
import { isErrno } from "../errors";
import { permissionHint } from "../kernel/refusal";
import type { MapIdentity } from "./map-identity";
import type { MapOperation } from "./map-operation";

const ARRAYS: readonly number[] = [MapType.ARRAY, MapType.PERCPU_ARRAY, MapType.STRUCT_OPS, MapType.INSN_ARRAY];
const STORAGES: readonly number[] = [
  MapType.TASK_STORAGE,
  MapType.INODE_STORAGE,
  MapType.SK_STORAGE,
  MapType.CGRP_STORAGE,
];
const QUEUES: readonly number[] = [MapType.QUEUE, MapType.STACK];

/** Writes that read too: what is to be removed is iterated, what is taken is read. */
const BOTH = ["clear", "take", "pop"];
const WRITES = ["set", "setMany", "delete", "deleteMany", "clear", "take", "push", "pop", "add"];

/** @param isFrozen asks the kernel; only for EPERM */
export function hintFor(
  map: MapIdentity,
  operation: MapOperation,
  status: number,
  isFrozen: () => boolean,
): string | undefined {
  const is = (name: Parameters<typeof isErrno>[1]) => isErrno(status, name);
  const { type } = map;
  const unsupported = is("ENOTSUPP") || is("EOPNOTSUPP") || is("EINVAL");
  if (
    type === MapType.PERF_EVENT_ARRAY &&
    (operation === "open" || operation === "read") &&
    (is("EPERM") || is("EACCES"))
  )
    return permissionHint({ operation: "perf-buffer" });
  if (is("EPERM")) return permission(map, operation, isFrozen);
  if (is("ENOMEM"))
    return "The kernel has no memory for it now; non-preallocated maps (BPF_F_NO_PREALLOC) may be tried again";
  switch (operation) {
    case "set":
    case "setMany":
    case "push":
    case "add":
      if (is("E2BIG") && QUEUES.includes(type)) return "It is full: pop first, or push with replace";
      if (is("E2BIG"))
        return ARRAYS.includes(type) ? "The index is past its end" : "The map is full, or the index is past its end";
      if (is("EEXIST")) return 'The key exists; set it with mode "any"';
      if (is("EBADF"))
        return STORAGES.includes(type)
          ? "The key is no open descriptor of the kind"
          : "The value is no open descriptor of the kind";
      if (is("ENOENT") && type === MapType.CGROUP_STORAGE)
        return "Only what an attached program has made can be written";
      if (is("ENOENT")) return 'The key does not exist; set it with mode "any"';
      if (is("EINVAL") && (type === MapType.ARRAY_OF_MAPS || type === MapType.HASH_OF_MAPS))
        return "The inner map must have the type, sizes and flags that this map was made for; before Linux 5.10 its maxEntries too";
      if (is("EINVAL") && type === MapType.PROG_ARRAY)
        return "All programs of one such map must be of one type, and have the same JIT and XDP properties as the first";
      if (is("EINVAL") && type === MapType.LPM_TRIE) return "The prefix is longer than the key's data";
      if (is("EINVAL"))
        return "BPF_F_LOCK needs a bpf_spin_lock in the value; this type may refuse this mode, or writes by user space";
      return undefined;
    case "delete":
    case "deleteMany":
    case "clear":
      if (is("EINVAL") && ARRAYS.includes(type)) return "Elements of an array can't be deleted: write zeroes";
      if (unsupported) return "Elements of this type can't be deleted by user space";
      return undefined;
    case "take":
      return unsupported ? "Hash maps since Linux 5.14; get() and delete() do without, not atomically" : undefined;
    case "get":
    case "has":
    case "getMany":
    case "values":
      if (is("EINVAL")) return "BPF_F_LOCK needs a bpf_spin_lock in the value";
      if (is("ENOSPC")) return "User space can read sockets' cookies only where values have 8 bytes";
      if (unsupported) return "User space can't read the values of this type";
      return undefined;
    case "keys":
    case "entries":
      return unsupported ? "User space can't iterate maps of this type" : undefined;
    case "mmap":
    case "memory":
      if (is("EINVAL")) return "Make the map with the flag BPF_F_MMAPABLE (arrays: Linux 5.5)";
      if (is("EBUSY")) return "An arena has one address in a process, and it is taken";
      if (is("EOPNOTSUPP")) return "This runtime forbids memory that is not its own: use get() and set()";
      return undefined;
    case "freeze":
      if (is("EBUSY")) return "It is mapped writable, being written, or frozen already; close what mmap() gave first";
      return unsupported
        ? "Maps with memory of their own, spin locks or timers can't be frozen; since Linux 5.2"
        : undefined;
    case "pin":
      if (is("EEXIST")) return "There is a file of that name: unpin it, or open it with openMap()";
      if (is("EINVAL")) return "The path must lie in bpffs, such as /sys/fs/bpf, and hold no dot in its last part";
      if (is("ENOENT")) return "Its directory does not exist";
      return undefined;
    case "read":
      return is("ESTALE") ? "Another process reads it too, and a ring has one reader: make the map anew" : undefined;
    case "submit":
      if (is("ENOSPC")) return "It is full: wait for drained() and submit again, or make the map larger";
      return is("E2BIG") ? "A record and its 8 bytes of header must fit into the ring" : undefined;
    case "open":
      if (type !== MapType.PERF_EVENT_ARRAY) return undefined;
      if (is("EMFILE")) return "A perf buffer needs a descriptor for each CPU: raise the limit of open files";
      return undefined;
    default:
      return undefined;
  }
}

function permission(map: MapIdentity, operation: MapOperation, isFrozen: () => boolean): string {
  const writes = WRITES.includes(operation);
  if (writes && map.flags & Flag.RDONLY) return "The map was made read-only for user space (BPF_F_RDONLY)";
  if ((!writes || BOTH.includes(operation)) && map.flags & Flag.WRONLY)
    return "The map was made write-only for user space (BPF_F_WRONLY)";
  if (operation === "mmap" && map.flags & Flag.RDONLY_PROG) return "It is mapped for writing, and this map is constant";
  if ((writes || operation === "mmap") && isFrozen()) return "The map is frozen: user space can't write it any more";
  if (operation === "freeze" && isFrozen()) return "It is frozen already";
  return permissionHint({ operation: "use" });
}
