/**
 * Map types: one row per type, with everything that this library knows about it. The classes, createMap(), hints,
 * generated TypeScript, the precheck and the tests read the rows. The compiler rejects a missing type or field.
 */
import { Flag, MapType } from "./constants";

/** A type argument of a map class; "inner" is the class of the inner maps of a map of maps. */
export type ClassParameter = "key" | "value" | "event" | "inner";

/** The map classes and their type parameters. lib/map/classes.ts has the constructors. */
export const mapClasses = {
  HashMap: ["key", "value"],
  ArrayMap: ["value"],
  PerCpuHashMap: ["key", "value"],
  PerCpuArrayMap: ["value"],
  LpmTrieMap: ["value"],
  ArrayOfMaps: ["inner"],
  HashOfMaps: ["key", "inner"],
  ProgArray: [],
  QueueMap: ["value"],
  StackMap: ["value"],
  BloomFilterMap: ["value"],
  TaskStorageMap: ["value"],
  InodeStorageMap: ["value"],
  SkStorageMap: ["value"],
  CgroupLocalStorageMap: ["value"],
  StructOpsMap: ["value"],
  ArenaMap: [],
  RingBuffer: ["event"],
  UserRingBuffer: ["event"],
  PerfBuffer: ["event"],
  KernelMap: ["key", "value"],
  BpfMap: [],
} as const satisfies Record<string, readonly ClassParameter[]>;

export type MapClassName = keyof typeof mapClasses;

/** Values that createMap() fills in: sizes that the type prescribes, and mandatory flags. */
export interface Creation {
  readonly keySize?: number;
  readonly valueSize?: number;
  readonly maxEntries?: number;
  readonly flags?: number;
  /** Whether the kernel requires BTF of the key and the value. */
  readonly btf?: boolean;
  /** Flags that the kernel sets itself. */
  readonly kernelFlags?: number;
}

/** The keys and values, and the meaning of max_entries. */
interface Elements {
  /** "cgroup": a key is a struct bpf_cgroup_storage_key. */
  readonly keys: "any" | "index" | "prefix" | "descriptor" | "cgroup" | "none";
  /** "descriptor": user space writes a file descriptor. "struct_ops": the kernel's struct, larger than its BTF type. */
  readonly values: "data" | "descriptor" | "map" | "program" | "struct_ops" | "none";
  /** Whether an element has one value per possible CPU. In step with binding/map.cc. */
  readonly perCpu: boolean;
  /**
   * The unit of max_entries. "lru": elements; with BPF_F_NO_COMMON_LRU the kernel rounds to a multiple of the CPUs.
   * "cpus": elements; libbpf sets 0 to the number of CPUs.
   */
  readonly maxEntries: "elements" | "lru" | "bytes" | "pages" | "cpus" | "none";
}

/** The calls of user space on elements. */
interface Calls {
  /** bpf_map_get_next_key(). */
  readonly iterate: boolean;
  /** bpf_map_delete_elem(). */
  readonly delete: boolean;
  /**
   * Whether iteration uses bpf_map_lookup_batch() if the kernel supports it. With other types a batch may return an
   * element twice, or fail.
   */
  readonly batch: boolean;
  /** mmap(2) of a map with BPF_F_MMAPABLE gives the elements. */
  readonly mmap: boolean;
}

/** How programs can use the map (check_map_prog_compatibility() in kernel/bpf/verifier.c). */
interface Programs {
  /**
   * The first release in which sleepable programs can use it, and the commit; "never": in no release up to Linux 7.3.
   */
  readonly sleepable: readonly [since: string, commit?: string] | "never";
  /** Whether the kernel allocates the elements when it creates the map, unless BPF_F_NO_PREALLOC is set. */
  readonly preallocated: boolean;
  /**
   * Kernel-managed fields that values may contain (map_check_btf() in kernel/bpf/syscall.c). "locks": spin locks.
   * "deferred": timers, work queues, task works. "graphs": list heads, tree roots.
   */
  readonly holds: readonly ("locks" | "deferred" | "graphs")[];
  /** A similar map type that a sleepable program can use. */
  readonly instead: string | undefined;
}

/** Everything that this library knows about a map type. */
export interface MapTypeRow {
  /** The Linux release that introduced it. */
  readonly since: string;
  readonly class: MapClassName;
  readonly create: Creation;
  readonly elements: Elements;
  readonly calls: Calls;
  readonly programs: Programs;
  /** What creating one requires besides CAP_BPF: CAP_NET_ADMIN; "lsm": bpf is an active LSM. */
  readonly needs: "CAP_NET_ADMIN" | "lsm" | undefined;
}

