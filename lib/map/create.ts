/** createMap(): a map without an object. */
import type { Codec } from "../codec/codec";
import { Flag, MapType } from "../constants";
import { ArgumentError, type BpfError, errnoName, isErrno, MapError } from "../errors";
import { permissionError } from "../kernel/refusal";
import { native } from "../native";
import { bigint64, checkOptions, custom, nameOf, required, type Schema, uint32 } from "../options";
import type { MapTypeName, MapTypes } from "./classes";
import { BpfMap, describeOther, isOfOtherCopy } from "./map";
import { codec, type ElementCodecs } from "./map-codec";
import { infoOf } from "./map-info";
import { mapOfHandle } from "./open";
import { mapTypeNames } from "./type-names";

/** What {@link createMap} makes. */
export interface CreateMapOptions<T extends MapTypeName = MapTypeName, K = Uint8Array, V = Uint8Array> {
  type: T;
  /** How keys are written; without it they are bytes. */
  key?: Codec<K>;
  /** How values are written, of a per-CPU map one CPU's; without it they are bytes. */
  value?: Codec<V>;
  /** Bytes of a key; by default the codec's, or what the type wants. */
  keySize?: number;
  /** Bytes of a value; by default the codec's, or what the type wants. */
  valueSize?: number;
  /** Entries; for ring buffers bytes, for arenas pages. */
  maxEntries?: number;
  /** map_flags (BPF_F_*: {@link Flag}); those without which the type can't be made are added. */
  flags?: number;
  /** Letters, digits, "_" and ".", of which the kernel keeps 15. Since Linux 4.15. */
  name?: string;
  /** What a map of maps holds: a map, or what would make one. Only its type, sizes and flags count. */
  inner?: BpfMap | CreateMapOptions;
  /** map_extra: hash functions of a Bloom filter, the address of an arena. Since Linux 5.16. */
  mapExtra?: bigint;
  /** The NUMA node that its memory comes from (BPF_F_NUMA_NODE). Since Linux 4.14. */
  numaNode?: number;
  /** A network device to offload the map to. Since Linux 4.16. */
  ifindex?: number;
  /** struct_ops: the id of its value's struct, "bpf_struct_ops_…", in the kernel's BTF. Since Linux 5.6. */
  vmlinuxValueTypeId?: number;
}

/** What a type wants that one would else have to know: sizes, and flags that it can't be made without. */
interface Demands {
  keySize?: number;
  valueSize?: number;
  maxEntries?: number;
  flags?: number;
  /** The kernel wants BTF. */
  btf?: boolean;
}

const INDEXED: Demands = { keySize: 4 };
const REFERENCES: Demands = { keySize: 4, valueSize: 4 };
const KEYLESS: Demands = { keySize: 0 };
const STORAGE: Demands = { keySize: 4, maxEntries: 0, flags: Flag.NO_PREALLOC, btf: true };

const demands: Partial<Record<MapTypeName, Demands>> = {
  array: INDEXED,
  percpu_array: INDEXED,
  prog_array: REFERENCES,
  perf_event_array: REFERENCES,
  cgroup_array: REFERENCES,
  array_of_maps: REFERENCES,
  hash_of_maps: { valueSize: 4 },
  devmap: REFERENCES,
  devmap_hash: REFERENCES,
  cpumap: REFERENCES,
  xskmap: REFERENCES,
  sockmap: REFERENCES,
  sockhash: { valueSize: 4 },
  reuseport_sockarray: { keySize: 4, valueSize: 8 },
  stack_trace: INDEXED,
  lpm_trie: { flags: Flag.NO_PREALLOC },
  queue: KEYLESS,
  stack: KEYLESS,
  bloom_filter: KEYLESS,
  ringbuf: { keySize: 0, valueSize: 0 },
  user_ringbuf: { keySize: 0, valueSize: 0 },
  arena: { keySize: 0, valueSize: 0, flags: Flag.MMAPABLE },
  task_storage: STORAGE,
  inode_storage: STORAGE,
  sk_storage: STORAGE,
  cgrp_storage: STORAGE,
  cgroup_storage: { keySize: 16, maxEntries: 0 },
  percpu_cgroup_storage: { keySize: 16, maxEntries: 0 },
  struct_ops: { keySize: 4, maxEntries: 1 },
  insn_array: { keySize: 4, valueSize: 16 },
};

/**
 * Makes a map that belongs to no object. It is open until its `close()`, or until nobody refers to it any more; what programs and
 * pins use lives on. libbpf: bpf_map_create().
 *
 * @throws {@link MapError} if this kernel does not know the type, or refuses its sizes or flags
 * @throws {@link PermissionError} which says what privilege is missing
 */
