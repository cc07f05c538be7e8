/** CO-RE relocations, from .BTF.ext. Format: Documentation/bpf/btf.rst, struct bpf_core_relo of include/uapi/linux/bpf.h. */

import type { Btf } from "../btf/btf";
import { little } from "../endian";

/** BPF_CORE_FIELD_BYTE_OFFSET and BPF_CORE_TYPE_ID_LOCAL: no program branches on these. */
const NO_CONDITION: ReadonlySet<number> = new Set([0, 6]);

/**
 * Where libbpf writes a constant that it finds in the kernel's types (whether a field exists, an enumerator's value …):
 * byte offsets of instructions, by name of their section.
 */
export function kernelConstants(ext: Uint8Array | undefined, btf: Btf): Map<string, Set<number>> {
  const result = new Map<string, Set<number>>();
  if (ext === undefined || ext.length < 32) return result;
  const view = new DataView(ext.buffer, ext.byteOffset, ext.byteLength);
  const u32 = (at: number) => view.getUint32(at, little);
  const header = u32(4);
  // Headers without the last two fields are of compilers that know no CO-RE.
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
    const offsets = result.get(section) ?? new Set();
    result.set(section, offsets);
    for (at += 8; at < after && at + 16 <= end; at += recordSize) {
      if (!NO_CONDITION.has(u32(at + 12))) offsets.add(u32(at));
    }
    at = after;
  }
  return result;
}
