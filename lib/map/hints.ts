/** Explains the errno of a map operation for the map's type, and what to do about it. */
import { Flag } from "../constants";
import { isErrno } from "../errors";
import { permissionHint } from "../kernel/refusal";
import { type MapTypeRow, mapTypeRowOf } from "../map-types";
import type { MapIdentity } from "./map-identity";
import type { MapOperation } from "./map-operation";

type Errno = Parameters<typeof isErrno>[1];

/** A hint for some errnos of some operations, and for maps of some types. */
interface Hint {
  /** Absent: any. */
  readonly of?: readonly string[];
  readonly errno: readonly Errno[];
  /** Absent: any, and types that are not known. */
  readonly type?: (row: MapTypeRow) => boolean;
  readonly hint: string;
}

/** Adding and replacing elements. */
const SET = ["set", "setMany", "push", "add"];
const DELETE = ["delete", "deleteMany", "clear"];
const GET = ["get", "has", "getMany", "values"];
/** Operations that read too: "clear" iterates, "take" and "pop" read what they remove. */
const READ_AND_WRITE = ["clear", "take", "pop"];
const WRITES = [...SET, ...DELETE, "take", "pop"];
/** The kernel does not know the operation for the type, or at all. */
const UNSUPPORTED: readonly Errno[] = ["ENOTSUPP", "EOPNOTSUPP", "EINVAL"];

const isIndexed = ({ elements }: MapTypeRow) => elements.keys === "index";

/** The first that fits is given. */
const HINTS: readonly Hint[] = [
  {
    errno: ["ENOMEM"],
    hint: "The kernel has no memory for it now; non-preallocated maps (BPF_F_NO_PREALLOC) may be tried again",
  },
  {
    of: ["push"],
    errno: ["E2BIG"],
    hint: "It is full: pop first, or push with replace",
  },
  { of: SET, errno: ["E2BIG"], type: isIndexed, hint: "The index is past its end" },
  { of: SET, errno: ["E2BIG"], hint: "The map is full" },
  { of: SET, errno: ["EEXIST"], hint: 'The key exists; set it with mode "any"' },
  {
    of: SET,
    errno: ["EBADF"],
    type: ({ elements }) => elements.keys === "descriptor",
    hint: "The key is no open descriptor of the kind",
  },
  { of: SET, errno: ["EBADF"], hint: "The value is no open descriptor of the kind" },
  {
    of: SET,
    errno: ["ENOENT"],
    type: ({ elements }) => elements.keys === "cgroup",
    hint: "Only what an attached program has made can be written",
  },
  { of: SET, errno: ["ENOENT"], hint: 'The key does not exist; set it with mode "any"' },
  {
    of: SET,
    errno: ["EINVAL"],
    type: ({ elements }) => elements.values === "map",
    hint: "The inner map must have the type, sizes and flags that this map was made for; before Linux 5.10 its maxEntries too",
  },
  {
    of: SET,
    errno: ["EINVAL"],
    type: ({ elements }) => elements.values === "program",
    hint: "All programs of one such map must be of one type, and have the same JIT and XDP properties as the first",
  },
  {
    of: SET,
    errno: ["EINVAL"],
    type: ({ elements }) => elements.keys === "prefix",
    hint: "The prefix is longer than the key's data",
  },
  {
    of: SET,
    errno: ["EINVAL"],
    hint: "BPF_F_LOCK needs a bpf_spin_lock in the value; this type may refuse this mode, or writes by user space",
  },
  {
    of: DELETE,
    errno: ["EINVAL"],
    type: (row) => isIndexed(row) && !row.calls.delete,
    hint: "Elements of an array can't be deleted: write zeroes",
  },
  {
    of: DELETE,
    errno: ["EINVAL"],
    type: (row) => !row.calls.delete,
    hint: "Elements of this type can't be deleted by user space",
  },
  { of: DELETE, errno: ["ENOTSUPP", "EOPNOTSUPP"], hint: "Elements of this type can't be deleted by user space" },
  {
    of: ["take"],
    errno: UNSUPPORTED,
    hint: "Hash maps since Linux 5.14; get() and delete() do without, not atomically",
  },
  { of: GET, errno: ["EINVAL"], hint: "BPF_F_LOCK needs a bpf_spin_lock in the value" },
  { of: GET, errno: ["ENOSPC"], hint: "User space can read sockets' cookies only where values have 8 bytes" },
  { of: GET, errno: UNSUPPORTED, hint: "User space can't read the values of this type" },
  { of: ["keys", "entries"], errno: UNSUPPORTED, hint: "User space can't iterate maps of this type" },
  {
    of: ["mmap", "memory"],
    errno: ["EINVAL"],
    hint: "Make the map with the flag BPF_F_MMAPABLE (arrays: Linux 5.5)",
  },
  { of: ["mmap", "memory"], errno: ["EBUSY"], hint: "An arena has one address in a process, and it is taken" },
  {
    of: ["mmap", "memory"],
    errno: ["EOPNOTSUPP"],
    hint: "This runtime forbids memory that is not its own: use get() and set()",
  },
  {
    of: ["freeze"],
    errno: ["EBUSY"],
    hint: "It is mapped writable, being written, or frozen already; close what mmap() gave first",
  },
  {
    of: ["freeze"],
    errno: UNSUPPORTED,
    hint: "Maps with memory of their own, spin locks or timers can't be frozen; since Linux 5.2",
  },
  {
    of: ["pin"],
    errno: ["EEXIST"],
    hint: "There is a file of that name: unpin it, or open it with openMap()",
  },
  {
    of: ["pin"],
    errno: ["EINVAL"],
    hint: "The path must lie in bpffs, such as /sys/fs/bpf, and hold no dot in its last part",
  },
  { of: ["pin"], errno: ["ENOENT"], hint: "Its directory does not exist" },
  {
    of: ["read"],
    errno: ["ESTALE"],
    hint: "Another process reads it too, and a ring has one reader: make the map anew",
  },
  {
    of: ["submit"],
    errno: ["ENOSPC"],
    hint: "It is full: wait for drained() and submit again, or make the map larger",
  },
  { of: ["submit"], errno: ["E2BIG"], hint: "A record and its 8 bytes of header must fit into the ring" },
  {
    of: ["open"],
    errno: ["EMFILE"],
    type: isPerfBuffer,
    hint: "A perf buffer needs a descriptor for each CPU: raise the limit of open files",
  },
];

