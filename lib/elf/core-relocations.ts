/**
 * CO-RE relocations from .BTF.ext. Format: Documentation/bpf/btf.rst, struct bpf_core_relo in include/uapi/linux/bpf.h.
 */

import type { Btf } from "../btf/btf";
import { little } from "../endian";

/** enum bpf_core_relo_kind, the members used here. */
export const CoreKind = {
  FIELD_BYTE_OFFSET: 0,
  FIELD_BYTE_SIZE: 1,
  FIELD_EXISTS: 2,
  TYPE_ID_LOCAL: 6,
  TYPE_EXISTS: 8,
  TYPE_SIZE: 9,
  ENUMVAL_EXISTS: 10,
  ENUMVAL_VALUE: 11,
} as const;

/** A CO-RE relocation: a value that libbpf writes into an instruction, derived from the kernel's version of a type. */
export interface CoreRelocation {
  kind: number;
  /** The id of the object's own type. */
  type: number;
  /** Indices of members and elements, starting at the type; or the index of an enumerator. */
  path: readonly number[];
}

/** Relocations by section name, then by the byte offset of the instruction. */
export function coreRelocations(ext: Uint8Array | undefined, btf: Btf): Map<string, Map<number, CoreRelocation>> {
  const result = new Map<string, Map<number, CoreRelocation>>();
  // Programs that inline the same function have the same relocations: each is resolved once.
  const distinct = new Map<string, CoreRelocation>();
  if (ext === undefined || ext.length < 32) return result;
  const view = new DataView(ext.buffer, ext.byteOffset, ext.byteLength);
  const u32 = (at: number) => view.getUint32(at, little);
  const header = u32(4);
  // A header without the last two fields comes from a compiler without CO-RE.
  if (header < 32) return result;
  let at = header + u32(24);
  const end = Math.min(at + u32(28), ext.length);
  if (end - at < 4) return result;
  const recordSize = u32(at);
  if (recordSize < 16) return result;
  at += 4;
  while (at + 8 <= end) {
    const section = btf.string(u32(at));
    const after = at + 8 + u32(at + 4) * recordSize;
    const found = result.get(section) ?? new Map<number, CoreRelocation>();
    result.set(section, found);
    for (at += 8; at < after && at + 16 <= end; at += recordSize) {
      const [type, path, kind] = [u32(at + 4), btf.string(u32(at + 8)), u32(at + 12)];
      const key = `${kind} ${type} ${path}`;
      const relocation = distinct.get(key) ?? { kind, type, path: path.split(":").map(Number) };
      distinct.set(key, relocation);
      found.set(u32(at), relocation);
    }
    at = after;
  }
  return result;
}
