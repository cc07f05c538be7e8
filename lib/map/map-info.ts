/** struct bpf_map_info and a map's fdinfo, as far as they are told. */

import { readFileSync } from "node:fs";
import { little } from "../endian";
import { errnoName, MapError } from "../errors";
import { mapTypeName } from "../map-types";
import { type Handle, native } from "../native";

/** What the kernel says of a map. Since Linux 4.13. */
export interface MapInfo {
  /** enum bpf_map_type in lower case: "hash", "ringbuf" … */
  readonly type: string;
  /** The kernel's id of the map, as bpftool shows it. */
  readonly id: number;
  /** Bytes of a key. */
  readonly keySize: number;
  /** Bytes of a value; of one CPU's value for per-CPU maps. */
  readonly valueSize: number;
  readonly maxEntries: number;
  /** map_flags (BPF_F_*). */
  readonly flags: number;
  /** As the kernel has it: 15 characters at most. */
  readonly name: string;
  /** The network device that a map is offloaded to; 0 for none. */
  readonly ifindex: number;
  /** The id of the BTF that the map was made with, and of the types in it; 0 for none. Since Linux 4.18. */
  readonly btfId: number;
  readonly btfKeyTypeId: number;
  readonly btfValueTypeId: number;
  /** struct_ops: the id of its struct in the kernel's BTF. Since Linux 5.6. */
  readonly vmlinuxValueTypeId: number;
  /** Bloom filters: the number of hash functions; arenas: the address. Since Linux 5.16. */
  readonly mapExtra: bigint;
  /** Bytes of kernel memory, as /proc/self/fdinfo tells it; an estimate between Linux 5.11 and 6.3. */
  readonly memory: number;
  /** Whether user space may not write it any more ({@link BpfMap.freeze}). Since Linux 5.2. */
  readonly frozen: boolean;
}

/** @internal What the kernel says of the map of a handle. */
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

/** Room for struct bpf_map_info as newer headers have it. */
export const MAP_INFO_SIZE = 256;

const NAME = 24;
const NAME_LENGTH = 16;

/** @param bytes as many as this kernel filled */
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
    // No /proc: what it would tell counts as none.
  }
  const field = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(text)?.[1] ?? 0);
  return { memory: field("memlock"), frozen: field("frozen") === 1 };
}
