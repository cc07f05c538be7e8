/**
 * Kinds of network programs. The cases run in a process of its own, in a network namespace of its own, which has one end of
 * a veth pair; the other end is in a third one, and answers pings. kinds-network.test.ts starts it and judges what it says.
 */
import { spawn, spawnSync } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket as TcpSocket } from "node:net";
import { join } from "node:path";
import {
  type AttachOptions,
  BpfError,
  type BpfMap,
  type BpfObject,
  KernelMap,
  type Link,
  type ObjectSpec,
  open,
  StructOpsMap,
} from "node-libbpf";
import { objectPath, only } from "../bpf/objects";
import { attach, type Kind, live, load, must, type Row, refuse, runsOf } from "./kinds";
import { before, bundled, isSince, memo, type Need, since, trampolines, vmKernel } from "./needs";
import { having, measures, privileges, reportPrivileges } from "./privilege";

/** A case, and what it needs of the kernel. Its row is one of the table of kinds. */
export interface Case {
  readonly name: string;
  readonly needs: readonly Need[];
  readonly run: () => Promise<unknown>;
}

/** What the process says of a case, as a line of JSON. */
export interface Said {
  readonly name: string;
  readonly row?: Row;
  readonly error?: string;
}

/** Where the harness puts modules of a machine's kernel: scripts/vm-modules.ts. */
const MODULES = "/modules";
/** Kernels with error injection are built without modules; those of other architectures get none. */
const debian = vmKernel !== undefined && !vmKernel.endsWith("-errinj") && process.arch === "x64";
export const netns: Need = {
  what: "network namespaces, busybox, and veth",
  present: () =>
    spawnSync("busybox", ["unshare", "-n", "busybox", "ip", "link"]).status === 0 &&
    (vmKernel === undefined || existsSync(MODULES)),
  expected: debian,
};

const [NEAR, FAR] = ["10.11.12.1", "10.11.12.2"];

function busybox(...words: readonly string[]): void {
  const { status, stderr } = spawnSync("busybox", words, { encoding: "utf8" });
  if (status !== 0) throw new Error(`busybox ${words.join(" ")}: ${stderr}`);
}
const ip = (words: string) => busybox("ip", ...words.split(" "));
/** A packet to the other side, and its answer. */
const ping = (address = FAR, size = 10) => busybox("ping", "-c", "1", "-W", "5", "-s", String(size), address as string);

/** The process that holds the other namespace. */
let other: { pid: number; end(): void };
/** Runs a command on the other side. */
const onOtherSide = (...words: readonly string[]) =>
  busybox("nsenter", "-t", String(other.pid), "-n", "busybox", ...words);

function loadModules(): void {
  for (const file of existsSync(MODULES) ? readdirSync(MODULES) : []) {
    const path = join(MODULES, file);
    const command = path.endsWith(".xz")
      ? `busybox xzcat ${path} >/tmp/m.ko; busybox insmod /tmp/m.ko`
      : `busybox insmod ${path}`;
    spawnSync("/bin/sh", ["-c", command]); // it is there already
  }
}

/** Makes a pair, whose other end is on the other side. */
function pair(name: string, type: string, addresses: readonly [string, string]): void {
  const known = readdirSync("/proc/sys/net/ipv4/conf");
  ip(`link add name ${name} type ${type}`);
  const peer = readdirSync("/proc/sys/net/ipv4/conf").find((found) => found !== name && !known.includes(found));
  const far = `${name}-far`;
  ip(`link set ${peer} name ${far}`);
  ip(`link set ${far} netns ${other.pid}`);
  for (const [run, end, address] of [
    [(...words: string[]) => busybox("ip", ...words), name, addresses[0]],
    [(...words: string[]) => onOtherSide("ip", ...words), far, addresses[1]],
  ] as const) {
    run("addr", "add", `${address}/24`, "dev", end);
    run("link", "set", end, "up");
  }
}