/**
 * The hint.
 *
 * @param isFrozen asks the kernel; called only for EPERM
 */
export function hintFor(
  map: MapIdentity,
  operation: MapOperation,
  status: number,
  isFrozen: () => boolean,
): string | undefined {
  const row = mapTypeRowOf(map.type);
  const is = (name: Errno) => isErrno(status, name);
  if (["open", "read"].includes(operation) && row !== undefined && isPerfBuffer(row) && (is("EPERM") || is("EACCES")))
    return permissionHint({ operation: "perf-buffer" });
  if (is("EPERM")) return permission(map, operation, isFrozen);
  return HINTS.find(
    ({ of, errno, type }) =>
      (of?.includes(operation) ?? true) && errno.some(is) && (type === undefined || (row !== undefined && type(row))),
  )?.hint;
}

function isPerfBuffer(row: MapTypeRow): boolean {
  return row.class === "PerfBuffer";
}

function permission(map: MapIdentity, operation: MapOperation, isFrozen: () => boolean): string {
  const writes = WRITES.includes(operation);
  if (writes && map.flags & Flag.RDONLY) return "The map was made read-only for user space (BPF_F_RDONLY)";
  if ((!writes || READ_AND_WRITE.includes(operation)) && map.flags & Flag.WRONLY)
    return "The map was made write-only for user space (BPF_F_WRONLY)";
  if (operation === "mmap" && map.flags & Flag.RDONLY_PROG) return "It is mapped for writing, and this map is constant";
  if ((writes || operation === "mmap") && isFrozen()) return "The map is frozen: user space can't write it any more";
  if (operation === "freeze" && isFrozen()) return "It is frozen already";
  return permissionHint({ operation: "use" });
}
