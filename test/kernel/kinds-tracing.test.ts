/** Kinds of programs for tracing: their life on each kernel, and each attach option. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";
import { getPriority } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { ArgumentError, type AttachOptions, type BpfObject, codecs, createMap, open } from "node-libbpf";
import { objectPath, only } from "../bpf/objects";
import { attach, type Kind, live, load, type Row, refuse, report, runsOf } from "./kinds";
import {
  before,
  bpfLsm,
  bundled,
  fprobe,
  isSince,
  kernelTest,
  kprobes,
  type Need,
  since,
  systemCall,
  systemCallTracepoints,
  trampolines,
} from "./needs";
import { fileOffsetOf, sectionOf } from "./symbols";

const NODE = process.execPath;
const FUNCTION = "uv_os_getpriority";
const PROJECT_ROOT = join(__dirname, "../../..");
/** Compiled from test/kernel/probed.c. */
const PROBED = join(__dirname, "probed");
/** The type of a perf event's link. */
const PERF = isSince("5.15") ? "perf_event" : undefined;

const openFile = () => closeSync(openSync("/proc/self/stat", "r"));

/** Burns time of this process, for events of its clock. */
function work(): void {
  for (const end = Date.now() + 50; Date.now() < end; );
}

/** A program of packets. */
const PACKET = { data: new Uint8Array(64) };

function target(): Promise<BpfObject> {
  return only(open(objectPath("kinds-trace")), "target").load();
}

/** Of the kinds that trace or replace a function of this program. */
let traced: BpfObject;
function withTarget(): void {
  beforeAll(async () => {
    if (process.getuid?.() === 0) traced = await target();
  });
  afterAll(() => traced?.close());
}
const ofTarget: Partial<Kind> = {
  prepare: (spec) => {
    for (const name of ["fentry_program", "fexit_program", "freplace"])
      spec.program(name).targetProgram = traced.program("target");
  },
  fire: () => traced.program("target").testRun(PACKET),
};

type Part = Omit<Kind, "object" | "program" | "fire"> & Partial<Kind>;
const kinds: [program: string, needs: readonly Need[], kind: Part][] = [
  ["kprobe", [kprobes], { link: PERF }],
  ["kretprobe", [kprobes], { link: PERF }],
  ["ksyscall", [kprobes], { link: PERF }],
  ["kretsyscall", [kprobes], { link: PERF }],
  ["kprobe_multi", [fprobe], { link: "kprobe_multi", since: "5.18" }],
  ["kretprobe_multi", [fprobe], { link: "kprobe_multi", since: "5.18" }],
  ["kprobe_session", [fprobe], { link: "kprobe_multi", since: "6.10" }],
  ["uprobe", [], { link: PERF, options: { path: NODE, function: FUNCTION, pid: 0 } }],
  ["uretprobe", [], { link: PERF, options: { path: NODE, function: FUNCTION, pid: 0 } }],
  ["uprobe_multi", [], { link: "uprobe_multi", since: "6.6", options: { path: NODE, functions: [FUNCTION] } }],
  [
    "uretprobe_multi",
    [],
    { link: "uprobe_multi", since: "6.6", options: { path: NODE, pattern: "uv_os_getpriorit?" } },
  ],
  ["uprobe_session", [], { link: "uprobe_multi", since: "6.13", options: { path: NODE, functions: [FUNCTION] } }],
  ["tracepoint", [systemCallTracepoints], { link: PERF }],
  ["raw_tp", [], { link: "raw_tracepoint" }],
  ["raw_tp_writable", [], { link: "raw_tracepoint", fire: () => traced.program("target").testRun(PACKET) }],
  ["tp_btf", [], { link: "raw_tracepoint" }],
  ["fentry", [trampolines], { link: "tracing" }],
  ["fexit", [trampolines], { link: "tracing" }],
  ["fmod_ret", [trampolines], { link: "tracing", fire: openFile }],
  ["fsession", [trampolines], { link: "tracing", since: "7.0" }],
  ["fentry_multi", [trampolines], { link: "tracing_multi", since: "7.2" }],
  ["fexit_multi", [trampolines], { link: "tracing_multi", since: "7.2" }],
  ["fsession_multi", [trampolines], { link: "tracing_multi", since: "7.2" }],
  ["fentry_program", [trampolines], { link: "tracing", ...ofTarget }],
  ["fexit_program", [trampolines], { link: "tracing", ...ofTarget }],
  ["freplace", [trampolines], { link: "tracing", ...ofTarget }],
  ["lsm", [bpfLsm], { link: "tracing", fire: openFile }],
  ["iter_task", [], { link: "iter", updated: "5.10", fire: async (_, link) => link && text(link.read()) }],
  ["perf_event", [], { link: PERF, options: { event: "cpu_clock", period: 1_000_000, pid: 0 }, fire: work }],
];

