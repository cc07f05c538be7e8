/** What all maps have in common. */
import { errnoName, MapError } from "../errors";
import { type MapDescription, native } from "../native";
import type { Lifetime } from "../object/lifetime";
import { mapName, mapTypeName } from "./spec";

/** A map in the kernel, of any type. The types that can be read and written have classes of their own. */
export class BpfMap {
  readonly name: string;
  /** enum bpf_map_type in lower case: "hash", "lru_hash", "ringbuf" … */
  readonly type: string;
  /** Bytes of a key. */
  readonly keySize: number;
  /** Bytes of a value; of one CPU's value for per-CPU maps. */
  readonly valueSize: number;
  /** As the kernel has it: libbpf rounds a ring buffer's size. */
  readonly maxEntries: number;
  /** map_flags (BPF_F_*). */
  readonly flags: number;
  /** @internal */
  protected readonly lifetime: Lifetime;
  /** @internal */
  protected readonly index: number;

  /** @internal */
  constructor(lifetime: Lifetime, description: MapDescription, index: number) {
    this.lifetime = lifetime;
    this.index = index;
    this.name = mapName(description);
    this.type = mapTypeName(description.type);
    this.keySize = description.keySize;
    this.valueSize = description.valueSize;
    this.maxEntries = description.maxEntries;
    this.flags = description.flags;
  }

  /** The map's file descriptor. It belongs to the object and is closed with it: never close it. */
  get fd(): number {
    const fd = native.mapFd(this.lifetime.handle(`map ${this.name}`, "map.fd"), this.index);
    if (fd < 0) throw this.failure("fd", fd);
    return fd;
  }

  /** @internal */
  protected failure(operation: string, status: number, hint?: string): MapError {
    const errno = errnoName(status);
    const details = { operation: `map.${operation}`, map: this.name, errno, ...(hint !== undefined && { hint }) };
    return new MapError("ERR_BPF_MAP", `map ${this.name}: ${operation} failed (${errno})`, details);
  }
}
