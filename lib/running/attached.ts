/** attachedTo(): the programs at a cgroup, a network interface or a network namespace. */
import { closeSync, openSync, statfsSync, statSync } from "node:fs";
import { release } from "node:os";
import { type AttachTypeName, attachTypeNumber } from "../attach-types";
import { isSince } from "../compare-versions";
import { little } from "../endian";
import { ArgumentError, BpfError, errnoName, isErrno, LinkError, reading } from "../errors";
import { permissionError } from "../kernel/refusal";
import type { LinkInfo } from "../link/link-info";
import { type InfoBuffer, native } from "../native";
import { u32sOf } from "../native/kernel-info";
import { boolean, type Callee, checkOptions, custom, filled, integer, nameOf, required, type Schema } from "../options";
import { links } from "./objects";

/** The attach types of cgroups: enum bpf_attach_type in lower case. */
export type CgroupAttachType = Extract<AttachTypeName, `cgroup_${string}` | "lsm_cgroup">;
/** The attach types of network interfaces. */
export type InterfaceAttachType = "xdp" | "tcx_ingress" | "tcx_egress" | "netkit_primary" | "netkit_peer";
/** The attach types of network namespaces. */
export type NetnsAttachType = "flow_dissector" | "sk_lookup";

/** What may have programs, for {@link attachedTo}. */
export type AttachedToOptions =
  | {
      /** A directory of a cgroup v2 hierarchy. */
      cgroup: string;
      attachType: CgroupAttachType;
      /** Whether to include the programs of the ancestors, which run here too. Default: false. */
      effective?: boolean;
    }
  | {
      /** Name of a network interface, or its index. */
      interface: string | number;
      attachType: InterfaceAttachType;
    }
  | {
      /** Path of a network namespace: "/proc/PID/ns/net", "/run/netns/NAME". */
      netns: string;
      attachType: NetnsAttachType;
    };

/** A program that is attached somewhere. */
export interface AttachedProgram {
  /** The kernel's id of the program. */
  readonly programId: number;
  /** The link that attaches it; undefined for none, and for one that can't be told. */
  readonly linkId: number | undefined;
  /** BPF_F_* flags of this program or link; undefined where the kernel does not tell. */
  readonly flags: number | undefined;
  /** For XDP: where in the network stack it runs. */
  readonly mode?: "driver" | "generic" | "hardware";
}

/** The programs at a place: see {@link attachedTo}. */
export interface Attached {
  /** In the order in which they run. */
  readonly programs: readonly AttachedProgram[];
  /**
   * Changes with each change of the list; attaching can expect a value. For tcx and netkit, and since Linux 6.17 for
   * cgroups; else undefined.
   */
  readonly revision: bigint | undefined;
  /** For cgroups: BPF_F_ALLOW_OVERRIDE, BPF_F_ALLOW_MULTI. */
  readonly flags: number;
}

const CALLEE: Callee = { name: "attachedTo", details: { operation: "attachedTo" } };
const CGROUP2 = 0x63677270;
const NSFS = 0x6e736673;

/** Offsets of the query in union bpf_attr. */
const AT = {
  target: 0,
  attachType: 4,
  queryFlags: 8,
  attachFlags: 12,
  programs: 16,
  count: 24,
  programFlags: 32,
  links: 40,
  linkFlags: 48,
  revision: 56,
} as const;
const SIZE = 64;
const QUERY_EFFECTIVE = 1;

const INTERFACE: readonly InterfaceAttachType[] = ["xdp", "tcx_ingress", "tcx_egress", "netkit_primary", "netkit_peer"];
const NETNS: readonly NetnsAttachType[] = ["flow_dissector", "sk_lookup"];

/** Attach types that kernels which run this library may lack. */
const SINCE: Readonly<Record<string, string>> = {
  lsm_cgroup: "6.0",
  tcx_ingress: "6.6",
  tcx_egress: "6.6",
  netkit_primary: "6.7",
  netkit_peer: "6.7",
  cgroup_unix_connect: "6.7",
  cgroup_unix_sendmsg: "6.7",
  cgroup_unix_recvmsg: "6.7",
  cgroup_unix_getpeername: "6.7",
  cgroup_unix_getsockname: "6.7",
};

type OfCgroup = Extract<AttachedToOptions, { cgroup: string }>;
type OfInterface = Extract<AttachedToOptions, { interface: string | number }>;
type OfNetns = Extract<AttachedToOptions, { netns: string }>;

