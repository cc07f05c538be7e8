/** Programs of cgroups: the life of each attach type on each kernel, the place among others, and bad input. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { AttachOptions } from "node-libbpf";
import { AttachType, type BpfObject, type Link, open } from "node-libbpf";
import { objectPath, only } from "../bpf/objects";
import { attach, type Kind, live, load, type Row, refuse, report, runsOf } from "./kinds";
import { before, bpfLsm, bundled, isSince, kernelTest, type Need, since, vmKernel } from "./needs";

/** Where cgroup v2 is mounted; a host may have version 1 beside it. */
const MOUNT = /^\S+ (\S+) cgroup2 /m.exec(readFileSync("/proc/mounts", "utf8"))?.[1];
const CGROUP = join(MOUNT ?? "/", "node-libbpf-test");
const CHILD = join(CGROUP, "child");
const cgroup2: Need = {
  what: "a mounted cgroup v2",
  present: () => MOUNT !== undefined,
  expected: vmKernel !== undefined,
};

const has = cgroup2.present() && process.getuid?.() === 0;
const move = (cgroup: string) => writeFileSync(join(cgroup, "cgroup.procs"), String(process.pid));
beforeAll(() => {
  if (has) mkdirSync(CHILD, { recursive: true });
});
afterAll(() => {
  if (!has) return;
  rmdirSync(CHILD);
  rmdirSync(CGROUP);
});

/** Does everything that programs of a cgroup see, from inside the cgroup. */
async function act(cgroup = CGROUP): Promise<void> {
  move(cgroup);
  try {
    readFileSync("/proc/sys/kernel/hostname");
    closeSync(openSync("/dev/null", "r"));
    await datagrams("udp4", "127.0.0.1");
    await datagrams("udp6", "::1");
    await stream("127.0.0.1");
    await unix();
  } finally {
    move(MOUNT as string);
  }
}

/** Two sockets: one sends, unconnected and connected; their buffer sizes are socket options. */
async function datagrams(type: "udp4" | "udp6", address: string): Promise<void> {
  const [receiver, sender] = [createSocket(type), createSocket(type)];
  try {
    await bound(receiver, address);
    const { port } = receiver.address();
    receiver.setRecvBufferSize(receiver.getRecvBufferSize());
    const received = once(receiver, "message");
    sender.send("unconnected", port, address);
    await received;
    const again = once(receiver, "message");
    sender.close();
    const connected = createSocket(type);
    connected.connect(port, address);
    await once(connected, "connect");
    connected.remoteAddress();
    connected.send("connected");
    await again;
    connected.close();
  } finally {
    receiver.close();
  }
}

async function bound(socket: Socket, address: string): Promise<void> {
  socket.bind(0, address);
  await once(socket, "listening");
}

/** Makes a socket in the cgroup. */
async function socketIn(cgroup: string): Promise<void> {
  move(cgroup);
  const socket = createSocket("udp4");
  await bound(socket, "127.0.0.1");
  socket.close();
  move(MOUNT as string);
}

async function stream(address: string): Promise<void> {
  const server = createServer((socket) => socket.end("text"));
  server.listen(0, address);
  await once(server, "listening");
  const client = connect((server.address() as { port: number }).port, address);
  await text(client);
  server.close();
  await once(server, "close");
}

async function unix(): Promise<void> {
  const path = `/tmp/node-libbpf-test-${process.pid}`;
  const server = createServer((socket) => socket.end("text"));
  server.listen(path);
  await once(server, "listening");
  await text(connect(path));
  server.close();
  await once(server, "close");
}

const options = { cgroup: CGROUP };
/** Each program, and the first release with its attach type. */
const kinds: [program: string, since?: string | undefined, more?: Partial<Kind>][] = [
  ["skb_ingress"],
  ["skb_egress"],
  ["skb", undefined, { options: { ...options, attachType: AttachType.CGROUP_INET_EGRESS } }],
  ["sock"],
  ["sock_create"],
  ["sock_release"],
  ["bind4"],
  ["bind6"],
  ["post_bind4"],
  ["post_bind6"],
  ["connect4"],
  ["connect6"],
  ["connect_unix", "6.7"],
  ["sendmsg4"],
  ["sendmsg6"],
  ["recvmsg4"],
  ["recvmsg6"],
  ["getpeername4"],
  ["getpeername6"],
  ["getsockname4"],
  ["getsockname6"],
  ["dev"],
  ["sysctl"],
  ["setsockopt"],
  ["getsockopt"],
  ["sockops"],
];