/** Types newer than the bundled linux/bpf.h, with their numbers. {@link MapTypeName} does not include them. */
const NEWER = { RHASH: 35 } as const satisfies Record<string, number> & { [Name in keyof typeof MapType]?: never };

/** A map type's name: enum bpf_map_type in lower case, as bpftool spells it. */
export type MapTypeName = Exclude<Lowercase<keyof typeof MapType>, "unspec" | `${string}_deprecated`>;

/** Map types that linux/bpf.h renamed: the new name by the old name. */
const RENAMED = {
  cgroup_storage_deprecated: "cgroup_storage",
  percpu_cgroup_storage_deprecated: "percpu_cgroup_storage",
} as const satisfies Record<Extract<Lowercase<keyof typeof MapType>, `${string}_deprecated`>, MapTypeName>;

const INDEXED: Creation = { keySize: 4 };
const REFERENCES: Creation = { keySize: 4, valueSize: 4 };
/** The kernel sets the flag itself (dev_map_init_map()). */
const DEVICES: Creation = { ...REFERENCES, kernelFlags: Flag.RDONLY_PROG };
const KEYLESS: Creation = { keySize: 0 };
const RING: Creation = { keySize: 0, valueSize: 0 };
const STORAGE: Creation = { keySize: 4, maxEntries: 0, flags: Flag.NO_PREALLOC, btf: true };
const CGROUPS: Creation = { keySize: 16, maxEntries: 0 };

