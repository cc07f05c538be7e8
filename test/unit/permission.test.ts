/** The cause of an EPERM: the error names the one that applies. */
import { AttachType, MapType, ProgramType } from "../../lib/constants";
import {
  explainPermission,
  type PermissionFacts,
  type Refused,
  readPermissionFacts,
} from "../../lib/kernel/permission";

const all: PermissionFacts = {
  capabilities: (1n << 41n) - 1n,
  initialUserNamespace: true,
  lockdown: "none",
  seccomp: 0,
  chargesMemlock: false,
  memlock: 65536,
  release: "6.12.117",
  unprivileged: false,
  tracefs: true,
  kprobesInTracefs: false,
  perfParanoid: 2,
};
const caps = (...bits: number[]) => ({ capabilities: bits.reduce((set, bit) => set | (1n << BigInt(bit)), 0n) });
const [DAC_READ_SEARCH, NET_ADMIN, SYS_ADMIN, PERFMON, BPF] = [2, 12, 21, 38, 39] as const;

const load = (...types: number[]): Refused => ({ operation: "load", types });
const lsm: Refused = { operation: "load", types: [ProgramType.LSM], trampoline: true };
const attach = (kind: string, errno = "EACCES", attachType: number = AttachType.XDP): Refused => ({
  ...{ operation: "attach", kind, attachType, errno },
});
const create = (type: number, ...types: number[]): Refused => ({ operation: "map.create", type, types });

