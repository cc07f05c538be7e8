/** ARRAY. */
import { ElementMap } from "./element-map";
import { readIndex, writeIndex } from "./keys";

/** A map whose keys are the numbers from 0 to maxEntries - 1, all of which always exist; values are bytes. */
export class ArrayMap extends ElementMap<number, Uint8Array> {
  protected override writeKey(key: number): void {
    writeIndex(this, this.keyBytes, key);
  }

  protected override readKey(): number {
    return readIndex(this.keyBytes);
  }

  protected override writeValue(value: Uint8Array): void {
    this.writeBytes("value", this.valueBytes.subarray(0, this.valueSize), value);
  }

  protected override readValue(): Uint8Array {
    return this.valueBytes.slice(0, this.valueSize);
  }
}