/** In the order of enum bpf_map_type. */
export const mapTypes = {
  hash: {
    since: "3.19",
    class: "HashMap",
    create: {},
    elements: { keys: "any", values: "data", perCpu: false, maxEntries: "elements" },
    calls: { iterate: true, delete: true, batch: true, mmap: false },
    programs: {
      sleepable: ["5.10", "1e6c62a88215"],
      preallocated: true,
      holds: ["locks", "deferred", "graphs"],
      instead: undefined,
    },
    needs: undefined,
  },
  array: {
    since: "3.19",
    class: "ArrayMap",
    create: INDEXED,
    elements: { keys: "index", values: "data", perCpu: false, maxEntries: "elements" },
    calls: { iterate: true, delete: false, batch: true, mmap: true },
    programs: {
      sleepable: ["5.10", "1e6c62a88215"],
      preallocated: false,
      holds: ["locks", "deferred", "graphs"],
      instead: undefined,
    },
    needs: undefined,
  },
  prog_array: {
    since: "4.2",
    class: "ProgArray",
    create: REFERENCES,
    elements: { keys: "index", values: "program", perCpu: false, maxEntries: "elements" },
    calls: { iterate: true, delete: true, batch: false, mmap: false },
    programs: { sleepable: ["7.0", "0f0c332992b8"], preallocated: false, holds: [], instead: undefined },
    needs: undefined,
  },
  perf_event_array: {
    since: "4.3",
    class: "PerfBuffer",
    create: REFERENCES,
    elements: { keys: "index", values: "descriptor", perCpu: false, maxEntries: "cpus" },
    calls: { iterate: true, delete: true, batch: false, mmap: false },
    programs: { sleepable: "never", preallocated: false, holds: [], instead: "ringbuf" },
    needs: undefined,
  },
  percpu_hash: {
    since: "4.6",
    class: "PerCpuHashMap",
    create: {},
    elements: { keys: "any", values: "data", perCpu: true, maxEntries: "elements" },
    calls: { iterate: true, delete: true, batch: true, mmap: false },
    programs: { sleepable: ["5.12", "638e4b825d52"], preallocated: true, holds: [], instead: "hash" },
    needs: undefined,
  },
  percpu_array: {
    since: "4.6",
    class: "PerCpuArrayMap",
    create: INDEXED,
    elements: { keys: "index", values: "data", perCpu: true, maxEntries: "elements" },
    calls: { iterate: true, delete: false, batch: true, mmap: false },
    programs: { sleepable: ["5.12", "638e4b825d52"], preallocated: false, holds: [], instead: "array" },
    needs: undefined,
  },
  stack_trace: {
    since: "4.6",
    class: "KernelMap",
    create: INDEXED,
    elements: { keys: "index", values: "data", perCpu: false, maxEntries: "elements" },
    calls: { iterate: true, delete: true, batch: false, mmap: false },
    programs: { sleepable: "never", preallocated: false, holds: [], instead: "array (bpf_get_stack() into its value)" },
    needs: undefined,
  },
  cgroup_array: {
    since: "4.8",
    class: "KernelMap",
    create: REFERENCES,
    elements: { keys: "index", values: "descriptor", perCpu: false, maxEntries: "elements" },
    calls: { iterate: true, delete: true, batch: false, mmap: false },
    programs: { sleepable: "never", preallocated: false, holds: [], instead: undefined },
    needs: undefined,
  },
  lru_hash: {
    since: "4.10",
    class: "HashMap",
    create: {},
    elements: { keys: "any", values: "data", perCpu: false, maxEntries: "lru" },
    calls: { iterate: true, delete: true, batch: true, mmap: false },
    programs: {
      sleepable: ["5.10", "1e6c62a88215"],
      preallocated: false,
      holds: ["deferred", "graphs"],
      instead: undefined,
    },
    needs: undefined,
  },
  lru_percpu_hash: {
    since: "4.10",
    class: "PerCpuHashMap",
    create: {},
    elements: { keys: "any", values: "data", perCpu: true, maxEntries: "lru" },
    calls: { iterate: true, delete: true, batch: true, mmap: false },
    programs: { sleepable: ["5.12", "638e4b825d52"], preallocated: false, holds: [], instead: "lru_hash" },
    needs: undefined,
  },
  lpm_trie: {
    since: "4.11",
    class: "LpmTrieMap",
    create: { flags: Flag.NO_PREALLOC },
    elements: { keys: "prefix", values: "data", perCpu: false, maxEntries: "elements" },
    calls: { iterate: true, delete: true, batch: false, mmap: false },
    programs: { sleepable: ["7.2", "a3d76e27bbbf"], preallocated: false, holds: [], instead: "hash" },
    needs: undefined,
  },
  array_of_maps: {
    since: "4.12",
    class: "ArrayOfMaps",
    create: REFERENCES,
    elements: { keys: "index", values: "map", perCpu: false, maxEntries: "elements" },
    calls: { iterate: true, delete: true, batch: false, mmap: false },
    programs: { sleepable: ["5.12", "638e4b825d52"], preallocated: false, holds: [], instead: undefined },
    needs: undefined,
  },
  hash_of_maps: {
    since: "4.12",
    class: "HashOfMaps",
    create: { valueSize: 4 },
    elements: { keys: "any", values: "map", perCpu: false, maxEntries: "elements" },
    calls: { iterate: true, delete: true, batch: false, mmap: false },
    programs: { sleepable: ["5.12", "638e4b825d52"], preallocated: true, holds: [], instead: undefined },
    needs: undefined,
  },
  devmap: {
    since: "4.14",
    class: "KernelMap",
    create: DEVICES,
    elements: { keys: "index", values: "data", perCpu: false, maxEntries: "elements" },
    calls: { iterate: true, delete: true, batch: false, mmap: false },
    programs: { sleepable: "never", preallocated: false, holds: [], instead: undefined },
    needs: "CAP_NET_ADMIN",
  },
  sockmap: {
    since: "4.14",
    class: "KernelMap",
    create: REFERENCES,
    elements: { keys: "index", values: "descriptor", perCpu: false, maxEntries: "elements" },
    calls: { iterate: true, delete: true, batch: false, mmap: false },
    programs: { sleepable: "never", preallocated: false, holds: [], instead: undefined },
    needs: "CAP_NET_ADMIN",
  },
  cpumap: {
    since: "4.15",
    class: "KernelMap",
    create: REFERENCES,
    elements: { keys: "index", values: "data", perCpu: false, maxEntries: "elements" },
    calls: { iterate: true, delete: true, batch: false, mmap: false },
    programs: { sleepable: "never", preallocated: false, holds: [], instead: undefined },
    needs: undefined,
  },
  xskmap: {
    since: "4.18",
    class: "KernelMap",
    create: REFERENCES,
    elements: { keys: "index", values: "descriptor", perCpu: false, maxEntries: "elements" },
    calls: { iterate: true, delete: true, batch: false, mmap: false },
    programs: { sleepable: "never", preallocated: false, holds: [], instead: undefined },
    needs: "CAP_NET_ADMIN",
  },
  sockhash: {
    since: "4.18",
    class: "KernelMap",
    create: { valueSize: 4 },
    elements: { keys: "any", values: "descriptor", perCpu: false, maxEntries: "elements" },
    calls: { iterate: true, delete: true, batch: false, mmap: false },
    programs: { sleepable: "never", preallocated: false, holds: [], instead: undefined },
    needs: "CAP_NET_ADMIN",
  },
  cgroup_storage: {
    since: "4.19",
    class: "KernelMap",
    create: CGROUPS,
    elements: { keys: "cgroup", values: "data", perCpu: false, maxEntries: "none" },
    calls: { iterate: true, delete: false, batch: false, mmap: false },
    programs: { sleepable: "never", preallocated: false, holds: ["locks"], instead: "cgrp_storage" },
    needs: undefined,
  },
  reuseport_sockarray: {
    since: "4.19",
    class: "KernelMap",
    create: { keySize: 4, valueSize: 8 },
    elements: { keys: "index", values: "descriptor", perCpu: false, maxEntries: "elements" },
    calls: { iterate: true, delete: true, batch: false, mmap: false },
    programs: { sleepable: "never", preallocated: false, holds: [], instead: undefined },
    needs: undefined,
  },
  percpu_cgroup_storage: {
    since: "4.20",
    class: "PerCpuHashMap",
    create: CGROUPS,
    elements: { keys: "cgroup", values: "data", perCpu: true, maxEntries: "none" },
    calls: { iterate: true, delete: false, batch: false, mmap: false },
    programs: { sleepable: "never", preallocated: false, holds: [], instead: "cgrp_storage" },
    needs: undefined,
  },
  queue: {
    since: "4.20",
    class: "QueueMap",
    create: KEYLESS,
    elements: { keys: "none", values: "data", perCpu: false, maxEntries: "elements" },
    calls: { iterate: false, delete: false, batch: false, mmap: false },
    programs: { sleepable: ["6.9", "55bad79e33ae"], preallocated: false, holds: [], instead: "ringbuf" },
    needs: undefined,
  },
  stack: {
    since: "4.20",
    class: "StackMap",
    create: KEYLESS,
    elements: { keys: "none", values: "data", perCpu: false, maxEntries: "elements" },
    calls: { iterate: false, delete: false, batch: false, mmap: false },
    programs: { sleepable: ["6.9", "55bad79e33ae"], preallocated: false, holds: [], instead: "array" },
    needs: undefined,
  },
  sk_storage: {
    since: "5.2",
    class: "SkStorageMap",
    create: STORAGE,
    elements: { keys: "descriptor", values: "data", perCpu: false, maxEntries: "none" },
    calls: { iterate: false, delete: true, batch: false, mmap: false },
    programs: { sleepable: ["5.17", "0fe4b381a59e"], preallocated: false, holds: ["locks"], instead: "hash" },
    needs: undefined,
  },
  devmap_hash: {
    since: "5.4",
    class: "KernelMap",
    create: DEVICES,
    elements: { keys: "any", values: "data", perCpu: false, maxEntries: "elements" },
    calls: { iterate: true, delete: true, batch: false, mmap: false },
    programs: { sleepable: "never", preallocated: false, holds: [], instead: undefined },
    needs: "CAP_NET_ADMIN",
  },
  struct_ops: {
    since: "5.6",
    class: "StructOpsMap",
    create: { keySize: 4, maxEntries: 1 },
    elements: { keys: "index", values: "struct_ops", perCpu: false, maxEntries: "elements" },
    calls: { iterate: true, delete: true, batch: false, mmap: false },
    programs: { sleepable: "never", preallocated: false, holds: [], instead: undefined },
    needs: undefined,
  },
  ringbuf: {
    since: "5.8",
    class: "RingBuffer",
    create: RING,
    elements: { keys: "none", values: "none", perCpu: false, maxEntries: "bytes" },
    calls: { iterate: false, delete: false, batch: false, mmap: false },
    programs: { sleepable: ["5.12", "ba90c2cc0231"], preallocated: false, holds: [], instead: "array or hash" },
    needs: undefined,
  },
  inode_storage: {
    since: "5.10",
    class: "InodeStorageMap",
    create: STORAGE,
    elements: { keys: "descriptor", values: "data", perCpu: false, maxEntries: "none" },
    calls: { iterate: false, delete: true, batch: false, mmap: false },
    programs: { sleepable: ["5.17", "0fe4b381a59e"], preallocated: false, holds: ["locks"], instead: "hash" },
    needs: "lsm",
  },
  task_storage: {
    since: "5.11",
    class: "TaskStorageMap",
    create: STORAGE,
    elements: { keys: "descriptor", values: "data", perCpu: false, maxEntries: "none" },
    calls: { iterate: false, delete: true, batch: false, mmap: false },
    programs: { sleepable: ["5.17", "0fe4b381a59e"], preallocated: false, holds: ["locks"], instead: "hash" },
    needs: undefined,
  },
  bloom_filter: {
    since: "5.16",
    class: "BloomFilterMap",
    create: KEYLESS,
    elements: { keys: "none", values: "data", perCpu: false, maxEntries: "elements" },
    calls: { iterate: false, delete: false, batch: false, mmap: false },
    programs: { sleepable: "never", preallocated: false, holds: [], instead: "hash" },
    needs: undefined,
  },
  user_ringbuf: {
    since: "6.1",
    class: "UserRingBuffer",
    create: RING,
    elements: { keys: "none", values: "none", perCpu: false, maxEntries: "bytes" },
    calls: { iterate: false, delete: false, batch: false, mmap: false },
    programs: { sleepable: ["6.1"], preallocated: false, holds: [], instead: undefined },
    needs: undefined,
  },
  cgrp_storage: {
    since: "6.2",
    class: "CgroupLocalStorageMap",
    create: STORAGE,
    elements: { keys: "descriptor", values: "data", perCpu: false, maxEntries: "none" },
    calls: { iterate: false, delete: true, batch: false, mmap: false },
    programs: { sleepable: ["6.4"], preallocated: false, holds: ["locks"], instead: undefined },
    needs: undefined,
  },
  arena: {
    since: "6.9",
    class: "ArenaMap",
    create: { keySize: 0, valueSize: 0, flags: Flag.MMAPABLE },
    elements: { keys: "none", values: "none", perCpu: false, maxEntries: "pages" },
    calls: { iterate: false, delete: false, batch: false, mmap: true },
    programs: { sleepable: ["6.9"], preallocated: false, holds: [], instead: undefined },
    needs: undefined,
  },
  insn_array: {
    since: "6.19",
    class: "KernelMap",
    create: { keySize: 4, valueSize: 16 },
    elements: { keys: "index", values: "data", perCpu: false, maxEntries: "elements" },
    calls: { iterate: true, delete: false, batch: false, mmap: false },
    programs: { sleepable: ["6.19"], preallocated: false, holds: [], instead: undefined },
    needs: undefined,
  },
  rhash: {
    since: "7.2",
    class: "BpfMap",
    create: { flags: Flag.NO_PREALLOC },
    elements: { keys: "any", values: "data", perCpu: false, maxEntries: "elements" },
    calls: { iterate: true, delete: true, batch: false, mmap: false },
    programs: {
      sleepable: ["7.2", "16b4d3e2fb24"],
      preallocated: false,
      holds: ["locks", "deferred"],
      instead: undefined,
    },
    needs: undefined,
  },
} as const satisfies Readonly<Record<MapTypeName | Lowercase<keyof typeof NEWER>, MapTypeRow>>;