const kindOf = (program: string, since?: string, more: Partial<Kind> = {}): Kind => ({
  ...{ object: "kinds-cgroup", program, options, fire: () => act(), link: "cgroup", updated: "5.10" },
  ...(since !== undefined && { since }),
  ...more,
});

describe("attach types of cgroups", () => {
  const rows: Row[] = [];
  afterAll(() => report("kinds-cgroup", rows));
  const lsm: [string, string, Partial<Kind>] = ["lsm_cgroup", "6.0", {}];
  for (const [program, first, more] of [...kinds, lsm]) {
    const kind = kindOf(program, first, more);
    const needs = [bundled, cgroup2, ...(program === "lsm_cgroup" ? [bpfLsm] : [])];
    kernelTest(
      `${program} is loaded, attached, runs, is replaced and detached`,
      [...needs, since(first ?? "5.10")],
      async () => {
        rows.push(await live(kind));
      },
    );
    if (first !== undefined)
      kernelTest(
        `${program}: an older kernel's answer names the release`,
        [bundled, cgroup2, before(first)],
        async () => {
          rows.push(await refuse(kind));
        },
      );
  }
});

describe("the place among others", () => {
  /** The numbered programs of one object, attached in turn. */
  async function attached(...places: ((links: Link[], object: BpfObject) => AttachOptions)[]): Promise<bigint> {
    const numbers = places.map((_, index) => `sock_${index + 1}`);
    using object = await only(open(objectPath("kinds-cgroup")), ...numbers).load();
    const links: Link[] = [];
    for (const [index, place] of places.entries())
      links.push(object.program(`sock_${index + 1}`).attach({ cgroup: CGROUP, ...place(links, object) }));
    await socketIn(CGROUP);
    return object.variables.order as bigint;
  }
  const anywhere = () => ({});

  kernelTest("programs run in the order they were attached", [bundled, cgroup2], async () => {
    expect(await attached(anywhere, anywhere, anywhere)).toBe(0x123n);
  });
  kernelTest("before, after, first and last", [bundled, cgroup2, since("6.17")], async () => {
    const before = await attached(anywhere, anywhere, (links) => ({ before: links[1] as Link }));
    expect(before).toBe(0x132n);
    const after = await attached(anywhere, anywhere, (links) => ({ after: links[0] as Link }));
    expect(after).toBe(0x132n);
    expect(await attached(anywhere, anywhere, () => ({ first: true }))).toBe(0x312n);
    expect(await attached(anywhere, anywhere, () => ({ last: true }))).toBe(0x123n);
  });
  kernelTest("the expected revision", [bundled, cgroup2, since("6.17")], async () => {
    await expect(attached(anywhere, () => ({ expectedRevision: 4711n }))).rejects.toMatchObject({ errno: "ESTALE" });
  });
  // Some older kernels have it from a newer one; none may ignore it in silence.
  const refused = (series: RegExp) =>
    expect.objectContaining({ code: "ERR_BPF_NOT_SUPPORTED", message: expect.stringMatching(series) });
  kernelTest(
    "an older kernel refuses a place, and the error names the release",
    [bundled, cgroup2, before("6.17")],
    async () => {
      const places: [(links: Link[]) => AttachOptions, bigint][] = [
        [() => ({ first: true }), 0x21n],
        [() => ({ last: true }), 0x12n],
        [(links) => ({ before: links[0] as Link }), 0x21n],
        [(links) => ({ after: links[0] as Link }), 0x12n],
      ];
      for (const [place, order] of places) {
        const result = await attached(anywhere, place).catch((error: Error) => error);
        expect([order, refused(/Linux 6\.17/)]).toContainEqual(result);
      }
      await expect(attached(() => ({ expectedRevision: 1n }))).rejects.toEqual(refused(/Linux 6\.17/));
    },
  );

  /** One program for the cgroup, and one for its child, where the process is. */
  async function nested(outer: AttachOptions): Promise<bigint> {
    using object = await only(open(objectPath("kinds-cgroup")), "sock_1", "sock_2").load();
    object.program("sock_1").attach({ cgroup: CGROUP, ...outer });
    object.program("sock_2").attach({ cgroup: CHILD });
    await socketIn(CHILD);
    return object.variables.order as bigint;
  }
  kernelTest("programs of a cgroup run after those of its descendants, or before", [bundled, cgroup2], async () => {
    expect(await nested({})).toBe(0x21n);
    const result = await nested({ preorder: true }).catch((error: Error) => error);
    expect(isSince("6.16") ? [0x12n] : [0x12n, refused(/Linux 6\.16/)]).toContainEqual(result);
  });
  kernelTest("a cgroup by its descriptor", [bundled, cgroup2], async () => {
    const fd = openSync(CGROUP, "r");
    const kind = kindOf("sock_create", undefined, { options: { cgroup: fd } });
    using object = await load(kind);
    using _ = attach(kind, object);
    closeSync(fd);
    await kind.fire(object, undefined);
    expect(runsOf(object)).toBeGreaterThan(0n);
  });
});