const rows: Row[] = [];
afterAll(() => report("kinds-tracing", rows));

describe("kinds of tracing programs", () => {
  withTarget();
  for (const [program, needs, part] of kinds) {
    const kind: Kind = { object: "kinds-trace", program, fire: () => getPriority(), ...part };
    const has = since(kind.since ?? "5.10");
    kernelTest(`${program} is loaded, attached, runs, and is detached`, [bundled, has, ...needs], async () => {
      rows.push(await live(kind));
    });
    if (kind.since !== undefined)
      kernelTest(`${program}: an older kernel's answer names the release`, [bundled, before(kind.since)], async () => {
        rows.push(await refuse(kind));
      });
  }
});

const kindOf = (program: string): Kind => {
  const [, , part] = kinds.find(([name]) => name === program) ?? [];
  return { object: "kinds-trace", program, fire: () => getPriority(), link: undefined, ...part };
};

/** Attaches with other options, makes the program run once, and returns the object. */
async function ran(program: string, options: Kind["options"], check: (object: BpfObject) => void): Promise<void> {
  const kind: Kind = { ...kindOf(program.replace(/_cookie$/, "")), program, ...(options && { options }) };
  using object = await load(kind);
  using link = attach(kind, object);
  await kind.fire(object, link);
  check(object);
}

describe("cookies", () => {
  const cookie = 0x1234_5678_9abc_def0n;
  const ofFunction = { path: NODE, function: FUNCTION };
  const ofFunctions = { path: NODE, functions: [FUNCTION], cookies: [cookie] };
  const ofKernel = { functions: [systemCall("getpriority")], cookies: [cookie] };
  const cases: [program: string, since: string, needs: readonly Need[], options: Kind["options"]][] = [
    ["kprobe", "5.15", [kprobes], { cookie }],
    ["kretprobe", "5.15", [kprobes], { cookie }],
    ["ksyscall", "5.15", [kprobes], { cookie, function: "getpriority" }],
    ["kretsyscall", "5.15", [kprobes], { cookie }],
    ["uprobe", "5.15", [], { cookie, ...ofFunction }],
    ["uretprobe", "5.15", [], { cookie, ...ofFunction }],
    ["tracepoint", "5.15", [systemCallTracepoints], { cookie, target: "syscalls/sys_enter_getpriority" }],
    ["perf_event", "5.15", [], { cookie, event: "cpu_clock", frequency: 1000, pid: process.pid }],
    ["kprobe_multi", "5.18", [fprobe], ofKernel],
    ["kretprobe_multi", "5.18", [fprobe], ofKernel],
    ["kprobe_session", "6.10", [fprobe], ofKernel],
    ["uprobe_multi", "6.6", [], ofFunctions],
    ["uretprobe_multi", "6.6", [], ofFunctions],
    ["uprobe_session", "6.13", [], ofFunctions],
    ["tp_btf", "6.10", [], { cookie }],
    ["fentry", "5.19", [trampolines], { cookie }],
    ["fexit", "5.19", [trampolines], { cookie }],
    ["fmod_ret", "5.19", [trampolines], { cookie }],
    ["lsm", "5.19", [bpfLsm], { cookie }],
    ["raw_tp", "6.10", [], { cookie, target: "sys_enter" }],
  ];
  for (const [program, first, needs, options] of cases) {
    kernelTest(`${program} reads its cookie`, [bundled, since(first), ...needs], () =>
      ran(`${program}_cookie`, options, ({ variables }) => expect(variables.cookie).toBe(cookie)),
    );
    // The program without the helper, which loads: the option is what the kernel lacks. Others lack the kind.
    if (kindOf(program).since === undefined)
      kernelTest(`${program}: an older kernel refuses a cookie`, [bundled, before(first), ...needs], async () => {
        await expect(ran(program, options, () => {})).rejects.toMatchObject({
          code: "ERR_BPF_NOT_SUPPORTED",
          message: expect.stringMatching(new RegExp(`Linux ${first}`)),
        });
      });
  }
});