test.each<[string, Partial<PermissionFacts>, Refused, RegExp]>([
  ["nothing", caps(), lsm, /lacks CAP_BPF and CAP_PERFMON$/],
  ["CAP_BPF alone", caps(BPF), lsm, /lacks CAP_PERFMON$/],
  ["XDP with CAP_BPF", caps(BPF), load(ProgramType.XDP), /lacks CAP_NET_ADMIN$/],
  ["XDP with nothing", caps(), load(ProgramType.XDP), /lacks CAP_BPF and CAP_NET_ADMIN$/],
  ["a mixed object", caps(), load(ProgramType.XDP, ProgramType.KPROBE), /CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN$/],
  ["a socket filter", caps(), load(ProgramType.SOCKET_FILTER), /lacks CAP_BPF$/],
  ["a syscall program", caps(PERFMON), load(ProgramType.SYSCALL), /lacks CAP_BPF$/],
  ["CAP_SYS_ADMIN counts for all", caps(SYS_ADMIN), load(ProgramType.XDP), /the cause is unknown/],
  ["a hash", caps(), create(MapType.HASH), /lacks CAP_BPF$/],
  ["a sockmap", caps(BPF), create(MapType.SOCKMAP), /lacks CAP_NET_ADMIN$/],
  [
    "a sockmap with CAP_SYS_ADMIN alone, before 6.9",
    { ...caps(SYS_ADMIN), release: "6.1.170" },
    create(MapType.SOCKMAP),
    /lacks CAP_NET_ADMIN$/,
  ],
  ["since 6.9 it stands for that", caps(SYS_ADMIN), create(MapType.SOCKMAP), /the cause is unknown/],
  [
    "what sk_lookup needs is less than other programs of the network",
    caps(),
    load(ProgramType.SK_LOOKUP),
    /lacks CAP_BPF$/,
  ],
  [
    "a program that traces another",
    caps(BPF, PERFMON),
    { ...load(ProgramType.TRACING), ofProgram: true } as Refused,
    /lacks CAP_SYS_ADMIN \(libbpf reads/,
  ],
  ["tc with CAP_SYS_ADMIN alone: netlink", caps(SYS_ADMIN), attach("tc", "EPERM"), /lacks CAP_NET_ADMIN$/],
  ["packets of a cgroup", caps(BPF), attach("cgroup", "EPERM", AttachType.CGROUP_INET_EGRESS), /lacks CAP_NET_ADMIN$/],
  [
    "but not its sockets",
    caps(),
    attach("cgroup", "EPERM", AttachType.CGROUP_INET_SOCK_CREATE),
    /the cause is unknown/,
  ],
  ["kprobes of many functions", { ...caps(BPF), tracefs: false }, attach("kprobe.multi"), /lacks CAP_DAC_READ_SEARCH/],
  ["a map of an object", caps(), create(MapType.HASH, ProgramType.LSM), /lacks CAP_BPF and CAP_PERFMON$/],
  ["a map by its id", caps(BPF, PERFMON), { operation: "by-id" }, /lacks CAP_SYS_ADMIN \(.*by id/],
  ["a map that is there", caps(), { operation: "use" }, /the cause is unknown/],
  ["the same before 5.19", { ...caps(), release: "5.10.262" }, { operation: "use" }, /lacks CAP_BPF$/],
  ["a uprobe", caps(BPF, PERFMON), attach("uprobe"), /lacks CAP_SYS_ADMIN \(uprobes need it since Linux 6.16/],
  ["a kprobe", caps(BPF), attach("kprobe"), /lacks CAP_PERFMON$/],
  [
    "a tracepoint",
    { ...caps(BPF, PERFMON), tracefs: false },
    attach("tracepoint"),
    /lacks CAP_DAC_READ_SEARCH \(this user can't read tracefs/,
  ],
  ["a kprobe needs no tracefs", { ...caps(BPF, PERFMON), tracefs: false }, attach("kprobe"), /the cause is unknown/],
  [
    "but where there is no PMU",
    { ...caps(BPF, PERFMON), tracefs: false, kprobesInTracefs: true },
    attach("kprobe"),
    /lacks CAP_DAC_READ_SEARCH/,
  ],
  [
    "a distribution's paranoia",
    { ...caps(BPF, PERFMON, DAC_READ_SEARCH), perfParanoid: 3 },
    attach("tracepoint"),
    /lacks CAP_SYS_ADMIN \(.*kernel.perf_event_paranoid is 3/,
  ],
  ["the trace pipe", caps(BPF, PERFMON), { operation: "trace-pipe" }, /lacks CAP_DAC_READ_SEARCH \(only root may read/],
  ["the same, locked down", { lockdown: "confidentiality" }, { operation: "trace-pipe" }, /locked down/],
  ["a perf buffer", caps(BPF), { operation: "perf-buffer" }, /lacks CAP_PERFMON$/],
  ["XDP's attaching", caps(BPF, NET_ADMIN), attach("xdp", "EPERM"), /the cause is unknown/],
  ["a user namespace", { initialUserNamespace: false }, load(), /user namespace/],
  ["lockdown", { lockdown: "confidentiality" }, attach("kprobe", "EPERM"), /locked down/],
  ["lockdown does not forbid loading", { lockdown: "confidentiality" }, lsm, /refuses BPF trampolines/],
  ["nor uprobes", { lockdown: "confidentiality" }, attach("uprobe", "EPERM"), /the cause is unknown/],
  ["memlock on an old kernel", { chargesMemlock: true }, lsm, /RLIMIT_MEMLOCK is 65536/],
  ["memlock is no cause of attaching", { chargesMemlock: true }, attach("kprobe"), /the cause is unknown/],
  ["no memlock on a new one", {}, lsm, /refuses BPF trampolines/],
  ["unlimited memlock", { chargesMemlock: true, memlock: Number.POSITIVE_INFINITY }, lsm, /refuses BPF trampolines/],
  ["a harmless seccomp filter", { seccomp: 2 }, lsm, /refuses BPF trampolines/],
  ["seccomp and perf events", { seccomp: 2 }, attach("kprobe", "EPERM"), /may refuse perf_event_open\(2\)/],
  ["seccomp, and the kernel's own errno", { seccomp: 2 }, attach("kprobe", "EACCES"), /the cause is unknown/],
  ["none of them", {}, load(), /the cause is unknown: capabilities, the user namespace, RLIMIT_MEMLOCK and seccomp/],
])("%s", (_, facts, refused, cause) => {
  const explained = explainPermission({ ...all, ...facts }, refused, () => true);
  expect(explained.cause).toMatch(cause);
  expect(explained.hint).toMatch(/\w/);
});

test("a seccomp filter is the cause of what it refuses", () => {
  const explained = explainPermission({ ...all, seccomp: 2 }, lsm, () => false);
  expect(explained.cause).toBe("a seccomp filter refuses bpf(2)");
});

test("the facts of this process can be read", () => {
  const facts = readPermissionFacts();
  expect(typeof facts.capabilities).toBe("bigint");
  expect(facts.memlock).toBeGreaterThanOrEqual(0);
  expect(facts.perfParanoid).toBeGreaterThanOrEqual(-1);
});
