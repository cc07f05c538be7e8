/** Maps whose values refer to kernel objects: other maps, or programs. */
import type { BtfValue, Codec } from "../codec/codec";
import { little } from "../endian";
import { ArgumentError } from "../errors";
import { refuseOthers } from "../receivers";
import { type MapCore, own } from "./core";
import { ElementMap, type RawMap } from "./element-map";
import { BpfMap, describeOther } from "./map";
import { type ElementCodec, type ElementCodecs, indexOf, u32 } from "./map-codec";

/** Opens the map with an id; undefined if it is gone. */
type OpenId<M> = (id: number) => M | undefined;

/** Codec that accepts a map and returns the same map, opened by its id. */
function mapCodec<M extends BpfMap>(name: string, open: OpenId<M>): ElementCodec<M | undefined, BpfMap> {
  return {
    size: 4,
    encode(map, view, offset) {
      if (!(map instanceof BpfMap))
        throw new ArgumentError(`map ${name}: a value is a map, got ${describeOther(map)}`, { map: name });
      view.setUint32(offset, map.fd, little);
    },
    decode: (view, offset) => open(view.getUint32(offset, little)),
  };
}

/** Opens maps by id: {@link openMapById}, which the map classes can't import. */
export interface MapOpener {
  openInner: OpenId<BpfMap>;
}

/**
 * ARRAY_OF_MAPS: `set` stores a map, which can then be closed: the array holds a reference. `get` and iteration open
 * the stored map again: close the maps they return (`using inner = outer.get(0)`). Before Linux 5.10 all inner maps
 * must have the same maxEntries. Since Linux 4.12, `get` since 4.14.
 */
export class ArrayOfMaps<M extends BpfMap = BpfMap> extends ElementMap<number, M, BpfMap> {
  static {
    refuseOthers(ArrayOfMaps, ArrayOfMaps.isMap);
  }

  /** @internal */
  constructor(core: MapCore, codecs: ElementCodecs & MapOpener) {
    super(own(core), indexOf(core.name), mapCodec(core.name, codecs.openInner as OpenId<M>));
  }

  /**
   * The id of the map at an index; undefined if there is none. Opens no map.
   *
   * @throws {@link MapError} if the map can't be read
   */
  idOf(index: number): number | undefined {
    return idAt(this, keyBytes(this.keyCodec, index, 4));
  }

  /** Iterates over the indexes that have maps. */
  override *keys(): IterableIterator<number> {
    for (const [key] of this.raw.entries()) yield new Uint32Array(key.buffer, key.byteOffset, 1)[0] as number;
  }
}

/**
 * HASH_OF_MAPS: `set` stores a map, which can then be closed: the hash holds a reference. `get` and iteration open the
 * stored map again: close the maps they return (`using inner = outer.get(key)`). Since Linux 4.12, `get` since 4.14.
 */
export class HashOfMaps<K = BtfValue, M extends BpfMap = BpfMap> extends ElementMap<K, M, BpfMap> {
  static {
    refuseOthers(HashOfMaps, HashOfMaps.isMap);
  }

  /** @internal */
  constructor(core: MapCore, codecs: ElementCodecs & MapOpener) {
    super(own(core), codecs.key as Codec<K>, mapCodec(core.name, codecs.openInner as OpenId<M>));
  }

  /**
   * The id of a key's map; undefined if there is none. Opens no map.
   *
   * @throws {@link MapError} if the map can't be read
   */
  idOf(key: K): number | undefined {
    return idAt(this, keyBytes(this.keyCodec, key, this.keySize));
  }
}

/**
 * PROG_ARRAY, the table of tail calls: `set` accepts a {@link Program} or its descriptor, `get` returns the program's
 * id. Since Linux 4.2.
 */
export class ProgArray extends ElementMap<number, number, { readonly fd: number } | number> {
  static {
    refuseOthers(ProgArray, ProgArray.isMap);
  }

  /** @internal */
  constructor(core: MapCore) {
    const ids = u32(own(core).name, "a value");
    super(core, indexOf(core.name), {
      size: 4,
      encode: (value, view, offset) => ids.encode(typeof value === "object" ? value?.fd : value, view, offset),
      decode: ids.decode,
    });
  }

  /** Iterates over the indexes that have programs. */
  override *keys(): IterableIterator<number> {
    for (const [index] of this.entries()) yield index;
  }
}

function keyBytes<K>(codec: ElementCodec<K>, key: K, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  codec.encode(key, new DataView(bytes.buffer), 0, size);
  return bytes;
}

function idAt({ raw }: { raw: RawMap }, key: Uint8Array): number | undefined {
  const id = raw.get(key);
  return id === undefined ? undefined : new DataView(id.buffer).getUint32(0, little);
}