const rows: ReadonlyMap<string, MapTypeRow> = new Map([
  ...Object.entries(mapTypes),
  ...Object.entries(RENAMED).map(([name, current]) => [name, mapTypes[current]] as const),
]);

/** If a type has two names, the newer one is last and is used. */
const names: ReadonlyMap<number, string> = new Map(
  Object.entries({ ...MapType, ...NEWER }).map(([name, value]) => [value, name.toLowerCase()]),
);

const numbers: ReadonlyMap<string, number> = new Map([...names].map(([value, name]) => [name, value]));

/** The row of a type by its name or old name; undefined if the type is unknown. */
export function mapTypeRow(name: string): MapTypeRow | undefined {
  return rows.get(name);
}

/** The row of a type by its number; undefined if the type is unknown. */
export function mapTypeRowOf(type: number): MapTypeRow | undefined {
  return rows.get(names.get(type) ?? "");
}

/** Whether programs and user space pass records through maps of a type. */
export function hasRecords(name: string): boolean {
  const row = mapTypeRow(name);
  return row !== undefined && mapClasses[row.class].some((parameter) => parameter === "event");
}

/** A map type's number; 0 if unknown. */
export function mapTypeNumber(name: string): number {
  return numbers.get(name) ?? Number(/^type (\d+)$/.exec(name)?.[1] ?? 0);
}

/** A map type's name: 1 is "hash", 27 "ringbuf", 999 "type 999". */
export function mapTypeName(type: number): string {
  return names.get(type) ?? `type ${type}`;
}

/** The current name of a type: "cgroup_storage" for "cgroup_storage_deprecated". */
export function currentMapTypeName(name: string): string {
  return Object.hasOwn(RENAMED, name) ? RENAMED[name as keyof typeof RENAMED] : name;
}
