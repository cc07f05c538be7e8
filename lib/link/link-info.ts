/** Decodes the common part of struct bpf_link_info. */

import { LinkType } from "../constants";
import { little } from "../endian";

/** What the kernel reports about a link. Since Linux 5.8. libbpf: bpf_obj_get_info_by_fd(). */
export interface LinkInfo {
  /** enum bpf_link_type in lower case: "tracing", "raw_tracepoint", "iter", "perf_event" … */
  readonly type: string;
  /** The kernel's link id, as shown by bpftool. */
  readonly id: number;
  /** The id of the attached program. */
  readonly programId: number;
  /** For tracing links: enum bpf_attach_type. */
  readonly attachType?: number;
  /** For tracing links: BTF id of the target function or hook. Since Linux 5.13. */
  readonly targetBtfId?: number;
}

/** Size of the decoded part in bytes; the kernel fills no more. */
export const LINK_INFO_SIZE = 32;

const names = new Map<number, string>(Object.entries(LinkType).map(([name, value]) => [value, name.toLowerCase()]));

export function decodeLinkInfo(bytes: Uint8Array): LinkInfo {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const u32 = (offset: number) => view.getUint32(offset, little);
  const type = u32(0);
  const common = { type: names.get(type) ?? `type ${type}`, id: u32(4), programId: u32(8) };
  if (type !== LinkType.TRACING) return common;
  return { ...common, attachType: u32(16), targetBtfId: u32(24) };
}
