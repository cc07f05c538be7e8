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
  /** The operations; any if absent. */
  readonly of?: readonly string[];
  readonly errno: readonly Errno[];
  /** Selects map types; any if absent, also unknown ones. */
  readonly type?: (row: MapTypeRow) => boolean;
  readonly hint: string;
}

/** Adding and replacing elements. */
const SET = ["set", "setMany", "push", "add"];
const DELETE = ["delete", "deleteMany", "clear"];
const GET = ["get", "has", "getMany", "values"];
/** Write operations that also read: clear() iterates, take() and pop() read the value. */
const READ_AND_WRITE = ["clear", "take", "pop"];
const WRITES = [...SET, ...DELETE, "take", "pop"];
/** The kernel does not support the operation, for this type or at all. */
const UNSUPPORTED: readonly Errno[] = ["ENOTSUPP", "EOPNOTSUPP", "EINVAL"];

const isIndexed = ({ elements }: MapTypeRow) => elements.keys === "index";

/** The first that matches is used. */
const HINTS: readonly Hint[] = [
  {
    errno: ["ENOMEM"],
    hint: "The kernel is out of memory. With a map that is not preallocated (BPF_F_NO_PREALLOC), a later try may succeed",
  },
  {
    of: ["push"],
    errno: ["E2BIG"],
    hint: "The map is full: pop first, or push with replace",
  },
  { of: SET, errno: ["E2BIG"], type: isIndexed, hint: "The index is past the end of the map" },
  { of: SET, errno: ["E2BIG"], hint: "The map is full" },
  { of: SET, errno: ["EEXIST"], hint: 'The key exists; set it with mode "any"' },
  {
    of: SET,
    errno: ["EBADF"],
    type: ({ elements }) => elements.keys === "descriptor",
    hint: "The key is not an open file descriptor of the type that the map expects",
  },
  { of: SET, errno: ["EBADF"], hint: "The value is not an open file descriptor of the type that the map expects" },
  {
    of: SET,
    errno: ["ENOENT"],
    type: ({ elements }) => elements.keys === "cgroup",
    hint: "User space can set only elements that an attached program has created",
  },
  { of: SET, errno: ["ENOENT"], hint: 'The key does not exist; set it with mode "any"' },
  {
    of: SET,
    errno: ["EINVAL"],
    type: ({ elements }) => elements.values === "map",
    hint: "The inner map must have the type, sizes and flags that this map was created for; before Linux 5.10 also the same maxEntries",
  },
  {
    of: SET,
    errno: ["EINVAL"],
    type: ({ elements }) => elements.values === "program",
    hint: "All programs of a map must have the type, and the JIT and XDP properties, of the first one",
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
    hint: "BPF_F_LOCK needs a bpf_spin_lock in the value; or this map type does not support the mode, or writes by user space",
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
    hint: "Elements of this map type can't be deleted by user space",
  },
  { of: DELETE, errno: ["ENOTSUPP", "EOPNOTSUPP"], hint: "Elements of this map type can't be deleted by user space" },
  {
    of: ["take"],
    errno: UNSUPPORTED,
    hint: "Needs a hash map, and Linux 5.14 or newer. get() and delete() work without, but not atomically",
  },
  { of: GET, errno: ["EINVAL"], hint: "BPF_F_LOCK needs a bpf_spin_lock in the value" },
  { of: GET, errno: ["ENOSPC"], hint: "User space can read socket cookies only from values of 8 bytes" },
  { of: GET, errno: UNSUPPORTED, hint: "User space can't read values of this map type" },
  { of: ["keys", "entries"], errno: UNSUPPORTED, hint: "User space can't iterate over maps of this type" },
  {
    of: ["mmap", "memory"],
    errno: ["EINVAL"],
    hint: "Create the map with the flag BPF_F_MMAPABLE (arrays: since Linux 5.5)",
  },
  {
    of: ["mmap", "memory"],
    errno: ["EBUSY"],
    hint: "An arena has a fixed address in a process, and the address is in use",
  },
  {
    of: ["mmap", "memory"],
    errno: ["EOPNOTSUPP"],
    hint: "This runtime does not allow external memory: use get() and set()",
  },
  {
    of: ["freeze"],
    errno: ["EBUSY"],
    hint: "The map is mapped writable, being written, or frozen already: first close the views that mmap() returned",
  },
  {
    of: ["freeze"],
    errno: UNSUPPORTED,
    hint: "Needs Linux 5.2 or newer. Maps with their own memory, spin locks or timers can't be frozen",
  },
  {
    of: ["pin"],
    errno: ["EEXIST"],
    hint: "The file already exists: unpin it, or open it with openMap()",
  },
  {
    of: ["pin"],
    errno: ["EINVAL"],
    hint: "The path must be in bpffs, such as /sys/fs/bpf, without a dot in its last part",
  },
  { of: ["pin"], errno: ["ENOENT"], hint: "The directory does not exist" },
  {
    of: ["read"],
    errno: ["ESTALE"],
    hint: "Another process reads it too, but a ring allows one reader: create the map again",
  },
  {
    of: ["submit"],
    errno: ["ENOSPC"],
    hint: "The ring is full: wait for drained() and submit again, or make the map larger",
  },
  { of: ["submit"], errno: ["E2BIG"], hint: "A record and its 8-byte header must fit into the ring" },
  {
    of: ["open"],
    errno: ["EMFILE"],
    type: isPerfBuffer,
    hint: "A perf buffer needs one file descriptor per CPU: raise the limit of open files",
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
  if (writes && map.flags & Flag.RDONLY) return "The map was created read-only for user space (BPF_F_RDONLY)";
  if ((!writes || READ_AND_WRITE.includes(operation)) && map.flags & Flag.WRONLY)
    return "The map was created write-only for user space (BPF_F_WRONLY)";
  if (operation === "mmap" && map.flags & Flag.RDONLY_PROG)
    return "mmap() maps the memory writable, but programs see this map as constant (BPF_F_RDONLY_PROG)";
  if ((writes || operation === "mmap") && isFrozen()) return "The map is frozen: user space can no longer write it";
  if (operation === "freeze" && isFrozen()) return "The map is frozen already";
  return permissionHint({ operation: operation === "freeze" ? "freeze" : "use" });
}
