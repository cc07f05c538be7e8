/** LPM_TRIE maps: longest prefix match. */
import type { BtfValue, Codec } from "../codec/codec";
import type { ViewMaker } from "../codec/view";
import { type MapCore, own } from "./core";
import { ElementMap } from "./element-map";
import type { ElementCodecs } from "./map-codec";
import { type LpmKey, prefixCodec } from "./prefix";

/**
 * LPM_TRIE: `get("10.1.2.3")` returns the value of the longest prefix that matches the address; `set` and `delete` use
 * the exact prefix. Keys with 4 or 16 bytes of data are IPv4 or IPv6 prefixes as text, others `{ prefixLength, data }`.
 * `get` and `has` with a prefix find the longest prefix that covers all of it. Since Linux 4.11, iteration since 4.16.
 */
export class LpmTrieMap<V = BtfValue> extends ElementMap<LpmKey, V> {
  /** @internal */
  constructor(core: MapCore, codecs: ElementCodecs) {
    const key = prefixCodec(own(core).name, core.keySize);
    super(core, key, codecs.value as Codec<V>, codecs.view as ViewMaker<V> | undefined);
  }
}
