/** PERCPU_HASH, LRU_PERCPU_HASH and PERCPU_ARRAY: a value is one array of bytes for each possible CPU. */
import { native } from "../native";
import { ElementMap } from "./element-map";
import { readIndex, writeIndex } from "./keys";

/** A map with one value for each possible CPU. */
abstract class PerCpuMap<K> extends ElementMap<K, Uint8Array[]> {
  protected override writeValue(values: Uint8Array[]): void {
    const cpus = native.possibleCpus;
    if (!Array.isArray(values) || values.length !== cpus) {
      throw this.argument(`a value is an array of ${cpus} Uint8Arrays, one for each possible CPU`);
    }
    for (const [cpu, value] of values.entries()) this.writeBytes("value", this.#slot(cpu), value);
  }

  protected override readValue(): Uint8Array[] {
    return Array.from({ length: native.possibleCpus }, (_, cpu) => this.#slot(cpu).slice());
  }

  #slot(cpu: number): Uint8Array {
    const start = (cpu * this.valueBytes.length) / native.possibleCpus;
    return this.valueBytes.subarray(start, start + this.valueSize);
  }
}

/** A hash map with one value for each possible CPU. LRU_PERCPU_HASH too. */
export class PerCpuHashMap extends PerCpuMap<Uint8Array> {
  protected override writeKey(key: Uint8Array): void {
    this.writeBytes("key", this.keyBytes, key);
  }

  protected override readKey(): Uint8Array {
    return this.keyBytes.slice();
  }
}

/** An array with one value for each possible CPU. */
export class PerCpuArrayMap extends PerCpuMap<number> {
  protected override writeKey(key: number): void {
    writeIndex(this, this.keyBytes, key);
  }

  protected override readKey(): number {
    return readIndex(this.keyBytes);
  }
}
