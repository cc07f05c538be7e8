/** Opens maps of objects, by pin and by id. */
import { basename } from "node:path";
import type { BtfValue, Codec } from "../codec/codec";
import { ArgumentError, type BpfError, errnoName, isErrno, MapError } from "../errors";
import { permissionError } from "../kernel/refusal";
import { type MapTypeName, mapTypeNumber } from "../map-types";
import { type Handle, type MapDescription, native } from "../native";
import { Lifetime } from "../native/lifetime";
import { whyNotOpened } from "../native/pins";
import {
  bigint64,
  checkArgument,
  checkOptions,
  custom,
  type Expected,
  filled,
  objectId,
  type Schema,
  uint32,
} from "../options";
import { classOf, type MapTypes } from "./classes";
import { MapCore } from "./core";
import { fitting } from "./keyed-map";
import { BpfMap } from "./map";
import { bytesOf, codec, type ElementCodecs } from "./map-codec";
import type { MapIdentity } from "./map-identity";
import { infoOf } from "./map-info";
import { mapType } from "./map-type-option";
import { type ExpectedMap, refuseOther } from "./reuse";
import { type Counted, isRingCounts } from "./ring-counts";
import { codecsOfOpened, type ObjectCodecs } from "./typed";

/** Options for opening an existing map: what it must be, and the codecs of its keys and values. */
export interface OpenMapOptions<T extends MapTypeName, K, V> extends ExpectedMap {
  /** The map type. Default: the kernel's answer. */
  type?: T;
  /**
   * Codec of keys. Default: from the BTF that the map was created with; bytes if it has none, or this process may not
   * read it.
   */
  key?: Codec<K>;
  /**
   * Codec of values; for a per-CPU map, of one CPU's value. Default: as for keys. The value of a section of variables,
   * such as .data, is an object of them.
   */
  value?: Codec<V>;
  /**
   * Of a ring buffer: the map of its counters, which RINGBUF_COUNTS() declares. It must be open when the ring is first
   * used. The maps of an object find theirs by name.
   */
  counts?: BpfMap;
}

const counts = custom<BpfMap>("the map that RINGBUF_COUNTS() declares", (value) => {
  return value instanceof BpfMap && isRingCounts(value);
});

const OPTIONS: Schema<OpenMapOptions<never, never, never>> = {
  ...{ type: mapType as Expected<never>, key: codec, value: codec, keySize: uint32, valueSize: uint32 },
  ...{ maxEntries: uint32, flags: uint32, mapExtra: bigint64, counts },
};

/** The class of an opened map, if its type is known. */
export type OpenedMap<T extends MapTypeName, K, V> = MapTypeName extends T ? BpfMap : MapTypes<K, V>[T];

/** @internal A map of a loaded object. */
export function mapOfObject(
  lifetime: Lifetime,
  description: MapDescription,
  name: string,
  index: number,
  codecs: ObjectCodecs & Counted,
): BpfMap {
  const core = new MapCore(lifetime, { ...description, name }, { index });
  return mapOf(core, codecs, codecs.inner);
}

/** @internal A map that belongs to no object; takes ownership of the handle. */
export function mapOfHandle(
  handle: Handle,
  identity: MapIdentity,
  codecs: Partial<ElementCodecs> & Counted,
  fallback = bytesOf(identity.name, identity.keySize, identity.valueSize),
): BpfMap {
  const { name, keySize, valueSize } = identity;
  const key = codecs.key === undefined ? fallback.key : fitting(codecs.key, keySize, name, "key");
  const value = codecs.value === undefined ? fallback.value : fitting(codecs.value, valueSize, name, "value");
  const view = codecs.value === undefined ? fallback.view : codecs.view;
  const core = new MapCore(Lifetime.ofMap(handle, name), identity, { handle });
  return mapOf(core, { key, value, view, counts: codecs.counts });
}

function mapOf(core: MapCore, codecs: ElementCodecs & Counted, inner: Partial<ElementCodecs> = {}): BpfMap {
  return new (classOf(core.type))(core, { ...codecs, openInner: (id) => openInner(id, inner) });
}

