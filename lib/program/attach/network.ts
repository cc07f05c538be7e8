/** Attaches programs to network interfaces, namespaces and sockets. */
import { AttachType, Flag } from "../../constants";
import { isErrno } from "../../errors";
import { native } from "../../native";
import { boolean, descriptor, filled, oneOf, uint32 } from "../../options";
import { type AnchorOptions, anchored, anchorSchema } from "./anchors";
import {
  type Attachable,
  type Attached,
  map as aMap,
  argument,
  type HasFd,
  int32,
  interfaceIndex,
  type Mechanism,
  nameOf,
  pathOrFd,
  withFile,
} from "./mechanism";

/** Options for programs of a network interface. */
export interface InterfaceAttachOptions {
  /** Name of the network interface, in this process's network namespace. Mandatory. */
  interface?: string;
}

/** Options for xdp programs. Another program of the same link: {@link Link.update}. */
export interface XdpAttachOptions extends InterfaceAttachOptions {
  /** "skb" runs without the driver's support, "native" in the driver, "offload" in the device. Default: the kernel's choice. */
  mode?: "skb" | "native" | "offload";
}

/** Options for tcx programs. */
export interface TcxAttachOptions extends InterfaceAttachOptions, AnchorOptions {
  /** Which packets. Default: the section's. */
  direction?: "ingress" | "egress";
}

/** Options for netkit programs. */
export interface NetkitAttachOptions extends InterfaceAttachOptions, AnchorOptions {
  /** The end of the pair whose outgoing packets the program sees. `interface` is the primary one. Default: the section's. */
  end?: "primary" | "peer";
}

/**
 * Options for tc and classifier programs. They become filters of the interface's clsact qdisc, by netlink. The qdisc is
 * made if it is missing, and stays.
 */
export interface TcAttachOptions extends InterfaceAttachOptions {
  /** Which packets. Default: the section's. */
  direction?: "ingress" | "egress";
  /** The filter's number. Default: the kernel's choice. */
  handle?: number;
  /** Filters with a lower number run first. Default: the kernel's choice, before those that are there. */
  priority?: number;
}

/** Options for sk_lookup and flow_dissector programs. */
export interface NetnsAttachOptions {
  /** Path of the network namespace, as in /run/netns, or a file descriptor of it. Default: this process's. */
  netns?: string | number;
}

/** Options for sk_skb and sk_msg programs. */
export interface SockmapAttachOptions {
  /** The SOCKMAP or SOCKHASH with the sockets. Mandatory. */
  map?: HasFd;
}

/** Options for netfilter programs. */
export interface NetfilterAttachOptions {
  /** The packets' protocol. Mandatory. */
  family?: "ipv4" | "ipv6";
  /** The hook. Mandatory. */
  hook?: keyof typeof HOOKS;
  /** Programs with a lower number run first; -2^31 and 2^31 - 1 are not allowed. Default 0. */
  priority?: number;
  /** Whether fragments are put together before the program sees them. Needs a priority above -400. Since Linux 6.6. */
  defragment?: boolean;
}

/** Options for socket and sk_reuseport programs. */
export interface SocketAttachOptions {
  /**
   * File descriptor of the socket; for sk_reuseport of one of the group. Mandatory. The link holds the socket: its port
   * stays in use until the link is closed. A socket has one program: another one replaces it, and closing either link
   * leaves the socket with none.
   */
  socket?: number;
}

/** Options for lirc_mode2 programs. */
export interface LircAttachOptions {
  /** Path of the infrared receiver, as "/dev/lirc0", or a file descriptor of it. Mandatory. */
  device?: string | number;
}

/** enum nf_inet_hooks. */
const HOOKS = { prerouting: 0, input: 1, forward: 2, output: 3, postrouting: 4 } as const;
/** NFPROTO_IPV4 and NFPROTO_IPV6. */
const FAMILIES = { ipv4: 2, ipv6: 10 } as const;
/** XDP_FLAGS_*_MODE in linux/if_link.h. */
const MODES = { skb: 2, native: 4, offload: 8 } as const;
const NOTHING = new Uint32Array();
/** Of xdp programs in elements of DEVMAP and CPUMAP. */
const OF_MAPS: readonly number[] = [AttachType.XDP_DEVMAP, AttachType.XDP_CPUMAP];

/** For errors. */
const ofInterface = (_: Attachable, { interface: name = "" }: InterfaceAttachOptions) => name;

export const xdp: Mechanism<XdpAttachOptions> = {
  schema: { interface: filled, mode: oneOf("skb", "native", "offload") },
  target: ofInterface,
  attach(program, { fd }, { interface: name, mode }) {
    if (OF_MAPS.includes(program.attachType))
      throw argument(
        program,
        "runs for the packets of a map, not of an interface",
        "Write its fd into an element of the map",
      );
    return {
      status: native.linkCreate(fd, {
        ...{ target: interfaceIndex(program, name), attachType: AttachType.XDP },
        ...{ flags: mode === undefined ? 0 : MODES[mode], tail: NOTHING },
      }),
    };
  },
};

const directionSchema = { interface: filled, direction: oneOf("ingress", "egress") };