describe("kprobes of many functions", () => {
  /** Where it is in the kernel's memory. */
  const addressOf = (name: string) =>
    BigInt(`0x${new RegExp(`^([0-9a-f]+) [tT] ${name}$`, "m").exec(readFileSync("/proc/kallsyms", "utf8"))?.[1]}`);
  kernelTest("by address", [bundled, since("5.18"), fprobe], () =>
    ran("kprobe_multi", { addresses: [addressOf(systemCall("getpriority"))] }, (object) =>
      expect(runsOf(object)).toBe(1n),
    ),
  );
  kernelTest("by a pattern that is given", [bundled, since("5.18"), fprobe], () =>
    ran("kprobe_multi", { pattern: "*_sys_getpriority" }, (object) => expect(runsOf(object)).toBeGreaterThan(0n)),
  );
  kernelTest("a session runs before and behind the function", [bundled, since("6.10"), fprobe], () =>
    ran("kprobe_session", undefined, (object) => expect(runsOf(object)).toBe(2n)),
  );
  kernelTest("wrong places", [bundled, since("5.18"), fprobe], async () => {
    using object = await load(kindOf("kprobe_multi"));
    const program = object.program("kprobe_multi");
    const functions = [systemCall("getpriority")];
    expect(() => program.attach({ functions, pattern: "a*" })).toThrow(
      /one of the attach options pattern and functions/,
    );
    expect(() => program.attach({ functions, cookies: [1n, 2n] })).toThrow(/a value for each place: 1, got 2/);
    expect(() => program.attach({ functions: [] })).toThrow(ArgumentError);
    expect(() => program.attach({ functions: ["no_such_function"] })).toThrow(
      expect.objectContaining({ code: "ERR_BPF_ATTACH", hint: expect.any(String) }),
    );
    expect(() => program.attach({ pattern: "no_such_function_*" })).toThrow(
      expect.objectContaining({ code: "ERR_BPF_ATTACH", hint: expect.any(String) }),
    );
  });
});

describe("uprobes", () => {
  const offset = () => fileOffsetOf(NODE, FUNCTION);
  const once = (object: BpfObject) => expect(runsOf(object)).toBe(1n);
  kernelTest("many, by offset", [bundled, since("6.6")], () =>
    ran("uprobe_multi", { path: NODE, offsets: [offset()], pid: process.pid }, once),
  );
  kernelTest("a session runs before and behind the function", [bundled, since("6.13")], () =>
    ran("uprobe_session", undefined, (object) => expect(runsOf(object)).toBe(2n)),
  );
  kernelTest("of another process do not run here", [bundled], () =>
    ran("uprobe", { path: NODE, offset: offset(), pid: 1 }, (object) => expect(runsOf(object)).toBe(0n)),
  );

  // The counter is the semaphore of a USDT probe, at the start of its section.
  const counters: [string, string, () => AttachOptions][] = [
    ["uprobe", "5.10", () => ({ path: PROBED, function: "probed", refCtrOffset: sectionOf(PROBED, ".probes") })],
    [
      "uprobe_multi",
      "6.6",
      () => ({ path: PROBED, functions: ["probed"], refCtrOffsets: [sectionOf(PROBED, ".probes")] }),
    ],
  ];
  for (const [program, first, options] of counters)
    kernelTest(`${program} counts in the process that it is attached`, [bundled, since(first)], async () => {
      const kind: Kind = { ...kindOf(program), options };
      using object = await load(kind);
      using probed = new Probed();
      expect(await probed.call()).toBe(0);
      const link = attach(kind, object);
      expect(await probed.call()).toBe(1);
      link.detach();
      expect(await probed.call()).toBe(0);
    });
});