/** The map with an id; undefined if it is gone. */
function openInner(id: number, codecs: Partial<ElementCodecs>): BpfMap | undefined {
  const handle = native.mapOfId(id);
  if (isErrno(handle, "ENOENT")) return undefined;
  if (handle < 0) throw notOpened(handle, `map ${id}`, undefined, "by-id");
  return opened(handle, `map ${id}`, String(id), codecs as OpenMapOptions<MapTypeName, unknown, unknown>);
}

/**
 * Opens a pinned map. With options, each of the given fields must match. libbpf: bpf_obj_get(). Since Linux 4.4.
 *
 * The map stays open until `close()`, or until it is garbage-collected.
 *
 * @param path path in bpffs
 * @throws {@link MapError} if no map is pinned there, or a field differs: the message lists all that differ
 * @throws {@link PermissionError} with the missing privilege
 */
export function openMap<T extends MapTypeName = MapTypeName, K = BtfValue, V = BtfValue>(
  path: string,
  options?: OpenMapOptions<T, K, V>,
): OpenedMap<T, K, V> {
  const callee = { name: "openMap", details: { operation: "map.open" } } as const;
  checkArgument(callee, "path", path, filled);
  const given = checkOptions(callee, options, OPTIONS as Schema<OpenMapOptions<T, K, V>>);
  const handle = native.mapOfPath(path);
  if (handle < 0) throw notOpened(handle, path, whyNotOpened(handle, path, "map"), "use");
  return opened(handle, path, basename(path), given) as OpenedMap<T, K, V>;
}

/**
 * Opens a map by its kernel id, as shown by bpftool. Needs CAP_SYS_ADMIN. libbpf: bpf_map_get_fd_by_id(). Since Linux
 * 4.13.
 *
 * @throws {@link MapError} if there is none, or a field differs from the options
 * @throws {@link PermissionError} without CAP_SYS_ADMIN
 */
export function openMapById<T extends MapTypeName = MapTypeName, K = BtfValue, V = BtfValue>(
  id: number,
  options?: OpenMapOptions<T, K, V>,
): OpenedMap<T, K, V> {
  const callee = { name: "openMapById", details: { operation: "map.open" } } as const;
  checkArgument(callee, "id", id, objectId);
  const given = checkOptions(callee, options, OPTIONS as Schema<OpenMapOptions<T, K, V>>);
  const handle = native.mapOfId(id);
  if (handle < 0)
    throw notOpened(handle, `map ${id}`, isErrno(handle, "ENOENT") ? "there is none" : undefined, "by-id");
  return opened(handle, `map ${id}`, String(id), given) as OpenedMap<T, K, V>;
}

function opened<K, V>(handle: Handle, what: string, name: string, options: OpenMapOptions<MapTypeName, K, V>): BpfMap {
  try {
    const info = infoOf(handle);
    refuseOther(info, options, what);
    const { counts } = options;
    if (counts !== undefined && info.type !== "ringbuf")
      throw new ArgumentError(`${what} is a ${info.type} map: only a ring buffer has counts`, {
        operation: "map.open",
        map: info.name,
      });
    const identity = { ...info, type: mapTypeNumber(info.type), name: info.name || name };
    const known = options.key !== undefined && options.value !== undefined;
    const fallback = known ? undefined : codecsOfOpened(info, identity.name);
    const codecs = { ...(options as Partial<ElementCodecs>), counts: () => counts };
    return mapOfHandle(handle, identity, codecs, fallback);
  } catch (error) {
    native.mapClose(handle);
    throw error;
  }
}

/**
 * Builds the error.
 *
 * @param why undefined if the errno explains itself
 */
function notOpened(status: number, what: string, why: string | undefined, operation: "by-id" | "use"): BpfError {
  const errno = errnoName(status);
  const details = { operation: "map.open", errno } as const;
  if (why === undefined && isErrno(status, "EPERM"))
    return permissionError(`${what} can't be opened`, { operation }, details);
  return new MapError("ERR_BPF_MAP", `${what} can't be opened: ${why ?? "the kernel refuses"} (${errno})`, details);
}