/** Whether the program is for outgoing packets. */
function isEgress(program: Attachable, direction: "ingress" | "egress" | undefined): boolean {
  const known = [AttachType.TCX_INGRESS, AttachType.TCX_EGRESS].indexOf(program.attachType as 46 | 47);
  if (direction === undefined && known < 0)
    throw argument(
      program,
      "needs a direction",
      'Pass attach({ direction: "ingress" }) or attach({ direction: "egress" })',
    );
  return direction === undefined ? known === 1 : direction === "egress";
}

export const tcx: Mechanism<TcxAttachOptions> = {
  schema: { ...directionSchema, ...anchorSchema },
  target: ofInterface,
  attach(program, { fd }, { interface: name, direction, ...anchors }) {
    const attachType = isEgress(program, direction) ? AttachType.TCX_EGRESS : AttachType.TCX_INGRESS;
    const target = interfaceIndex(program, name);
    return { status: native.linkCreate(fd, { target, attachType, ...anchored(program, anchors) }) };
  },
};

export const netkit: Mechanism<NetkitAttachOptions> = {
  schema: { interface: filled, end: oneOf("primary", "peer"), ...anchorSchema },
  target: ofInterface,
  attach(program, { fd }, { interface: name, end, ...anchors }) {
    const ofSection = program.attachType === AttachType.NETKIT_PEER ? "peer" : "primary";
    const attachType = (end ?? ofSection) === "peer" ? AttachType.NETKIT_PEER : AttachType.NETKIT_PRIMARY;
    const target = interfaceIndex(program, name);
    return { status: native.linkCreate(fd, { target, attachType, ...anchored(program, anchors) }) };
  },
};

export const tc: Mechanism<TcAttachOptions> = {
  schema: { ...directionSchema, handle: uint32, priority: uint32 },
  target: ofInterface,
  attach(program, { fd }, { interface: name, direction, handle = 0, priority = 0 }) {
    const egress = isEgress(program, direction);
    const request = { interface: interfaceIndex(program, name), egress, handle, priority };
    return { status: native.tcAttach(fd, request), linkless: "it is a filter of tc, which has no link" };
  },
};

export const netns: Mechanism<NetnsAttachOptions> = {
  schema: { netns: pathOrFd },
  target: (_, { netns }) => nameOf("network namespace", netns),
  attach: (program, { fd }, { netns = "/proc/self/ns/net" }) =>
    withFile(program, netns, (target) => ({
      status: native.linkCreate(fd, { target, attachType: program.attachType, flags: 0, tail: NOTHING }),
    })),
};

export const sockmap: Mechanism<SockmapAttachOptions> = {
  schema: { map: aMap },
  attach(program, { fd }, { map }): Attached {
    if (map === undefined) throw argument(program, "needs the map of the sockets", "Pass attach({ map })");
    const { attachType } = program;
    const target = map.fd;
    const status = native.linkCreate(fd, { target, attachType, flags: 0, tail: NOTHING });
    // Before Linux 6.10 (699c23f02c65) there are no links for sockmaps.
    if (!isErrno(status, "EINVAL")) return { status };
    const linkless = "before Linux 6.10 programs of a sockmap have no link";
    return { status: native.programAttach(fd, { target, attachType, flags: 0, replaced: 0 }), linkless };
  },
};

export const netfilter: Mechanism<NetfilterAttachOptions> = {
  schema: {
    family: oneOf("ipv4", "ipv6"),
    hook: oneOf(...(Object.keys(HOOKS) as (keyof typeof HOOKS)[])),
    ...{ priority: int32, defragment: boolean },
  },
  since: { defragment: "6.6" },
  attach(program, { fd }, { family, hook, priority = 0, defragment }) {
    if (family === undefined || hook === undefined)
      throw argument(program, "needs a family and a hook", 'Pass attach({ family: "ipv4", hook: "input" })');
    const tail = new Uint32Array([FAMILIES[family], HOOKS[hook], priority, defragment ? Flag.NETFILTER_IP_DEFRAG : 0]);
    return { status: native.linkCreate(fd, { target: 0, attachType: AttachType.NETFILTER, flags: 0, tail }) };
  },
};

export const socket = (reuseport: boolean): Mechanism<SocketAttachOptions> => ({
  schema: { socket: descriptor },
  attach(program, { fd }, { socket }) {
    if (socket === undefined) throw argument(program, "needs a socket", "Pass attach({ socket }), its file descriptor");
    return {
      status: native.socketAttach(fd, socket, reuseport),
      linkless: "it belongs to a socket, which has no link",
    };
  },
});

export const lirc: Mechanism<LircAttachOptions> = {
  schema: { device: pathOrFd },
  target: (_, { device }) => nameOf("device", device),
  attach(program, { fd }, { device }) {
    if (device === undefined)
      throw argument(program, "needs an infrared receiver", 'Pass attach({ device: "/dev/lirc0" })');
    const linkless = "programs of infrared receivers have no link";
    return withFile(program, device, (target) => ({
      status: native.programAttach(fd, { target, attachType: program.attachType, flags: 0, replaced: 0 }),
      linkless,
    }));
  },
};