async function setUp(): Promise<void> {
  loadModules();
  ip("link set lo up");
  const holder = spawn("busybox", ["unshare", "-n", "busybox", "sh", "-c", "echo; exec busybox sleep 1000"]);
  await once(holder.stdout, "data");
  other = { pid: holder.pid as number, end: () => holder.kill("SIGKILL") };
  pair("near", "veth", [NEAR as string, FAR as string]);
  ping();
}

const fdOf = (socket: unknown) => (socket as { _handle: { fd: number } })._handle.fd;

async function datagramSocket(port = 0, address = "127.0.0.1"): Promise<Socket> {
  const socket = createSocket("udp4");
  socket.bind(port, address);
  await once(socket, "listening");
  return socket;
}

/** Sends to this process itself, and waits for it. */
async function datagram(receiver?: Socket): Promise<void> {
  const to = receiver ?? (await datagramSocket());
  const from = createSocket("udp4");
  const received = once(to, "message");
  from.send("text", to.address().port, "127.0.0.1");
  await received;
  from.close();
  if (receiver === undefined) to.close();
}

/** Puts both ends of a connection into a map and sends over it. */
async function connection(map?: BpfMap): Promise<void> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect((server.address() as { port: number }).port, "127.0.0.1");
  const [[accepted]] = (await Promise.all([once(server, "connection"), once(client, "connect")])) as [
    [TcpSocket],
    unknown,
  ];
  if (map instanceof KernelMap) {
    map.set(0, fdOf(client));
    map.set(1, fdOf(accepted));
  }
  const received = once(accepted, "data");
  client.write("text");
  await received;
  client.destroy();
  accepted.destroy();
  server.close();
}

const cases: Case[] = [];
function add(name: string, needs: readonly Need[], run: Case["run"]): void {
  cases.push({ name, needs: [bundled, netns, ...needs], run });
}

/** The map of sockets needs a privilege of its own. */
function withoutSockets(spec: ObjectSpec): void {
  if (spec.maps.sockets !== undefined) spec.maps.sockets.autocreate = false;
}

/** A kind's life; on older kernels, its refusal. */
function addKind(program: string, more: Omit<Kind, "object" | "program">, needs: readonly Need[] = []): void {
  const kind: Kind = { object: "kinds-net", program, prepare: withoutSockets, ...more };
  add(`${program} is loaded, attached, runs, is replaced and detached`, [since(kind.since ?? "5.10"), ...needs], () =>
    live(kind),
  );
  if (kind.since !== undefined)
    add(`${program}: an older kernel's answer names the release`, [before(kind.since)], () => refuse(kind));
}

async function failure(call: () => unknown): Promise<BpfError> {
  try {
    await call();
  } catch (error) {
    if (error instanceof BpfError) return error;
    throw error;
  }
  throw new Error(`it did not fail: ${call}`);
}

/** One typed error, with these details. */
async function fails(
  call: () => unknown,
  wanted: { code?: string; errno?: string; text?: RegExp; hint?: RegExp },
): Promise<void> {
  const error = await failure(call);
  const { code = "ERR_BPF_ATTACH", errno, text, hint } = wanted;
  const good =
    error.code === code &&
    (errno === undefined || error.errno === errno) &&
    (text === undefined || text.test(error.message)) &&
    (hint === undefined || hint.test(error.hint ?? ""));
  must(
    good,
    `${error.message} [${error.code} ${error.errno}; ${error.hint}] is not ${JSON.stringify({ ...wanted, text: String(text), hint: String(hint) })}`,
  );
}

const near = { interface: "near" };
const fire = () => ping();

