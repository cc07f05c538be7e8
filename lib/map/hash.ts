/** HASH and LRU_HASH. */
import { ElementMap } from "./element-map";

/** A hash map with keys and values as bytes. LRU_HASH too, which drops the least recently used when full. */
export class HashMap extends ElementMap<Uint8Array, Uint8Array> {
  protected override writeKey(key: Uint8Array): void {
    this.writeBytes("key", this.keyBytes, key);
  }

  protected override readKey(): Uint8Array {
    return this.keyBytes.slice();
  }

  protected override writeValue(value: Uint8Array): void {
    this.writeBytes("value", this.valueBytes.subarray(0, this.valueSize), value);
  }

  protected override readValue(): Uint8Array {
    return this.valueBytes.slice(0, this.valueSize);
  }
}