const CGROUP_OPTIONS: Schema<OfCgroup> = {
  cgroup: required(filled),
  attachType: required(
    custom(
      'an attach type of cgroups, such as "cgroup_inet_ingress"',
      (value) =>
        typeof value === "string" &&
        (value.startsWith("cgroup_") || value === "lsm_cgroup") &&
        attachTypeNumber(value as AttachTypeName) !== undefined,
    ),
  ),
  effective: boolean,
};
const INTERFACE_OPTIONS: Schema<OfInterface> = {
  interface: required(
    custom(
      "an interface's name or index",
      (value) => (typeof value === "string" ? filled : integer(1, 0x7fffffff)).fault(value) === undefined,
    ),
  ),
  attachType: required(nameOf(`one of ${INTERFACE.join(", ")}`, INTERFACE)),
};
const NETNS_OPTIONS: Schema<OfNetns> = {
  netns: required(filled),
  attachType: required(nameOf(`one of ${NETNS.join(", ")}`, NETNS)),
};

/**
 * The programs that are attached to a cgroup, a network interface or a network namespace, in the order in which they
 * run. Needs CAP_NET_ADMIN; the links of cgroups, XDP and network namespaces are told to CAP_SYS_ADMIN. libbpf:
 * bpf_prog_query_opts(), bpf_xdp_query().
 *
 * @throws {@link ArgumentError} for a directory that is no cgroup, a file that is no network namespace, an unknown
 *   option
 * @throws {@link LinkError} if the interface does not exist
 * @throws {@link BpfError} ERR_BPF_NOT_SUPPORTED if this kernel does not have the attach type
 * @throws {@link PermissionError} without CAP_NET_ADMIN
 */
export function attachedTo(options: AttachedToOptions): Attached {
  const source: unknown = options;
  const has = (name: string) => typeof source === "object" && source !== null && name in source;
  if (has("cgroup")) return ofCgroup(checkOptions(CALLEE, options as OfCgroup, CGROUP_OPTIONS));
  if (has("netns")) return ofNetns(checkOptions(CALLEE, options as OfNetns, NETNS_OPTIONS));
  if (has("interface")) return ofInterface(checkOptions(CALLEE, options as OfInterface, INTERFACE_OPTIONS));
  throw new ArgumentError("attachedTo needs one of the options cgroup, interface, netns", CALLEE.details);
}

function ofCgroup({ cgroup, attachType, effective = false }: OfCgroup): Attached {
  const hint = "Name a directory below the mount of cgroup2, such as /sys/fs/cgroup/system.slice";
  refuseOther(cgroup, CGROUP2, "a cgroup v2 directory", hint);
  const found = withFd(cgroup, (fd) => query(fd, `cgroup ${cgroup}`, attachType, { effective, flags: !effective }));
  const { ino: id } = read(() => statSync(cgroup, { bigint: true }));
  // Those of ancestors are not known by this cgroup's id.
  return withLinks(found, (link) => link.type === "cgroup" && link.cgroupId === id && link.attachType === attachType);
}

function ofNetns({ netns, attachType }: OfNetns): Attached {
  refuseOther(netns, NSFS, "a network namespace", "Name /proc/PID/ns/net or /run/netns/NAME");
  const found = withFd(netns, (fd) => query(fd, `network namespace ${netns}`, attachType, {}));
  const { ino } = read(() => statSync(netns));
  return withLinks(found, (link) => link.type === "netns" && link.netnsInode === ino && link.attachType === attachType);
}

function ofInterface({ interface: name, attachType }: OfInterface): Attached {
  const index = typeof name === "number" ? name : native.interfaceIndex(name);
  const what = `interface ${name}`;
  if (index < 0) throw failed(index, what, attachType);
  if (attachType !== "xdp") return query(index, what, attachType, { multi: true, flags: true });
  const found = native.xdpQuery(index);
  if (found.status < 0) throw failed(found.status, what, attachType);
  const programs = (["driver", "generic", "hardware"] as const)
    .filter((mode) => found[mode] !== 0)
    .map((mode) => ({ programId: found[mode], linkId: undefined, flags: undefined, mode }));
  const attached = { programs, revision: undefined, flags: 0 };
  return withLinks(attached, (link) => link.type === "xdp" && link.ifindex === index);
}

interface Query {
  /** Whether the kernel has flags of each program. */
  flags?: boolean;
  effective?: boolean;
  /** Whether the kernel keeps the list with its links: tcx and netkit. */
  multi?: boolean;
}

function query(target: number, what: string, attachType: AttachTypeName, { flags, effective, multi }: Query): Attached {
  let count = 0;
  // The list may grow between two calls.
  for (;;) {
    const arrays = count === 0 ? {} : buffers(count, multi === true, flags === true);
    let answer = call(target, attachType, effective === true, Object.values(arrays));
    if (typeof answer === "number" && (isErrno(answer, "EINVAL") || isErrno(answer, "E2BIG")) && !multi) {
      // Before Linux 6.0 the kernel has no flags of each program (b79c9fc9551b).
      delete arrays.programFlags;
      answer = call(target, attachType, effective === true, Object.values(arrays));
    }
    if (typeof answer === "number" && !isErrno(answer, "ENOSPC")) throw failed(answer, what, attachType);
    if (typeof answer === "number") count = count * 2;
    else {
      const found = answer.getUint32(AT.count, little);
      if (found === 0 || (count > 0 && found <= count)) return decode(answer, found, arrays);
      count = found;
    }
  }
}