addKind("xdp", { options: { ...near, mode: "skb" }, fire, link: "xdp", updated: "5.10" });
addKind("xdp_frags", { since: "5.18", options: { ...near, mode: "native" }, fire, link: "xdp", updated: "5.10" });
addKind("tcx_ingress", { since: "6.6", options: near, fire, link: "tcx", updated: "6.6" });
addKind("tcx_egress", { since: "6.6", options: { ...near, direction: "egress" }, fire, link: "tcx", updated: "6.6" });
addKind("tc", { options: { ...near, direction: "ingress", handle: 7, priority: 3 }, fire, link: undefined });
addKind("classifier", { options: { ...near, direction: "egress" }, fire, link: undefined });
addKind("netfilter", {
  ...{ since: "6.4", options: { family: "ipv4", hook: "output", priority: 5 }, fire, link: "netfilter" },
});
addKind("sk_lookup", { fire: () => datagram(), link: "netns", updated: "5.10" });
addKind("flow_dissector", { fire: () => ping("127.0.0.1"), link: "netns", updated: "5.10" });

/** The map of the sockets: that of the first object, after an update too. */
let sockets: BpfMap;
const mapOf = (object: BpfObject, name: string) => object.maps[name] as BpfMap;
const ofSockets: Omit<Kind, "object" | "program"> = {
  prepare: () => {},
  options: (object) => {
    sockets = object.map("sockets", KernelMap);
    return { map: sockets };
  },
  fire: () => connection(sockets),
  link: isSince("6.10") ? "sockmap" : undefined,
  updated: "6.10",
};
addKind("sk_skb_verdict", ofSockets);
addKind("sk_msg", ofSockets);

let filtered: Socket;
addKind("socket_filter", {
  options: () => ({ socket: fdOf(filtered) }),
  fire: () => datagram(filtered),
  link: undefined,
});

/** In a cgroup where every socket shares its port. */
async function sharingPorts(run: () => Promise<void>): Promise<void> {
  const mount = /^\S+ (\S+) cgroup2 /m.exec(readFileSync("/proc/mounts", "utf8"))?.[1] as string;
  const cgroup = join(mount, "node-libbpf-network");
  mkdirSync(cgroup);
  const move = (to: string) => writeFileSync(join(to, "cgroup.procs"), String(process.pid));
  using object = await only(open(objectPath("kinds-net")), "shares_port").load();
  try {
    using _ = object.program("shares_port").attach({ cgroup });
    move(cgroup);
    await run();
  } finally {
    move(mount);
    rmdirSync(cgroup);
  }
}
/** Two sockets of one port. */
let group: [Socket, Socket];
// Before Linux 6.1 a program can't set SO_REUSEPORT, and Node.js 20 can't either.
add("sk_reuseport is loaded, attached, runs, and is detached", [since("6.1")], async () => {
  let row: Row | undefined;
  await sharingPorts(async () => {
    const one = await datagramSocket();
    group = [one, await datagramSocket(one.address().port)];
    const toGroup = async () => {
      const from = createSocket("udp4");
      const received = Promise.race(group.map((socket) => once(socket, "message")));
      from.send("text", one.address().port, "127.0.0.1");
      await received;
      from.close();
    };
    const options = { socket: fdOf(one) };
    row = await live({
      ...{ object: "kinds-net", program: "sk_reuseport", options, prepare: withoutSockets },
      ...{ fire: toGroup, link: undefined },
    });
    for (const socket of group) socket.close();
  });
  return row;
});

/** A module of most kernels; part of Debian's. */
const netkit: Need = {
  what: "netkit",
  present: memo(
    () =>
      spawnSync("busybox", ["unshare", "-n", "busybox", "ip", "link", "add", "name", "nk", "type", "netkit"]).status ===
      0,
  ),
  expected: debian && isSince("6.7"),
};
// Where there is no netkit the kernel gets any interface.
const onNetkit = { interface: isSince("6.7") ? "nk" : "near" };
const fireNetkit = () => ping("10.11.13.2");
const ofNetkit = { since: "6.7", fire: fireNetkit, link: "netkit", updated: "6.7" };
addKind("netkit_primary", { ...ofNetkit, options: onNetkit }, [netkit]);
addKind("netkit_peer", { ...ofNetkit, options: { ...onNetkit, end: "peer" } }, [netkit]);
add("netkit: an interface that is no netkit", [since("6.7")], async () => {
  using object = await only(open(objectPath("kinds-net")), "netkit_primary").load();
  await fails(() => object.program("netkit_primary").attach({ interface: "near" }), { hint: /netkit/ });
});