describe("iterators of cgroups", () => {
  const visited = async (given: AttachOptions) => {
    using object = await only(open(objectPath("kinds-trace")), "iter_cgroup").load();
    using link = object.program("iter_cgroup").attach(given);
    await text(link.read());
    return runsOf(object);
  };
  const orders: [NonNullable<AttachOptions["order"]>, string, bigint][] = [
    ["self_only", CGROUP, 1n],
    ["descendants_pre", CGROUP, 2n],
    ["descendants_post", CGROUP, 2n],
    ["ancestors_up", CHILD, 3n],
  ];
  for (const [order, cgroup, count] of orders)
    kernelTest(`in the order ${order}`, [bundled, cgroup2, since("6.1")], async () => {
      expect(await visited({ cgroup, order })).toBe(count);
    });
  kernelTest("in the order children", [bundled, cgroup2, since("6.1")], async () => {
    const children = visited({ cgroup: CGROUP, order: "children" });
    if (isSince("7.0")) expect(await children).toBe(1n);
    else
      await expect(children).rejects.toMatchObject({
        code: "ERR_BPF_NOT_SUPPORTED",
        message: expect.stringMatching(/Linux 7\.0/),
      });
  });
  kernelTest("of what is no cgroup, and an order without one", [bundled, cgroup2, since("6.1")], async () => {
    await expect(visited({ cgroup: "/tmp" })).rejects.toMatchObject({
      ...{ code: "ERR_BPF_ATTACH", target: "/tmp", hint: expect.stringMatching(/cgroup/) },
    });
    await expect(visited({ order: "self_only" })).rejects.toMatchObject({ code: "ERR_BPF_ARGUMENT" });
  });
});

describe("without links", () => {
  const sock = (...numbers: number[]) =>
    only(open(objectPath("kinds-cgroup")), ...numbers.map((number) => `sock_${number}`)).load();
  const order = async (object: BpfObject, cgroup = CGROUP) => {
    object.variables.order = 0n;
    await socketIn(cgroup);
    return object.variables.order;
  };
  const linkless = { code: "ERR_BPF_LINK", message: expect.stringMatching(/makes no link/) };

  kernelTest('allow: "multi": many run, and one is replaced', [bundled, cgroup2], async () => {
    using object = await sock(1, 2, 3);
    const [one, two, three] = [1, 2, 3].map((number) => object.program(`sock_${number}`));
    if (!one || !two || !three) throw new Error("no programs");
    const first = one.attach({ cgroup: CGROUP, allow: "multi" });
    const second = two.attach({ cgroup: CGROUP, allow: "multi" });
    expect(await order(object)).toBe(0x12n);
    expect(() => first.info()).toThrow(expect.objectContaining(linkless));
    expect(() => first.update(three)).toThrow(expect.objectContaining({ code: "ERR_BPF_NOT_SUPPORTED" }));
    const third = three.attach({ cgroup: CGROUP, allow: "multi", replace: one });
    expect(await order(object)).toBe(0x32n);
    third.close();
    second.detach();
    expect(await order(object)).toBe(0n);
    // What was replaced is detached already.
    first.detach();
    expect(await order(object)).toBe(0n);
  });
  kernelTest('allow: "override": that of a descendant runs instead', [bundled, cgroup2], async () => {
    using object = await sock(1, 2);
    object.program("sock_1").attach({ cgroup: CGROUP, allow: "override" });
    expect(await order(object, CHILD)).toBe(0x1n);
    const second = object.program("sock_2").attach({ cgroup: CHILD, allow: "override" });
    expect(await order(object, CHILD)).toBe(0x2n);
    // One more takes the second's place, and stays when the link of the second is gone.
    using other = await sock(3);
    other.program("sock_3").attach({ cgroup: CHILD, allow: "override" });
    second.detach();
    expect(await order(other, CHILD)).toBe(0x3n);
  });
  kernelTest("a disconnected program stays attached, until another replaces it", [bundled, cgroup2], async () => {
    using object = await sock(1);
    object.program("sock_1").attach({ cgroup: CGROUP, allow: "multi" }).disconnect();
    expect(await order(object)).toBe(0x1n);
    using other = await sock(2);
    const link = other.program("sock_2").attach({ cgroup: CGROUP, allow: "multi", replace: object.program("sock_1") });
    expect(await order(object)).toBe(0n);
    link.detach();
    expect(await order(other)).toBe(0n);
  });
});

