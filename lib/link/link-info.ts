/** Decodes struct bpf_link_info. */
import { attachTypeName } from "../attach-types";
import { Flag, LinkType } from "../constants";
import type { InfoBuffer } from "../native";
import { type InfoCall, type KernelInfo, readKernelInfo, textOf, u64sOf } from "../native/kernel-info";

/** What the kernel reports about every link. */
export interface CommonLinkInfo {
  /** The kernel's link id, as shown by bpftool. */
  readonly id: number;
  /** The id of the attached program; 0 for struct_ops. */
  readonly programId: number;
}

/** A link to a raw tracepoint. */
export interface RawTracepointLinkInfo extends CommonLinkInfo {
  /** enum bpf_link_type in lower case. */
  readonly type: "raw_tracepoint";
  /** The tracepoint's name. */
  readonly name: string;
  /** Undefined for none, and before Linux 6.17. */
  readonly cookie: bigint | undefined;
}

/** A link of an fentry, fexit, fmod_ret, tp_btf, LSM or freplace program. */
export interface TracingLinkInfo extends CommonLinkInfo {
  /** enum bpf_link_type in lower case. */
  readonly type: "tracing";
  /** enum bpf_attach_type in lower case: "trace_fentry", "lsm_mac" … */
  readonly attachType: string;
  /** The BTF that has the target; for freplace the id of the target program. Since Linux 5.13. */
  readonly targetObjectId: number | undefined;
  /** BTF id of the target function or hook. Since Linux 5.13. */
  readonly targetBtfId: number | undefined;
  /** Undefined for none, and before Linux 6.17. */
  readonly cookie: bigint | undefined;
}

/** A link to a cgroup. */
export interface CgroupLinkInfo extends CommonLinkInfo {
  /** enum bpf_link_type in lower case. */
  readonly type: "cgroup";
  /** The cgroup's id, which is its directory's inode number; 0 if the cgroup was removed. */
  readonly cgroupId: bigint;
  /** enum bpf_attach_type in lower case: "cgroup_inet_ingress" … */
  readonly attachType: string;
}

/** A link of an iterator. */
export interface IterLinkInfo extends CommonLinkInfo {
  /** enum bpf_link_type in lower case. */
  readonly type: "iter";
  /** What it iterates: "task", "bpf_map_elem", "cgroup" … */
  readonly target: string;
  /** The map whose elements it iterates. */
  readonly mapId?: number;
  /** The cgroup where it starts. Since Linux 6.1. */
  readonly cgroupId?: bigint;
  /** The order of the walk: enum bpf_cgroup_iter_order. Since Linux 6.1. */
  readonly cgroupOrder?: number;
  /** The only thread that it visits. Since Linux 6.1. */
  readonly tid?: number;
  /** The only process that it visits. Since Linux 6.1. */
  readonly pid?: number;
}

/** A link to a network namespace. */
export interface NetnsLinkInfo extends CommonLinkInfo {
  /** enum bpf_link_type in lower case. */
  readonly type: "netns";
  /** The inode number of the namespace, as in /proc/PID/ns/net; 0 if it is gone. */
  readonly netnsInode: number;
  /** enum bpf_attach_type in lower case: "flow_dissector", "sk_lookup". */
  readonly attachType: string;
}

/** A link to a network interface. */
export interface XdpLinkInfo extends CommonLinkInfo {
  /** enum bpf_link_type in lower case. */
  readonly type: "xdp";
  /** Index of the interface in its network namespace; 0 if it is gone. */
  readonly ifindex: number;
}

/** A link of a struct_ops map. Since Linux 6.4. */
export interface StructOpsLinkInfo extends CommonLinkInfo {
  /** enum bpf_link_type in lower case. */
  readonly type: "struct_ops";
  /** Id of the map. */
  readonly mapId: number;
}

/** A link to a netfilter hook. Since Linux 6.4. */
export interface NetfilterLinkInfo extends CommonLinkInfo {
  /** enum bpf_link_type in lower case. */
  readonly type: "netfilter";
  /** NFPROTO_*: 2 for IPv4, 10 for IPv6. */
  readonly family: number;
  /** NF_INET_*: 0 for PRE_ROUTING … 4 for POST_ROUTING. */
  readonly hook: number;
  /** Programs of lower numbers run first. */
  readonly priority: number;
  /** BPF_F_NETFILTER_IP_DEFRAG. */
  readonly flags: number;
}