/** A process of test/kernel/probed.c. */
class Probed implements Disposable {
  readonly #process = spawn(PROBED, { stdio: ["pipe", "pipe", "inherit"] });
  readonly pid = this.#process.pid as number;

  /** Makes it call its function; returns the probe's semaphore before. */
  async call(): Promise<number> {
    this.#process.stdin.write(".");
    const [answer] = await once(this.#process.stdout, "data");
    return Number(String(answer));
  }

  [Symbol.dispose](): void {
    this.#process.kill("SIGKILL");
  }
}

describe("USDT", () => {
  const probe = { path: PROBED, provider: "node_libbpf", name: "probe" };
  kernelTest("a probe runs in every process, and reads its cookie", [bundled], async () => {
    using object = await load(kindOf("usdt"));
    using probed = new Probed();
    expect(await probed.call()).toBe(0);
    const link = object.program("usdt").attach({ ...probe, cookie: 77n });
    expect(await probed.call()).toBe(1);
    expect(object.variables).toMatchObject({ runs: 1n, cookie: 77n });
    expect(() => link.info()).toThrow(/several kernel links/);
    expect(() => link.update(object.program("usdt"))).toThrow(
      expect.objectContaining({
        code: "ERR_BPF_NOT_SUPPORTED",
        message: expect.stringMatching(/several kernel links/),
      }),
    );
    link.detach();
    expect(await probed.call()).toBe(0);
    expect(object.variables.runs).toBe(1n);
    rows.push({
      kind: "usdt",
      loaded: "yes",
      attached: "yes",
      fired: "yes",
      updated: "no",
      info: "no link",
      detached: "yes",
    });
  });
  kernelTest("a probe of one process does not run in others", [bundled], async () => {
    using object = await load(kindOf("usdt"));
    using traced = new Probed();
    using other = new Probed();
    using _ = object.program("usdt").attach({ ...probe, pid: traced.pid });
    await other.call();
    expect(object.variables.runs).toBe(0n);
    await traced.call();
    expect(object.variables.runs).toBe(1n);
  });
  kernelTest("a probe that is not there", [bundled], async () => {
    using object = await load(kindOf("usdt"));
    const program = object.program("usdt");
    expect(() => program.attach({ ...probe, name: "prob" })).toThrow(
      expect.objectContaining({ code: "ERR_BPF_ATTACH", hint: expect.stringContaining("node_libbpf:probe") }),
    );
    expect(() => program.attach({ path: PROBED })).toThrow(/needs a path, a provider and a name/);
  });
});

describe("events of the CPU", () => {
  const runs = (object: BpfObject) => expect(runsOf(object)).toBeGreaterThan(0n);
  kernelTest("by type and number", [bundled], () =>
    ran("perf_event", { type: 1, config: 0n, period: 1_000_000, pid: process.pid }, runs),
  );
  kernelTest("of a CPU", [bundled], async () => {
    const kind: Kind = { ...kindOf("perf_event"), options: { event: "cpu_clock", frequency: 1000, cpu: 0, pid: 0 } };
    using object = await load(kind);
    using _ = attach(kind, object);
  });
  kernelTest("an event that is not there, and what says too little", [bundled], async () => {
    using object = await load(kindOf("perf_event"));
    const program = object.program("perf_event");
    expect(() => program.attach({ type: 4711, period: 1, pid: 0 })).toThrow(
      expect.objectContaining({ code: "ERR_BPF_ATTACH", hint: expect.stringContaining("no such event") }),
    );
    expect(() => program.attach({ event: "cpu_clock", period: 1, pid: 0x7ffffff0 })).toThrow(
      expect.objectContaining({ code: "ERR_BPF_ATTACH", errno: "ESRCH" }),
    );
    expect(() => program.attach({ event: "cpu_clock", pid: 0 })).toThrow(/how often/);
    expect(() => program.attach({ event: "cpu_clock", period: 1 })).toThrow(/a CPU or a process/);
    expect(() => program.attach({ period: 1, pid: 0 })).toThrow(/needs an event/);
    expect(() => program.attach({ event: "cpu_clock", type: 1, period: 1, pid: 0 })).toThrow(/event and type/);
  });
});

describe("functions of BPF programs", () => {
  withTarget();
  kernelTest("freplace replaces the function, and gives it back", [bundled, trampolines], async () => {
    const result = async () => (await traced.program("target").testRun(PACKET)).returnValue;
    expect(await result()).toBe(1);
    using object = await load(kindOf("freplace"));
    const link = object.program("freplace").attach();
    expect(await result()).toBe(42);
    link.close();
    expect(await result()).toBe(1);
  });
  kernelTest("freplace takes another program than the one it was loaded for", [bundled, trampolines], async () => {
    using other = await target();
    using object = await load(kindOf("freplace"));
    const link = object.program("freplace").attach({ program: other.program("target"), function: "answer" });
    expect((await other.program("target").testRun(PACKET)).returnValue).toBe(42);
    expect((await traced.program("target").testRun(PACKET)).returnValue).toBe(1);
    link.close();
    expect((await other.program("target").testRun(PACKET)).returnValue).toBe(1);
  });
  kernelTest("functions that are not there", [bundled, trampolines], async () => {
    using object = await load(kindOf("freplace"));
    const program = object.program("freplace");
    expect(() => program.attach({ program: traced.program("target"), function: "no_such" })).toThrow(
      expect.objectContaining({ code: "ERR_BPF_ATTACH", hint: expect.stringContaining("such a function") }),
    );
    expect(() => program.attach({ function: "answer" })).toThrow(/needs the program/);
    // A second one in the same place.
    using _ = program.attach();
    using second = await load(kindOf("freplace"));
    expect(() => second.program("freplace").attach()).toThrow(expect.objectContaining({ code: "ERR_BPF_ATTACH" }));
  });
});

describe("iterators", () => {
  const walk = async (program: string, options: AttachOptions, prepare = (_: BpfObject) => {}) => {
    using object = await load({ ...kindOf("iter_task"), program });
    prepare(object);
    using link = object.program(program).attach(options);
    await text(link.read());
    return { runs: runsOf(object), last: object.variables.last_pid };
  };
  kernelTest("of one process and of one thread", [bundled, since("6.1")], async () => {
    const threads = readdirSync("/proc/self/task");
    expect(await walk("iter_task", { pid: process.pid })).toMatchObject({ runs: BigInt(threads.length) });
    const tid = Number(threads.at(-1));
    expect(await walk("iter_task", { tid })).toEqual({ runs: 1n, last: tid });
  });
  kernelTest("of the process of a pidfd", [bundled, since("6.1")], async () => {
    const script = `
      const { open } = require("node-libbpf");
      (async () => {
        const spec = open(${JSON.stringify(objectPath("kinds-trace"))});
        spec.program("iter_task").autoload = true;
        const object = await spec.load();
        const output = object.program("iter_task").attach({ pidfd: 9 }).read();
        for await (const _ of output);
        console.log(String(object.variables.runs));
        object.close();
      })();`;
    const threads = readdirSync("/proc/self/task").length;
    const command = [String(process.pid), NODE, "-e", script];
    const { stdout, stderr } = spawnSync(PROBED, command, { encoding: "utf8", cwd: PROJECT_ROOT });
    expect({ stdout, stderr }).toEqual({ stdout: `${threads}\n`, stderr: "" });
  });
  kernelTest("of a descriptor that is no pidfd", [bundled, since("6.1")], async () => {
    const fd = openSync("/proc/self", "r");
    await expect(walk("iter_task", { pidfd: fd })).rejects.toMatchObject({ code: "ERR_BPF_ATTACH", errno: "EBADF" });
    closeSync(fd);
  });
  kernelTest("an older kernel's answer to a task names the release", [bundled, before("6.1")], async () => {
    for (const options of [{ pid: process.pid }, { tid: process.pid }, { pidfd: 0 }])
      await expect(walk("iter_task", options)).rejects.toMatchObject({
        code: "ERR_BPF_NOT_SUPPORTED",
        message: expect.stringContaining("Linux 6.1"),
      });
  });
  kernelTest("of a map's elements", [bundled], async () => {
    using map = createMap({ type: "hash", key: codecs.u32, value: codecs.u64, maxEntries: 8 });
    for (const key of [1, 2, 3]) map.set(key, 0n);
    expect(await walk("iter_map_elem", { map })).toMatchObject({ runs: 3n });
  });
});
