/** LPM_TRIE: the longest prefix that matches. */
import type { BtfValue, Codec } from "../codec/codec";
import type { ViewMaker } from "../codec/view";
import type { MapCore } from "./core";
import { ElementMap } from "./element-map";
import type { ElementCodecs } from "./map-codec";
import { type LpmKey, prefixCodec } from "./prefix";

/**
 * LPM_TRIE: `get("10.1.2.3")` gives the value of the longest prefix that the address begins with; `set` and `delete` take the
 * prefix itself. Keys with 4 and 16 bytes of data are IPv4 and IPv6 prefixes as text, others `{ prefixLength, data }`. `get` and
 * `has` of a prefix find what covers all of it. Since Linux 4.11, iteration since 4.16.
 */
export class LpmTrieMap<V = BtfValue> extends ElementMap<LpmKey, V> {
  /** @internal */
  constructor(core: MapCore, codecs: ElementCodecs) {
    const key = prefixCodec(core.name, core.keySize);
    super(core, key, codecs.value as Codec<V>, codecs.view as ViewMaker<V> | undefined);
  }
}
