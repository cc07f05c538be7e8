/**
 * Map types: one row for each, with all that this library knows of it. The classes, createMap(), hints, generated TypeScript, the precheck
 * and the tests read the rows. The compiler refuses a table in which a type or a field is missing.
 */
import { Flag, MapType } from "./constants";

/** What a type parameter of a map's class stands for; "inner" is the class of the maps in a map. */
export type ClassParameter = "key" | "value" | "event" | "inner";

/** The classes of maps with their type parameters. lib/map/classes.ts has the constructors. */
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

/** What createMap() fills in: sizes that the type prescribes, flags that it can't be made without. */
export interface Creation {
  readonly keySize?: number;
  readonly valueSize?: number;
  readonly maxEntries?: number;
  readonly flags?: number;
  /** The kernel wants BTF of the key and the value. */
  readonly btf?: boolean;
  /** Flags that the kernel sets itself. */
  readonly kernelFlags?: number;
}

/** Keys, values, and how many. */
interface Elements {
  /** "cgroup": struct bpf_cgroup_storage_key. */
  readonly keys: "any" | "index" | "prefix" | "descriptor" | "cgroup" | "none";
  /** "descriptor": user space writes a file descriptor. "struct_ops": the kernel's struct, which holds more than its BTF type. */
  readonly values: "data" | "descriptor" | "map" | "program" | "struct_ops" | "none";
  /** A value is an array with one value for each possible CPU. binding/map.cc lists these types too. */
  readonly perCpu: boolean;
  /**
   * What max_entries counts. "lru": elements; with BPF_F_NO_COMMON_LRU the kernel rounds to a multiple of the CPUs. "cpus": elements;
   * libbpf sets 0 to the number of CPUs.
   */
  readonly maxEntries: "elements" | "lru" | "bytes" | "pages" | "cpus" | "none";
}

/** What user space can do with the elements. */
interface Calls {
  /** bpf_map_get_next_key(). */
  readonly iterate: boolean;
  /** bpf_map_delete_elem(). */
  readonly delete: boolean;
  /** Iteration uses bpf_map_lookup_batch() where the kernel has it: other types may return an element twice, or fail. */
  readonly batch: boolean;
  /** mmap(2) of a map with BPF_F_MMAPABLE gives the elements. */
  readonly mmap: boolean;
}

/** What programs can do with the map (kernel/bpf/verifier.c, check_map_prog_compatibility()). */
interface Programs {
  /** The release since which sleepable programs can use it, and the commit; "never": not up to Linux 7.3. */
  readonly sleepable: readonly [since: string, commit?: string] | "never";
  /** The kernel allocates its elements when it makes the map, unless the map has BPF_F_NO_PREALLOC. */
  readonly preallocated: boolean;
  /** What its values can hold (kernel/bpf/syscall.c, map_check_btf()): spin locks; timers, work queues, list heads, tree roots. */
  readonly holds: readonly ("locks" | "objects")[];
  /** What a program can use in its place. */
  readonly instead: string | undefined;
}

/** All that is known of a map type. */
export interface MapTypeRow {
  /** The Linux release that brought it. */
  readonly since: string;
  readonly class: MapClassName;
  readonly create: Creation;
  readonly elements: Elements;
  readonly calls: Calls;
  readonly programs: Programs;
  /** What making one needs beyond CAP_BPF: CAP_NET_ADMIN; "lsm": bpf among the active LSMs. */
  readonly needs: "CAP_NET_ADMIN" | "lsm" | undefined;
}

/** Types that the carried linux/bpf.h does not have yet, with their numbers. {@link MapTypeName} does not have them. */
const NEWER = { RHASH: 35 } as const satisfies Record<string, number> & { [Name in keyof typeof MapType]?: never };

/** A map type's name: enum bpf_map_type in lower case, as bpftool spells it. */
export type MapTypeName = Exclude<Lowercase<keyof typeof MapType>, "unspec" | `${string}_deprecated`>;

/** Old names of linux/bpf.h, and the new names of the same types. */
const RENAMED = {
  cgroup_storage_deprecated: "cgroup_storage",
  percpu_cgroup_storage_deprecated: "percpu_cgroup_storage",
} as const satisfies Record<Extract<Lowercase<keyof typeof MapType>, `${string}_deprecated`>, MapTypeName>;

const INDEXED: Creation = { keySize: 4 };
const REFERENCES: Creation = { keySize: 4, valueSize: 4 };
/** dev_map_init_map() sets the flag. */
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
      holds: ["locks", "objects"],
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
      holds: ["locks", "objects"],
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
    programs: { sleepable: ["5.10", "1e6c62a88215"], preallocated: false, holds: ["objects"], instead: undefined },
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
    programs: { sleepable: ["7.2", "16b4d3e2fb24"], preallocated: false, holds: [], instead: undefined },
    needs: undefined,
  },
} as const satisfies Readonly<Record<MapTypeName | Lowercase<keyof typeof NEWER>, MapTypeRow>>;

const rows: ReadonlyMap<string, MapTypeRow> = new Map([
  ...Object.entries(mapTypes),
  ...Object.entries(RENAMED).map(([name, current]) => [name, mapTypes[current]] as const),
]);

/** Of two names for one number, the newer stands last and wins. */
const names: ReadonlyMap<number, string> = new Map(
  Object.entries({ ...MapType, ...NEWER }).map(([name, value]) => [value, name.toLowerCase()]),
);

const numbers: ReadonlyMap<string, number> = new Map([...names].map(([value, name]) => [name, value]));

/** The row of a type by its name, the old one too; undefined for types that are not known here. */
export function mapTypeRow(name: string): MapTypeRow | undefined {
  return rows.get(name);
}

/** The row of a type by its number. */
export function mapTypeRowOf(type: number): MapTypeRow | undefined {
  return rows.get(names.get(type) ?? "");
}

/** Whether programs and user space pass records through maps of a type. */
export function hasRecords(name: string): boolean {
  const row = mapTypeRow(name);
  return row !== undefined && mapClasses[row.class].some((parameter) => parameter === "event");
}

/** A map type's number; 0 for none. */
export function mapTypeNumber(name: string): number {
  return numbers.get(name) ?? Number(/^type (\d+)$/.exec(name)?.[1] ?? 0);
}

/** A map type's name: 1 is "hash", 27 "ringbuf", 999 "type 999". */
export function mapTypeName(type: number): string {
  return names.get(type) ?? `type ${type}`;
}

/** The name that a type has now: "cgroup_storage" for "cgroup_storage_deprecated". */
export function currentMapTypeName(name: string): string {
  return Object.hasOwn(RENAMED, name) ? RENAMED[name as keyof typeof RENAMED] : name;
}