/** Attaches numbered programs to outgoing packets, and returns which saw one large packet, in their order. */
async function order(...places: ((links: Link[], object: BpfObject) => AttachOptions)[]): Promise<bigint> {
  using object = await only(open(objectPath("kinds-net")), ...places.map((_, index) => `tcx_${index + 1}`)).load();
  const links: Link[] = [];
  for (const [index, place] of places.entries())
    links.push(object.program(`tcx_${index + 1}`).attach({ ...near, ...place(links, object) }));
  ping(FAR, 1000);
  return object.variables.order as bigint;
}
const anywhere = () => ({});
const same = (got: bigint, wanted: bigint, what: string) =>
  must(got === wanted, `${what}: 0x${got.toString(16)} and not 0x${wanted.toString(16)}`);
const link = (links: Link[], index: number) => links[index] as Link;
add("tcx programs run in their order: before, after, first, last", [since("6.6")], async () => {
  same(await order(anywhere, anywhere, anywhere), 0x123n, "none");
  same(await order(anywhere, anywhere, (links) => ({ before: link(links, 1) })), 0x132n, "before a link");
  same(await order(anywhere, anywhere, (links) => ({ after: link(links, 0) })), 0x132n, "after a link");
  same(
    await order(anywhere, anywhere, (_, object) => ({ before: object.program("tcx_1") })),
    0x312n,
    "before a program",
  );
  same(await order(anywhere, anywhere, (_, object) => ({ after: object.program("tcx_1").id })), 0x132n, "after an id");
  same(await order(anywhere, anywhere, () => ({ first: true })), 0x312n, "first");
  same(await order(anywhere, anywhere, () => ({ last: true })), 0x123n, "last");
});
add("tcx: the expected revision, and an anchor that is not there", [since("6.6")], async () => {
  await fails(() => order(anywhere, () => ({ expectedRevision: 4711n })), { errno: "ESTALE", hint: /changed/ });
  using elsewhere = await only(open(objectPath("kinds-net")), "tcx_4").load();
  const anchor = elsewhere.program("tcx_4");
  await fails(() => order(anywhere, () => ({ before: anchor })), { errno: "ENOENT", hint: /not attached there/ });
  await fails(() => order(anywhere, () => ({ before: 0x7fffffff })), { hint: /not attached there/ });
  await fails(() => order(anywhere, () => ({ first: true, last: true })), { code: "ERR_BPF_ARGUMENT" });
  // Nothing is left of what failed.
  same(await order(anywhere, anywhere), 0x12n, "after failures");
  // A new interface's revision is 1.
  pair("fresh", "veth", ["10.11.14.1", "10.11.14.2"]);
  using object = await only(open(objectPath("kinds-net")), "tcx_1", "tcx_2").load();
  object.program("tcx_1").attach({ interface: "fresh", expectedRevision: 1n });
  object.program("tcx_2").attach({ interface: "fresh", expectedRevision: 2n, first: true });
  object.close();
  ip("link del fresh");
});

add("xdp: native mode, a second program, a mode that the interface lacks", [], async () => {
  const kind: Kind = { object: "kinds-net", program: "xdp", options: { ...near, mode: "native" }, fire, link: "xdp" };
  using object = await load(kind);
  const link = attach(kind, object);
  ping();
  must(runsOf(object) > 0n, "native mode does not run");
  using second = await load(kind);
  await fails(() => attach(kind, second), { errno: "EBUSY", hint: /already has a program/ });
  link.detach();
  await fails(() => second.program("xdp").attach({ ...near, mode: "offload" }), { hint: /./ });
});