/** A link to many kernel functions. Since Linux 5.18. */
export interface KprobeMultiLinkInfo extends CommonLinkInfo {
  /** enum bpf_link_type in lower case. */
  readonly type: "kprobe_multi";
  /** Undefined before Linux 6.6. */
  readonly functions: KprobeMultiFunctions | undefined;
}

/** The functions of a {@link KprobeMultiLinkInfo}. */
export interface KprobeMultiFunctions {
  /** How many there are. */
  readonly count: number;
  /** Whether the program runs when the functions return. */
  readonly isReturn: boolean;
  /** Number of runs that recursion prevented. Since Linux 6.7. */
  readonly missed: number | undefined;
  /** Addresses; empty if the kernel hides them (kernel.kptr_restrict). */
  readonly addresses: readonly bigint[];
  /** The cookie of each function; 0 for none, and before Linux 6.9. */
  readonly cookies: readonly bigint[];
}

/** A link to many places of a file with code. Since Linux 6.6. */
export interface UprobeMultiLinkInfo extends CommonLinkInfo {
  /** enum bpf_link_type in lower case. */
  readonly type: "uprobe_multi";
  /** Undefined before Linux 6.8. */
  readonly places: UprobeMultiPlaces | undefined;
}

/** The places of a {@link UprobeMultiLinkInfo}. */
export interface UprobeMultiPlaces {
  /** The file, as this process sees it. */
  readonly path: string;
  /** How many there are. */
  readonly count: number;
  /** Whether the program runs when functions return. */
  readonly isReturn: boolean;
  /** The only process that is traced; 0 for all. */
  readonly pid: number;
  /** Offsets in the file. */
  readonly offsets: readonly bigint[];
  /** Offsets of the reference counters; 0 for none. */
  readonly refCtrOffsets: readonly bigint[];
  /** The cookie of each place; 0 for none. */
  readonly cookies: readonly bigint[];
}

/** What a link to a perf event is attached to; the kernel tells since Linux 6.6. */
export type PerfEventTarget =
  | {
      readonly event: "uprobe" | "uretprobe";
      readonly path: string;
      readonly offset: number;
      /** Of this and the others: undefined for none, and before Linux 6.9. */
      readonly cookie: bigint | undefined;
      /** Offset of the reference counter in the file. Undefined for none, and before Linux 6.16. */
      readonly refCtrOffset: bigint | undefined;
    }
  | {
      readonly event: "kprobe" | "kretprobe";
      readonly function: string;
      readonly offset: number;
      /** 0 if the kernel hides addresses. */
      readonly address: bigint;
      /** Number of runs that recursion prevented. Since Linux 6.7. */
      readonly missed: number | undefined;
      readonly cookie: bigint | undefined;
    }
  | { readonly event: "tracepoint"; readonly name: string; readonly cookie: bigint | undefined }
  | {
      readonly event: "event";
      /** perf_event_attr.type and .config. */
      readonly eventType: number;
      readonly config: bigint;
      readonly cookie: bigint | undefined;
    };

/** A link to a perf event: kprobes, uprobes, tracepoints and events of perf. Since Linux 5.15. */
export interface PerfEventLinkInfo extends CommonLinkInfo {
  /** enum bpf_link_type in lower case. */
  readonly type: "perf_event";
  /** Undefined before Linux 6.6. */
  readonly target: PerfEventTarget | undefined;
}

/** A link to the ingress or egress of a network interface. Since Linux 6.6; of a netkit device since 6.7. */
export interface TcxLinkInfo extends CommonLinkInfo {
  /** enum bpf_link_type in lower case. */
  readonly type: "tcx" | "netkit";
  /** Index of the interface in its network namespace; 0 if it is gone. */
  readonly ifindex: number;
  /** enum bpf_attach_type in lower case: "tcx_ingress", "netkit_peer" … */
  readonly attachType: string;
}

/** A link to a sockmap. Since Linux 6.10. */
export interface SockmapLinkInfo extends CommonLinkInfo {
  /** enum bpf_link_type in lower case. */
  readonly type: "sockmap";
  /** Id of the map. */
  readonly mapId: number;
  /** enum bpf_attach_type in lower case: "sk_msg_verdict" … */
  readonly attachType: string;
}