export function createMap<T extends MapTypeName, K = Uint8Array, V = Uint8Array>(
  options: CreateMapOptions<T, K, V>,
): MapTypes<K, V>[T] {
  const callee = { name: "createMap", details: { operation: "map.create" } } as const;
  const given = checkOptions<Options>(callee, options, OPTIONS);
  const request = requestOf(given);
  const { inner } = given;
  if (!(inner instanceof BpfMap) && isOfOtherCopy(inner)) throw argument(`inner is ${describeOther(inner)}`);
  const template = inner === undefined || inner instanceof BpfMap ? undefined : createMap(inner);
  try {
    const model = inner instanceof BpfMap ? inner : template;
    const handle = native.mapCreate({ ...request, innerFd: model?.fd ?? 0 });
    if (handle < 0) throw notCreated(request, given, handle);
    try {
      const info = infoOf(handle); // a ring buffer's size, a devmap's flags: as the kernel has them
      // Which way this descriptor may be used is not told back: it is not the map's.
      const flags = info.flags | (request.flags & (Flag.RDONLY | Flag.WRONLY));
      const identity = { ...info, flags, type: request.type, name: request.name || request.typeName };
      return mapOfHandle(handle, identity, given as unknown as Partial<ElementCodecs>) as unknown as MapTypes<K, V>[T];
    } catch (error) {
      native.mapClose(handle);
      throw error;
    }
  } finally {
    template?.close();
  }
}

type Options = Omit<CreateMapOptions, "key" | "value"> & { key?: { size: number }; value?: { size: number } };

const OPTIONS: Schema<Options> = {
  type: required(
    nameOf('a map type such as "hash"', [...mapTypeNames.keys()].filter((name) => name !== "unspec") as MapTypeName[]),
  ),
  ...{ key: codec, value: codec, keySize: uint32, valueSize: uint32, maxEntries: uint32, flags: uint32 },
  name: custom(
    'a string of letters, digits, "_" and "."',
    (value) => typeof value === "string" && /^[\w.]*$/.test(value),
  ),
  inner: custom("a map, or what createMap() takes", (value) => typeof value === "object" && value !== null),
  ...{ mapExtra: bigint64, numaNode: uint32, ifindex: uint32, vmlinuxValueTypeId: uint32 },
};

function requestOf(options: Options) {
  const { type: typeName, name = "" } = options;
  const type = mapTypeNames.get(typeName) ?? MapType.UNSPEC;
  const wanted = demands[typeName] ?? {};
  const size = (what: "keySize" | "valueSize" | "maxEntries", fallback: number | undefined) => {
    const value = options[what] ?? fallback;
    if (value === undefined) throw argument(`a ${typeName} map needs ${what}`);
    return value;
  };
  const { flags = 0, mapExtra = 0n, numaNode, ifindex = 0, vmlinuxValueTypeId = 0 } = options;
  return {
    type,
    typeName,
    name,
    keySize: size("keySize", options.key?.size ?? wanted.keySize),
    valueSize: size("valueSize", options.value?.size ?? wanted.valueSize),
    maxEntries: size("maxEntries", wanted.maxEntries),
    flags: (flags | (wanted.flags ?? 0) | (numaNode === undefined ? 0 : Flag.NUMA_NODE)) >>> 0,
    mapExtra,
    numaNode: numaNode ?? 0,
    ifindex,
    vmlinuxValueType: vmlinuxValueTypeId,
    byteTypes: wanted.btf === true,
  };
}

function argument(message: string): ArgumentError {
  return new ArgumentError(message, { operation: "map.create" });
}

function notCreated(request: ReturnType<typeof requestOf>, options: Options, status: number): BpfError {
  const { typeName, name } = request;
  const errno = errnoName(status);
  const details = { operation: "map.create" as const, errno, ...(name !== "" && { map: name }) };
  const what = `${typeName} map${name === "" ? "" : ` ${name}`}`;
  if (isErrno(status, "EPERM"))
    return permissionError(`${what} can't be created`, { operation: "map.create", type: request.type }, details);
  const hint = creationHint(request, options, status);
  return new MapError("ERR_BPF_MAP_CREATE", `${what} can't be created (${errno})`, {
    ...details,
    ...(hint && { hint }),
  });
}

function creationHint(
  { typeName, maxEntries }: { typeName: string; maxEntries: number },
  options: Options,
  status: number,
) {
  if (isErrno(status, "E2BIG") || isErrno(status, "ENOMEM"))
    return "It is too large: lower maxEntries or the value's size";
  if (!isErrno(status, "EINVAL") && !isErrno(status, "EOPNOTSUPP") && !isErrno(status, "ENOTSUPP")) return undefined;
  if (typeName.endsWith("_of_maps") && options.inner === undefined) return "Say with `inner` what it holds";
  if (typeName.endsWith("ringbuf"))
    return "maxEntries is its size in bytes: a power of two, and a multiple of the page size";
  if (maxEntries === 0) return "It needs maxEntries";
  return "Check its sizes and flags; this kernel may not know the type, or have been built without it";
}