add("netfilter: IPv6, fragments, and priorities that are refused", [since("6.4")], async () => {
  const kind: Kind = { object: "kinds-net", program: "netfilter", fire, link: "netfilter" };
  using object = await load(kind);
  const program = object.program("netfilter");
  const local = { family: "ipv6", hook: "input" } as const;
  using link = program.attach({ ...local, priority: -10 });
  busybox("ping6", "-c", "1", "::1");
  must(runsOf(object) > 0n, "it does not run for IPv6");
  await fails(() => program.attach({ ...local, priority: -10 }), { errno: "EBUSY", hint: /priority/ });
  await fails(() => program.attach({ ...local, priority: -(2 ** 31) }), { hint: /priority/ });
  await fails(() => program.attach({ family: "ipv4" }), { code: "ERR_BPF_ARGUMENT" });
  link.close();
  const defragment = { family: "ipv4", hook: "prerouting", priority: 0, defragment: true } as const;
  if (isSince("6.6")) {
    program.attach(defragment).detach();
    await fails(() => program.attach({ ...defragment, priority: -500 }), { hint: /above -400/ });
  } else await fails(() => program.attach(defragment), { code: "ERR_BPF_NOT_SUPPORTED", text: /Linux 6\.6/ });
});

add("sk_lookup: another network namespace, and what is none", [], async () => {
  const kind: Kind = { object: "kinds-net", program: "sk_lookup", fire: () => datagram(), link: "netns" };
  using object = await load(kind);
  const program = object.program("sk_lookup");
  const there = program.attach({ netns: `/proc/${other.pid}/ns/net` });
  await datagram();
  must(runsOf(object) === 0n, "it runs in this namespace");
  there.close();
  await fails(() => program.attach({ netns: "/proc/self/ns/mnt" }), { hint: /no network namespace/ });
  await fails(() => program.attach({ netns: "/tmp" }), { hint: /no network namespace/ });
  await fails(() => program.attach({ netns: "/no/such" }), { errno: "ENOENT", text: /\/no\/such/, hint: /./ });
  using _ = program.attach();
  using second = await only(open(objectPath("kinds-net")), "flow_dissector").load();
  const first = second.program("flow_dissector").attach();
  using third = await only(open(objectPath("kinds-net")), "flow_dissector").load();
  await fails(() => third.program("flow_dissector").attach(), { errno: "E2BIG", hint: /update its link/ });
  first.close();
});

add("what is no sockmap, no socket, no receiver", [], async () => {
  using object = await only(open(objectPath("kinds-net")), "sk_msg", "socket_filter", "sk_reuseport").load();
  await fails(() => object.program("sk_msg").attach({ map: mapOf(object, ".bss") }), { hint: /SOCKMAP/ });
  await fails(() => object.program("sk_msg").attach(), { code: "ERR_BPF_ARGUMENT", text: /map of the sockets/ });
  await fails(() => object.program("socket_filter").attach({ socket: 0x7ffffff }), { errno: "EBADF", hint: /socket/ });
  await fails(() => object.program("socket_filter").attach({ socket: openSync("/dev/null", "r") }), {
    errno: "ENOTSOCK",
    hint: /socket/,
  });
  const alone = await datagramSocket();
  await fails(() => object.program("sk_reuseport").attach({ socket: fdOf(alone) }), {
    errno: "EINVAL",
    hint: /SO_REUSEPORT/,
  });
  alone.close();
});
add("an infrared receiver that is none", [], async () => {
  const kind: Kind = { object: "kinds-net", program: "lirc_mode2", fire, link: undefined };
  // Debian's cloud kernels have no infrared receivers, nor their kind.
  await failure(async () => {
    using object = await load(kind);
    attach({ ...kind, options: { device: "/dev/null" } }, object);
  });
});
add("kinds that are not attached say how they run", [], async () => {
  using object = await only(open(objectPath("kinds-net")), "lwt_out", "action", "xdp_devmap").load();
  await fails(() => object.program("lwt_out").attach(), { hint: /ip route/ });
  await fails(() => object.program("action").attach(), { hint: /tc filter/ });
  await fails(() => object.program("xdp_devmap").attach(near), { code: "ERR_BPF_ARGUMENT", text: /packets of a map/ });
});