/** A link of a type that is newer than this library. */
export interface OtherLinkInfo extends CommonLinkInfo {
  /** "tracing_multi" for fentry.multi and its family (Linux 7.2); else the number of enum bpf_link_type. */
  readonly type: "tracing_multi" | `type ${number}`;
}

/**
 * What the kernel reports about a link, by `type`: enum bpf_link_type in lower case. Since Linux 5.8. libbpf:
 * bpf_link_get_info_by_fd().
 */
export type LinkInfo =
  | RawTracepointLinkInfo
  | TracingLinkInfo
  | CgroupLinkInfo
  | IterLinkInfo
  | NetnsLinkInfo
  | XdpLinkInfo
  | StructOpsLinkInfo
  | NetfilterLinkInfo
  | KprobeMultiLinkInfo
  | UprobeMultiLinkInfo
  | PerfEventLinkInfo
  | TcxLinkInfo
  | SockmapLinkInfo
  | OtherLinkInfo;

/** Enough for a path (PATH_MAX), and for any name. */
const TEXT = 4096;
/** enum bpf_perf_event_type */
const PERF_EVENTS = [undefined, "uprobe", "uretprobe", "kprobe", "kretprobe", "tracepoint", "event"] as const;

/** @internal The info of a link, or -errno. */
export function readLinkInfo(call: InfoCall): LinkInfo | number {
  const first = readKernelInfo(call);
  if (typeof first === "number") return first;
  const wanted = buffersOf(first);
  const all = Object.values(wanted);
  if (all.length === 0) return decodeLinkInfo(first, {});
  const info = readKernelInfo(call, all);
  return typeof info === "number" ? info : decodeLinkInfo(info, wanted);
}

type Buffers = Readonly<Record<string, InfoBuffer>>;

const textAt = (pointer: number, count: number) => ({ pointer, count, element: 1, bytes: new Uint8Array(TEXT) });

/** What the kernel tells of a link in memory of its own. */
function buffersOf(info: KernelInfo): Buffers {
  const u64sAt = (pointer: number, count: number) => {
    const bytes = new Uint8Array(8 * info.u32(count));
    return { pointer, count, element: 8, bytes };
  };
  switch (info.u32(0)) {
    case LinkType.RAW_TRACEPOINT:
      return { text: textAt(16, 24) };
    case LinkType.ITER:
      return info.has(28) ? { text: textAt(16, 24) } : {};
    case LinkType.KPROBE_MULTI:
      if (info.u32(24) === 0) return {};
      return { addresses: u64sAt(16, 24), cookies: u64sAt(40, 24) };
    case LinkType.UPROBE_MULTI:
      if (info.u32(52) === 0) return {};
      return {
        text: textAt(16, 48),
        ...{ offsets: u64sAt(24, 52), refCtrOffsets: u64sAt(32, 52), cookies: u64sAt(40, 52) },
      };
    case LinkType.PERF_EVENT: {
      const event = PERF_EVENTS[info.u32(16)];
      return event === undefined || event === "event" ? {} : { text: textAt(24, 32) };
    }
    default:
      return {};
  }
}

/** BPF_LINK_TYPE_TRACING_MULTI, which is newer than the carried header. */
const TRACING_MULTI = 15;