describe("bad input", () => {
  const attempt = async (given: AttachOptions, program = "sock_create") => {
    using object = await load(kindOf(program));
    object.program(program).attach(given);
  };
  kernelTest("what is no cgroup", [bundled, cgroup2], async () => {
    await expect(attempt({ cgroup: "/tmp" })).rejects.toMatchObject({
      ...{ code: "ERR_BPF_ATTACH", errno: "EBADF", target: "/tmp", message: expect.stringContaining("/tmp") },
      hint: expect.stringMatching(/cgroup v2/),
    });
    await expect(attempt({ cgroup: "/no/such/cgroup" })).rejects.toMatchObject({
      ...{ code: "ERR_BPF_ATTACH", errno: "ENOENT", target: "/no/such/cgroup" },
      message: expect.stringContaining("/no/such/cgroup"),
      hint: expect.any(String),
    });
    await expect(attempt({ cgroup: 4711 })).rejects.toMatchObject({ code: "ERR_BPF_ATTACH", errno: "EBADF" });
    await expect(attempt({})).rejects.toMatchObject({
      code: "ERR_BPF_ARGUMENT",
      message: expect.stringMatching(/cgroup/),
    });
  });
  kernelTest("an attach type of another kind", [bundled, cgroup2], async () => {
    const error = { code: "ERR_BPF_ATTACH", errno: "EINVAL", hint: expect.stringMatching(/attachType/) };
    await expect(attempt({ cgroup: CGROUP, attachType: AttachType.CGROUP_DEVICE })).rejects.toMatchObject(error);
  });
  kernelTest("an anchor that is not there", [bundled, cgroup2, since("6.17")], async () => {
    using other = await load(kindOf("sock"));
    const before = other.program("sock").attach({ cgroup: CHILD });
    const error = { code: "ERR_BPF_ATTACH", hint: expect.stringMatching(/not attached there/) };
    await expect(attempt({ cgroup: CGROUP, before })).rejects.toMatchObject(error);
  });
  kernelTest("options of another kind, and that exclude each other", [bundled, cgroup2], async () => {
    const wrong: [AttachOptions, RegExp][] = [
      [{ cgroup: CGROUP, interface: "lo" }, /interface/],
      [{ cgroup: CGROUP, first: true, last: true }, /first and last/],
      [{ cgroup: CGROUP, allow: "multi", first: true }, /no anchor/],
      [{ cgroup: CGROUP, replace: { fd: 0 } }, /only with allow/],
      [{ cgroup: CGROUP, before: 1 }, /before must be a link/],
    ];
    for (const [given, message] of wrong)
      await expect(attempt(given)).rejects.toMatchObject({
        code: "ERR_BPF_ARGUMENT",
        message: expect.stringMatching(message),
      });
  });
  kernelTest("links are updated by programs of their own kind only", [bundled, cgroup2], async () => {
    using object = await load(kindOf("sock_create"));
    using other = await load(kindOf("dev"));
    using link = object.program("sock_create").attach({ cgroup: CGROUP });
    expect(() => link.update(other.program("dev"))).toThrow(
      expect.objectContaining({ code: "ERR_BPF_LINK", message: expect.stringMatching(/another kind/) }),
    );
    await act();
    expect(runsOf(object)).toBeGreaterThan(0n);
  });
  kernelTest("a cgroup that was removed while attached", [bundled, cgroup2], async () => {
    const gone = join(CGROUP, "gone");
    mkdirSync(gone);
    using object = await load(kindOf("sock_create"));
    using other = await load(kindOf("sock_create"));
    const link = object.program("sock_create").attach({ cgroup: gone });
    rmdirSync(gone);
    for (let round = 0; round < 500 && outcome(() => link.update(other.program("sock_create"))) === undefined; round++)
      await new Promise((done) => setTimeout(done, 10));
    expect(outcome(() => link.update(other.program("sock_create")))).toMatchObject({
      code: "ERR_BPF_LINK",
      message: expect.stringMatching(/is gone/),
    });
    link.detach();
  });
});

function outcome(call: () => void): unknown {
  try {
    return call();
  } catch (error) {
    return error;
  }
}
