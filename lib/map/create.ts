/** createMap(): creates a map without an object. */
import { release } from "node:os";
import type { Codec } from "../codec/codec";
import { isSince } from "../compare-versions";
import { Flag } from "../constants";
import { ArgumentError, type BpfError, errnoName, isErrno, MapError } from "../errors";
import { permissionError } from "../kernel/refusal";
import { type Creation, type MapTypeName, mapTypeNumber, mapTypes } from "../map-types";
import { native } from "../native";
import { orWithToken, tokenPlace, withTokenOf } from "../native/token";
import { bigint64, checkOptions, custom, nameOf, required, type Schema, uint32 } from "../options";
import { FLAGS } from "../sleepable/rules-maps";
import type { MapTypes } from "./classes";
import { BpfMap, describeOther, isOfOtherCopy } from "./map";
import { codec, type ElementCodecs } from "./map-codec";
import { infoOf } from "./map-info";
import { mapOfHandle } from "./open";

/** Options of {@link createMap}. */
export interface CreateMapOptions<T extends MapTypeName = MapTypeName, K = Uint8Array, V = Uint8Array> {
  /** The map type: enum bpf_map_type in lower case. */
  type: T;
  /** Codec of keys. Default: raw bytes. */
  key?: Codec<K>;
  /** Codec of values; for a per-CPU map, of one CPU's value. Default: raw bytes. */
  value?: Codec<V>;
  /** Size of a key in bytes. Default: the codec's, or what the type requires. */
  keySize?: number;
  /** Size of a value in bytes. Default: the codec's, or what the type requires. */
  valueSize?: number;
  /** Maximum number of entries; for ring buffers the size in bytes, for arenas in pages. */
  maxEntries?: number;
  /** map_flags (BPF_F_*: {@link Flag}). Flags that the type requires are added. */
  flags?: number;
  /** The map's name: letters, digits, "_" and ".". The kernel keeps 15 characters. Since Linux 4.15. */
  name?: string;
  /**
   * For a map of maps, the template of the inner maps: a map, or options for one. Only its type, sizes and flags
   * matter.
   */
  inner?: BpfMap | CreateMapOptions;
  /** map_extra: number of hash functions of a Bloom filter, address of an arena. Since Linux 5.16. */
  mapExtra?: bigint;
  /** The NUMA node to allocate memory from (BPF_F_NUMA_NODE). Since Linux 4.14. */
  numaNode?: number;
  /** Index of the network device to offload the map to. Since Linux 4.16. */
  ifindex?: number;
  /**
   * The BPF token to create it with in a user namespace: the path of a bpffs, or false for none. Default: if the kernel
   * refuses it otherwise, the token of the path in LIBBPF_BPF_TOKEN_PATH, or of /sys/fs/bpf. Since Linux 6.9.
   */
  token?: string | false;
  /** struct_ops: BTF id of the value's struct, "bpf_struct_ops_…", in the kernel's BTF. Since Linux 5.6. */
  vmlinuxValueTypeId?: number;
}

/**
 * Creates a map that belongs to no object. It stays open until `close()`, or until it is garbage-collected; the kernel
 * keeps a map that programs or pins use. libbpf: bpf_map_create().
 *
 * @throws {@link MapError} if this kernel does not support the type, or rejects its sizes or flags
 * @throws {@link PermissionError} with the missing privilege
 * @throws {@link ArgumentError} for an invalid option
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
    const make = (token: number) => native.mapCreate({ ...request, innerFd: model?.fd ?? 0, token });
    const handle = created(given, make);
    if (handle < 0) throw notCreated(request, given, handle);
    try {
      const info = infoOf(handle); // Use the kernel's values: it adjusts a ring buffer's size and a devmap's flags.
      // The access mode belongs to the descriptor, not to the map, so the kernel does not report it.
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

/** Creates the map with the token that is wanted. */
function created({ token, name = "" }: Options, make: (token: number) => number): number {
  if (token === undefined) return orWithToken(make, (handle) => handle);
  if (token === false) return make(0);
  return withTokenOf(token, make, ({ code, what, hint }, errno) => {
    const details = { operation: "map.create", errno, hint, ...(name !== "" && { map: name }) } as const;
    return new MapError(code ?? "ERR_BPF_MAP_CREATE", `the map can't be created: ${what}`, details);
  });
}

type Options = Omit<CreateMapOptions, "key" | "value"> & { key?: { size: number }; value?: { size: number } };

const OPTIONS: Schema<Options> = {
  type: required(nameOf('a map type such as "hash"', Object.keys(mapTypes) as MapTypeName[])),
  ...{ key: codec, value: codec, keySize: uint32, valueSize: uint32, maxEntries: uint32, flags: uint32 },
  name: custom(
    'a string of letters, digits, "_" and "."',
    (value) => typeof value === "string" && /^[\w.]*$/.test(value),
  ),
  inner: custom("a map, or what createMap() takes", (value) => typeof value === "object" && value !== null),
  ...{ mapExtra: bigint64, numaNode: uint32, ifindex: uint32, vmlinuxValueTypeId: uint32, token: tokenPlace },
};

function requestOf(options: Options) {
  const { type: typeName, name = "" } = options;
  const wanted: Creation = mapTypes[typeName].create;
  const size = (what: "keySize" | "valueSize" | "maxEntries", fallback: number | undefined) => {
    const value = options[what] ?? fallback;
    if (value === undefined) throw argument(`a ${typeName} map needs ${what}`);
    return value;
  };
  const { flags = 0, mapExtra = 0n, numaNode, ifindex = 0, vmlinuxValueTypeId = 0 } = options;
  return {
    type: mapTypeNumber(typeName),
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
  { typeName, maxEntries, flags }: { typeName: MapTypeName; maxEntries: number; flags: number },
  options: Options,
  status: number,
) {
  if (isErrno(status, "E2BIG") || isErrno(status, "ENOMEM"))
    return "It is too large: lower maxEntries or the value's size";
  if (!isErrno(status, "EINVAL") && !isErrno(status, "EOPNOTSUPP") && !isErrno(status, "ENOTSUPP")) return undefined;
  const newer = FLAGS.find(({ flag, since }) => (flags & flag) !== 0 && !isSince(release(), since));
  if (newer !== undefined) return `${newer.name} needs Linux ${newer.since}`;
  const { elements } = mapTypes[typeName];
  if (elements.values === "map" && options.inner === undefined) return "Set `inner` to the type of the inner maps";
  if (elements.maxEntries === "bytes")
    return "maxEntries is its size in bytes: a power of two, and a multiple of the page size";
  if (maxEntries === 0) return "It needs maxEntries";
  return "Check its sizes and flags; this kernel may not know the type, or have been built without it";
}