type Arrays = Partial<Record<"programs" | "programFlags" | "links" | "linkFlags", InfoBuffer>>;

function buffers(count: number, multi: boolean, flags: boolean): Arrays {
  const array = (pointer: number): InfoBuffer => {
    return { pointer, count: AT.count, element: 4, bytes: new Uint8Array(4 * count) };
  };
  return {
    programs: array(AT.programs),
    ...(flags && { programFlags: array(AT.programFlags) }),
    ...(multi && { links: array(AT.links), linkFlags: array(AT.linkFlags) }),
  };
}

function call(
  target: number,
  attachType: AttachTypeName,
  effective: boolean,
  arrays: readonly InfoBuffer[],
): DataView | number {
  const attr = new Uint8Array(SIZE);
  const view = new DataView(attr.buffer);
  view.setUint32(AT.target, target, little);
  view.setUint32(AT.attachType, attachTypeNumber(attachType), little);
  view.setUint32(AT.queryFlags, effective ? QUERY_EFFECTIVE : 0, little);
  const status = native.programQuery(attr, arrays);
  return status < 0 ? status : view;
}

function decode(answer: DataView, count: number, { programs, programFlags, links, linkFlags }: Arrays): Attached {
  const listOf = (array: InfoBuffer | undefined) => (array === undefined ? [] : u32sOf(array.bytes));
  const [ofPrograms, ofLinks, linkIds] = [listOf(programFlags), listOf(linkFlags), listOf(links)];
  return {
    programs: listOf(programs)
      .slice(0, count)
      .map((programId, index) => {
        const linkId = linkIds[index] || undefined;
        return { programId, linkId, flags: linkId === undefined ? ofPrograms[index] : ofLinks[index] };
      }),
    revision: answer.getBigUint64(AT.revision, little) || undefined,
    flags: answer.getUint32(AT.attachFlags, little),
  };
}

/** Adds the links that attach the programs, where the kernel's answer does not have them. */
function withLinks(attached: Attached, isHere: (link: LinkInfo) => boolean): Attached {
  if (attached.programs.length === 0) return attached;
  let here: LinkInfo[] = [];
  try {
    here = [...links()].filter(isHere);
  } catch (error) {
    if (!(error instanceof BpfError) || error.code !== "ERR_BPF_PERMISSION") throw error;
  }
  const programs = attached.programs.map((program) => {
    const index = here.findIndex(({ programId }) => programId === program.programId);
    const [link] = index < 0 ? [] : here.splice(index, 1);
    return { ...program, linkId: link?.id };
  });
  return { ...attached, programs };
}

const read = <T>(call: () => T): T => reading("ERR_BPF_NOT_LOADED", CALLEE.details.operation, call);

function withFd<T>(path: string, use: (fd: number) => T): T {
  const fd = read(() => openSync(path, "r"));
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

/** Refuses a path of another file system. */
function refuseOther(path: string, magic: number, what: string, hint: string): void {
  let problem: string;
  try {
    if (statfsSync(path).type >>> 0 === magic) return;
    problem = `is not ${what}`;
  } catch (cause) {
    problem = `can't be opened (${(cause as NodeJS.ErrnoException).code})`;
  }
  throw new ArgumentError(`attachedTo: ${path} ${problem}`, { ...CALLEE.details, hint });
}

function failed(status: number, what: string, attachType: AttachTypeName): BpfError {
  const errno = errnoName(status);
  const details = { operation: "attachedTo", errno, target: what } as const;
  const message = `what is attached to ${what} (${attachType}) can't be told`;
  if (isErrno(status, "EPERM")) return permissionError(message, { operation: "query" }, details);
  if (isErrno(status, "ENODEV")) {
    const hint = "ip link lists the interfaces of this network namespace";
    return new LinkError("ERR_BPF_LINK", `${message}: there is no such interface (ENODEV)`, { ...details, hint });
  }
  const since = SINCE[attachType];
  if (isErrno(status, "EINVAL") && since !== undefined && !isSince(release(), since)) {
    const lacks = `${message}: this kernel does not have the attach type, which came with Linux ${since} (EINVAL)`;
    return new BpfError("ERR_BPF_NOT_SUPPORTED", lacks, details);
  }
  if (isErrno(status, "ENXIO") || (isErrno(status, "EINVAL") && attachType.startsWith("netkit"))) {
    return new LinkError("ERR_BPF_LINK", `${message}: it is no netkit device of that side (${errno})`, details);
  }
  const isNetns = isErrno(status, "EINVAL") && (NETNS as readonly string[]).includes(attachType);
  const why = isNetns ? ": it is no network namespace" : "";
  return new LinkError("ERR_BPF_LINK", `${message}${why} (${errno})`, details);
}