add("an interface that is not here, or that goes away", [], async () => {
  pair("gone", "veth", ["10.11.15.1", "10.11.15.2"]);
  using object = await only(open(objectPath("kinds-net")), "xdp", "tc", ...(isSince("6.6") ? ["tcx_1"] : [])).load();
  const where = { interface: "gone" };
  await fails(() => object.program("xdp").attach({ interface: "near-far" }), {
    errno: "ENODEV",
    hint: /network namespace/,
  });
  await fails(() => object.program("xdp").attach(), { code: "ERR_BPF_ARGUMENT" });
  await fails(() => object.program("tc").attach(where), { code: "ERR_BPF_ARGUMENT", text: /direction/ });
  const xdp = object.program("xdp").attach({ ...where, mode: "skb" });
  const filter = object.program("tc").attach({ ...where, direction: "ingress" });
  const tcx = isSince("6.6") ? object.program("tcx_1").attach(where) : undefined;
  ip("link del gone");
  using next = await only(open(objectPath("kinds-net")), "xdp", ...(isSince("6.6") ? ["tcx_1"] : [])).load();
  const gone = { code: "ERR_BPF_LINK", text: /is gone/ };
  await fails(() => xdp.update(next.program("xdp")), gone);
  if (tcx) await fails(() => tcx.update(next.program("tcx_1")), gone);
  must(xdp.info().type === "xdp", "its info");
  for (const link of [xdp, filter, tcx]) link?.detach();
});

add("a link takes no program of another kind", [], async () => {
  using object = await only(open(objectPath("kinds-net")), "xdp", "tc").load();
  using link = object.program("xdp").attach({ ...near, mode: "skb" });
  await fails(() => link.update(object.program("tc")), { code: "ERR_BPF_LINK", errno: "EINVAL", text: /another kind/ });
  await fails(() => link.update(mapOf(object, ".bss")), { code: "ERR_BPF_LINK" });
  ping();
  must(runsOf(object) > 0n, "it no longer runs");
});

add("tc: a filter that is there already, and one that is left", [], async () => {
  using object = await only(open(objectPath("kinds-net")), "tc").load();
  const program = object.program("tc");
  const place = { ...near, direction: "ingress", handle: 1, priority: 9 } as const;
  const link = program.attach(place);
  await fails(() => program.attach(place), { hint: /already/ });
  link.disconnect();
  const { runs } = object.variables;
  ping();
  must(runsOf(object) > (runs as bigint), "a disconnected filter does not run");
});

add("tc: what could not be detached can be detached later", [], async () => {
  using object = await only(open(objectPath("kinds-net")), "tc").load();
  const link = object.program("tc").attach({ ...near, direction: "ingress" });
  await fails(() => having([], () => link.detach()), {
    ...{ code: "ERR_BPF_PERMISSION", errno: "EPERM", text: /CAP_NET_ADMIN/ },
  });
  must(!link.closed, "it is closed");
  link.detach();
  const { runs } = object.variables;
  ping();
  must(runsOf(object) === (runs as bigint), "it still runs");
});

add("tc: close() of what can't be detached warns", [], async () => {
  using object = await only(open(objectPath("kinds-net")), "tc").load();
  const place = { ...near, direction: "ingress", priority: 11 } as const;
  const link = object.program("tc").attach(place);
  const warned = once(process, "warning");
  having([], () => link.close());
  const [{ code, message }] = (await warned) as [NodeJS.ErrnoException];
  must(code === "WARN_BPF_LINK_STAYS" && /tc .*CAP_NET_ADMIN/.test(message), `the warning is ${code}: ${message}`);
  const { runs } = object.variables;
  ping();
  must(runsOf(object) > (runs as bigint), "it was detached");
});