/** Decodes the info, with the memory that the kernel has filled. */
export function decodeLinkInfo(info: KernelInfo, buffers: Buffers): LinkInfo {
  const common = { id: info.u32(4), programId: info.u32(8) };
  const text = buffers.text === undefined ? "" : textOf(buffers.text.bytes);
  const numbers = (name: string) => (buffers[name] === undefined ? [] : u64sOf(buffers[name].bytes));
  const given = (offset: number) => info.u64(offset) || undefined;
  const type = info.u32(0);
  switch (type) {
    case LinkType.RAW_TRACEPOINT:
      return { type: "raw_tracepoint", ...common, name: text, cookie: given(32) };
    case LinkType.TRACING:
      // The kernel's struct is larger than its tracing part: the ids are 0 before Linux 5.13.
      return {
        type: "tracing",
        ...common,
        attachType: attachTypeName(info.u32(16)),
        targetObjectId: info.u32(20) || undefined,
        targetBtfId: info.u32(24) || undefined,
        cookie: given(32),
      };
    case LinkType.CGROUP:
      return { type: "cgroup", ...common, cgroupId: info.u64(16), attachType: attachTypeName(info.u32(24)) };
    case LinkType.ITER:
      return { type: "iter", ...common, target: text, ...iterOf(info, text) };
    case LinkType.NETNS:
      return { type: "netns", ...common, netnsInode: info.u32(16), attachType: attachTypeName(info.u32(20)) };
    case LinkType.XDP:
      return { type: "xdp", ...common, ifindex: info.u32(16) };
    case LinkType.STRUCT_OPS:
      return { type: "struct_ops", ...common, mapId: info.u32(16) };
    case LinkType.NETFILTER:
      return {
        type: "netfilter",
        ...common,
        ...{ family: info.u32(16), hook: info.u32(20), priority: info.i32(24), flags: info.u32(28) },
      };
    case LinkType.KPROBE_MULTI:
      return { type: "kprobe_multi", ...common, functions: functionsOf(info, numbers) };
    case LinkType.UPROBE_MULTI:
      return { type: "uprobe_multi", ...common, places: placesOf(info, text, numbers) };
    case LinkType.PERF_EVENT:
      return { type: "perf_event", ...common, target: perfEventOf(info, text) };
    case LinkType.TCX:
    case LinkType.NETKIT: {
      const name = type === LinkType.TCX ? "tcx" : "netkit";
      return { type: name, ...common, ifindex: info.u32(16), attachType: attachTypeName(info.u32(20)) };
    }
    case LinkType.SOCKMAP:
      return { type: "sockmap", ...common, mapId: info.u32(16), attachType: attachTypeName(info.u32(20)) };
    case TRACING_MULTI:
      return { type: "tracing_multi", ...common };
    default:
      return { type: `type ${type}`, ...common };
  }
}

type Numbers = (name: string) => bigint[];

/** The kernel counts none before it tells of them, and such a link has at least one. */
function functionsOf(info: KernelInfo, numbers: Numbers): KprobeMultiFunctions | undefined {
  const count = info.u32(24);
  if (count === 0) return undefined;
  const addresses = numbers("addresses");
  return {
    ...{ count, isReturn: (info.u32(28) & Flag.KPROBE_MULTI_RETURN) !== 0 },
    // The struct grew with kprobe.missed, in the same release.
    missed: info.has(56) ? info.count(32) : undefined,
    addresses: addresses.some((address) => address !== 0n) ? addresses : [],
    cookies: numbers("cookies"),
  };
}

/** The same: none before the kernel tells of them. */
function placesOf(info: KernelInfo, path: string, numbers: Numbers): UprobeMultiPlaces | undefined {
  const count = info.u32(52);
  if (count === 0) return undefined;
  return {
    ...{ path, count, isReturn: (info.u32(56) & Flag.UPROBE_MULTI_RETURN) !== 0, pid: info.u32(60) },
    ...{ offsets: numbers("offsets"), refCtrOffsets: numbers("refCtrOffsets"), cookies: numbers("cookies") },
  };
}

/** The parts of a union that an iterator over this has. */
function iterOf(info: KernelInfo, target: string): Partial<IterLinkInfo> {
  if (target === "bpf_map_elem" || target === "bpf_sk_storage_map" || target === "sockmap")
    return info.has(32) ? { mapId: info.u32(28) } : {};
  if (target === "cgroup" && info.has(44)) return { cgroupId: info.u64(32), cgroupOrder: info.u32(40) };
  if (!target.startsWith("task") || !info.has(40)) return {};
  const [tid, pid] = [info.u32(32), info.u32(36)];
  return { ...(tid !== 0 && { tid }), ...(pid !== 0 && { pid }) };
}

function perfEventOf(info: KernelInfo, text: string): PerfEventTarget | undefined {
  const event = PERF_EVENTS[info.u32(16)];
  const given = (offset: number) => info.u64(offset) || undefined;
  switch (event) {
    case undefined:
      return undefined;
    case "uprobe":
    case "uretprobe":
      return { event, path: text, offset: info.u32(36), cookie: given(40), refCtrOffset: given(48) };
    case "kprobe":
    case "kretprobe": {
      const missed = info.has(56) ? info.count(48) : undefined;
      return { event, function: text, offset: info.u32(36), address: info.u64(40), missed, cookie: given(56) };
    }
    case "tracepoint":
      return { event, name: text, cookie: given(40) };
    case "event":
      return { event, eventType: info.u32(32), config: info.u64(24), cookie: given(40) };
  }
}
