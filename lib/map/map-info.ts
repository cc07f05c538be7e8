/** Decodes struct bpf_map_info and a map's fdinfo. */

import { readFileSync } from "node:fs";
import { little } from "../endian";
import { errnoName, MapError } from "../errors";
import { mapTypeName } from "../map-types";
import { type Handle, native } from "../native";

/** What the kernel reports about a map. Since Linux 4.13. */
export interface MapInfo {
  /** enum bpf_map_type in lower case: "hash", "ringbuf" … */
  readonly type: string;
  /** The kernel's map id, as shown by bpftool. */
  readonly id: number;
  /** Size of a key in bytes. */
  readonly keySize: number;
  /** Size of a value in bytes; for per-CPU maps, of one CPU's value. */
  readonly valueSize: number;
  /** Maximum number of entries; for a ring buffer its size in bytes. */
  readonly maxEntries: number;
  /** map_flags (BPF_F_*). */
  readonly flags: number;
  /** The kernel's name of the map, 15 characters at most. */
  readonly name: string;
  /** Index of the network device that the map is offloaded to; 0 if none. */
  readonly ifindex: number;
  /** Id of the BTF that the map was created with; 0 if none. Since Linux 4.18. */
  readonly btfId: number;
  /** Id of the key's type in that BTF; 0 if none. */
  readonly btfKeyTypeId: number;
  /** Id of the value's type in that BTF; 0 if none. */
  readonly btfValueTypeId: number;
  /** struct_ops: id of the value's struct in the kernel's BTF. Since Linux 5.6. */
  readonly vmlinuxValueTypeId: number;
  /** map_extra: number of hash functions of a Bloom filter, address of an arena. Since Linux 5.16. */
  readonly mapExtra: bigint;
  /** Kernel memory in bytes, from /proc/self/fdinfo; an estimate between Linux 5.11 and 6.3. */
  readonly memory: number;
  /** Whether user space can no longer write it ({@link BpfMap.freeze}). Since Linux 5.2. */
  readonly frozen: boolean;
}

/** @internal What the kernel reports about the map of a handle. */
export function infoOf(handle: Handle): MapInfo {
  const bytes = new Uint8Array(MAP_INFO_SIZE);
  const size = native.mapInfo(handle, bytes);
  if (size < 0) {
    const errno = errnoName(size);
    throw new MapError("ERR_BPF_MAP", `the kernel tells nothing of the map (${errno})`, {
      operation: "map.info",
      errno,
    });
  }
  return decodeMapInfo(bytes.subarray(0, size), native.mapFd(handle));
}

/** Large enough for struct bpf_map_info of newer kernels. */
export const MAP_INFO_SIZE = 256;

const NAME = 24;
const NAME_LENGTH = 16;

/**
 * Decodes the info.
 *
 * @param bytes as many as this kernel filled
 */
export function decodeMapInfo(bytes: Uint8Array, fd: number): MapInfo {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const u32 = (offset: number) => (offset + 4 <= bytes.length ? view.getUint32(offset, little) : 0);
  const name = bytes.subarray(NAME, NAME + NAME_LENGTH);
  return {
    type: mapTypeName(u32(0)),
    id: u32(4),
    keySize: u32(8),
    valueSize: u32(12),
    maxEntries: u32(16),
    flags: u32(20),
    name: Buffer.from(name.subarray(0, name.indexOf(0))).toString("latin1"),
    ifindex: u32(40),
    vmlinuxValueTypeId: u32(44),
    btfId: u32(64),
    btfKeyTypeId: u32(68),
    btfValueTypeId: u32(72),
    mapExtra: bytes.length >= 88 ? view.getBigUint64(80, little) : 0n,
    ...fromProc(fd),
  };
}

function fromProc(fd: number): { memory: number; frozen: boolean } {
  let text = "";
  try {
    text = readFileSync(`/proc/self/fdinfo/${fd}`, "utf8");
  } catch {
    // Without /proc, its values count as absent.
  }
  const field = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(text)?.[1] ?? 0);
  return { memory: field("memlock"), frozen: field("frozen") === 1 };
}