function controlSpec(wanted: readonly string[]): ObjectSpec {
  const spec = open(objectPath("kinds-struct-ops"));
  for (const map of Object.values(spec.maps))
    if (map.name.startsWith("control")) map.autocreate = wanted.includes(map.name);
  return spec;
}
async function capabilitiesOfStruct(wanted: readonly string[]): Promise<void> {
  await privileges({
    ...{ row: "load struct_ops", prepare: () => controlSpec(wanted), act: (spec: ObjectSpec) => spec.loadSync() },
    undo: (object) => object.close(),
  });
  await privileges({
    ...{ row: "attach struct_ops", prepare: () => controlSpec(wanted).loadSync() },
    act: (object) => ({ object, link: object.map(wanted[0] as string, StructOpsMap).attach() }),
    undo({ object, link }) {
      link.detach();
      object.close();
    },
    release: (object) => object.close(),
  });
}
add("struct_ops: congestion control runs, is replaced and detached", [trampolines], async () => {
  const withLink = isSince("6.4");
  const wanted = withLink ? ["control_link", "control_other"] : ["control"];
  using object = await controlSpec(wanted).load();
  const first = object.map(wanted[0] as string, StructOpsMap);
  const control = "/proc/sys/net/ipv4/tcp_congestion_control";
  const usual = readFileSync(control, "utf8").trim();
  await capabilitiesOfStruct(wanted);
  const link = first.attach();
  // The namespace's default is a pointer to the struct: after an update, it is chosen anew.
  const choose = () => writeFileSync(control, "node_libbpf");
  choose();
  const count = async () => {
    const before = [object.variables.runs, object.variables.others] as bigint[];
    await connection();
    return [object.variables.runs, object.variables.others].map((now, i) => (now as bigint) > (before[i] as bigint));
  };
  const is = (got: boolean[], wanted: [boolean, boolean], what: string) =>
    must(got.join() === wanted.join(), `${what}: ${got}`);
  is(await count(), [true, false], "attached");
  let updated = "no";
  if (withLink) {
    link.update(object.map("control_other", StructOpsMap));
    choose();
    is(await count(), [false, true], "updated");
    // Back again, and only if it has the expected one.
    await fails(() => link.update(first, first), { code: "ERR_BPF_LINK", errno: "EPERM" });
    link.update(first, object.map("control_other", StructOpsMap));
    choose();
    is(await count(), [true, false], "updated again");
    must(link.info().type === "struct_ops", "its info");
    updated = "yes";
  } else await fails(() => link.update({ fd: first.fd }), { code: "ERR_BPF_NOT_SUPPORTED" });
  await fails(() => first.attach(), { hint: /./ });
  writeFileSync(control, usual);
  link.detach();
  await fails(
    () => {
      try {
        writeFileSync(control, "node_libbpf");
      } catch (cause) {
        throw new BpfError("ERR_BPF_ATTACH", "it is gone", { operation: "map.attach", cause });
      }
    },
    { text: /gone/ },
  );
  return {
    kind: "struct_ops",
    loaded: "yes",
    attached: "yes",
    fired: "yes",
    updated,
    info: withLink ? "struct_ops" : "no link",
    detached: "yes",
  };
});

export const CASES: readonly Case[] = cases;

async function main(): Promise<void> {
  await setUp();
  filtered = await datagramSocket();
  // Received packets are hashed, which the flow dissector's program is asked for.
  const sysfs = "/tmp/node-libbpf-sysfs";
  mkdirSync(sysfs, { recursive: true });
  busybox("mount", "-t", "sysfs", "sysfs", sysfs);
  writeFileSync(join(sysfs, "class/net/lo/queues/rx-0/rps_cpus"), "1");
  if (netkit.present()) pair("nk", "netkit", ["10.11.13.1", "10.11.13.2"]);
  for (const { name, needs, run } of CASES) {
    if (needs.some((need) => !need.present()) || (measures && !/is loaded|congestion/.test(name))) continue;
    const said: Said = await run().then(
      (row) => ({ name, ...(row !== undefined && { row: row as Row }) }),
      (error: Error) => ({ name, error: error.stack ?? error.message }),
    );
    process.stdout.write(`${JSON.stringify(said)}\n`);
  }
  reportPrivileges("network");
  busybox("umount", sysfs);
  rmdirSync(sysfs);
  other.end();
  process.exit();
}

if (require.main === module) void main();
