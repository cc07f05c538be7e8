/** Everything that a long-lived process does with the library. Each act is complete: it closes what it opens. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { getPriority, release } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import {
  type AttachOptions,
  pins as allPins,
  attachedTo,
  BpfError,
  btfs,
  codecs,
  createMap,
  enableStats,
  features,
  kernelBtf,
  type LinkInfo,
  libbpf,
  links,
  maps as mapsOfKernel,
  open,
  openLink,
  openMap,
  owners,
  programs,
  readBtf,
  runningPrograms,
} from "node-libbpf";
import { moduleFor } from "../../lib/build/write-module";
import { isSince } from "../../lib/compare-versions";
import { readObject } from "../../lib/elf/file";
import { open as openBuffers } from "../bpf/buffers.bpf";
import { open as openEvents } from "../bpf/events.bpf";
import { open as openIter } from "../bpf/iter.bpf";
import { open as openMaps } from "../bpf/maps.bpf";
import { objectPath, only } from "../bpf/objects";
import { open as openProbes } from "../bpf/probes.bpf";
import { open as openRefused } from "../bpf/refused.bpf";
import { open as openSyscall } from "../bpf/syscall.bpf";
import { open as openUserRing } from "../bpf/user-ring.bpf";
import { open as openVariables } from "../bpf/variables.bpf";
import { bpfLsm } from "../kernel/needs";
import { putInForce } from "../policy/versions";

/** A function of Node.js that getPriority() calls: probing it slows no other process. */
const self = { path: process.execPath, function: "uv_os_getpriority", pid: process.pid };
const pins = `/sys/fs/bpf/node-libbpf-soak-${process.pid}`;

function call(times: number): void {
  for (let i = 0; i < times; i++) getPriority();
}

/** The content of a file. */
function files(): void {
  for (const name of ["lsm", "facts", "shapes", "variables"]) {
    open(objectPath(name)).check({ precheck: "tables" });
    moduleFor(readObject(objectPath(name)), objectPath(name), `${name}.bpf.ts`, {});
    readBtf(objectPath(name)).fault();
  }
  kernelBtf();
}

/** A ring buffer, read in every way. */
async function ring(): Promise<void> {
  await using object = await openEvents().load();
  const { events } = object.maps;
  using _ = object.programs.on_call.attach(self);
  call(100);
  while (events.read().length > 0);
  for (const read of [events.batches(), events.columns()]) {
    call(100);
    for await (const batch of read) if (batch.length > 0) break;
  }
  await new Promise<void>((seen) => {
    const subscription = events.onEvent(() => {
      subscription.close();
      seen();
    });
    call(100);
  });
}

async function perf(): Promise<void> {
  await using object = await only(openBuffers(), "send_request").load();
  using _ = object.programs.send_request.attach(self);
  const buffer = object.maps.requests.open({ pages: 8 });
  call(100);
  for await (const batch of buffer) if (batch.length > 0) break;
}

async function userRing(): Promise<void> {
  await using object = await openUserRing().load();
  object.maps.requests.submitMany(Array.from({ length: 100 }, (_, i) => ({ number: BigInt(i), value: i })));
  await object.programs.drain.testRun();
}

/** Maps of an object and maps without one, by elements and by batches. */
async function maps(): Promise<void> {
  await using object = await openMaps().load();
  const { hash, lru, array, percpu_hash, queue } = object.maps;
  for (let i = 0; i < 8; i++) {
    hash.set(i, BigInt(i));
    lru.set(`key ${i}`, `value ${i}`);
    queue.push(i, { replace: true });
  }
  array.set(0, 1n);
  percpu_hash.getMany([1, 2, 3]);
  object.variables.counter = object.variables.counter + 1n;
  using large = createMap({ type: "hash", key: codecs.u32, value: codecs.u64, maxEntries: 4096 });
  large.setMany(Array.from({ length: 4096 }, (_, i): [number, bigint] => [i, BigInt(i)]));
  assert.equal([...large].length, 4096);
  for (const { count } of large.raw.batches()) assert(count > 0);
  large.deleteMany([...large.keys()]);
}

async function iterators(): Promise<void> {
  await using object = await only(openIter(), "list_tasks", "list_tasks_sleepable").load();
  for (const program of [object.programs.list_tasks, object.programs.list_tasks_sleepable]) {
    using link = program.attach();
    await text(link.read());
    // Abandoned: nothing reads it.
    link.read();
    for await (const chunk of link.read()) if (chunk.length > 0) break;
  }
}

async function testRuns(): Promise<void> {
  await using object = await only(openSyscall(), "sum_bytes", "swap_first").load();
  const { sum_bytes, swap_first } = object.programs;
  await Promise.all(Array.from({ length: 8 }, () => sum_bytes.testRun({ context: new Uint8Array(16) })));
  await swap_first.testRun({ data: new Uint8Array(4096), repeat: 10 });
  await using variables = await openVariables().load();
  await variables.programs.sum.testRun({ data: new Uint8Array(64) });
}

/** Probes and tracepoints that ignore other processes. */
async function probes(): Promise<void> {
  const spec = only(openProbes(), "on_uprobe", "on_uretprobe", "on_tracepoint", "on_raw_tp", "on_tp_btf");
  spec.variables.watched = process.pid;
  await using object = await spec.load();
  const { on_uprobe, on_uretprobe, on_tracepoint, on_raw_tp, on_tp_btf } = object.programs;
  const links = [
    on_uprobe.attach(self),
    on_uretprobe.attach(self),
    on_tracepoint.attach(),
    on_raw_tp.attach(),
    on_tp_btf.attach(),
  ];
  call(10);
  for (const link of links) assert(link.info().id > 0);
  assert.notEqual(object.variables.uprobes, 0n);
  for (const link of links) link.close();
}

async function pinned(): Promise<void> {
  mkdirSync(pins, { mode: 0o700 });
  try {
    await using object = await openIter().load();
    const path = join(pins, "link");
    using link = object.programs.list_tasks.attach();
    link.pin(path);
    using again = openLink(path);
    again.detach();
    using map = createMap({ type: "hash", keySize: 4, valueSize: 4, maxEntries: 4 });
    map.pin(join(pins, "map"));
    openMap(join(pins, "map")).close();
    map.unpin(join(pins, "map"));
  } finally {
    rmSync(pins, { recursive: true });
  }
}

/** Refusals: by the kernel with a long log, by the precheck, and at attach. */
async function refusals(): Promise<void> {
  const refused = async (action: () => unknown) => {
    try {
      await action();
    } catch (error) {
      if (error instanceof BpfError) return String(error);
      throw error;
    }
    throw new Error("nothing was refused");
  };
  await refused(() => only(openRefused(), "long_log").load({ precheck: "off" }));
  await refused(() => only(openRefused(), "no_hook").load());
  await using object = await only(openProbes(), "on_uprobe").load();
  await refused(() => object.programs.on_uprobe.attach({ path: process.execPath, function: "no_such_function" }));
}

/** Read before a call fails. */
const CGROUPS = /^\S+ (\S+) cgroup2 /m.exec(readFileSync("/proc/mounts", "latin1"))?.[1];

/** Each kind that attaches without trampolines, to nothing that others use: a cgroup of its own, and the loopback interface. */
async function kinds(): Promise<void> {
  if (libbpf.linkage !== "bundled") return; // The system's may be older, and attach less.
  const cgroup = CGROUPS && join(CGROUPS, `node-libbpf-faults-${process.pid}`);
  const { path, function: name, pid } = self;
  const near = { interface: "lo" };
  const all: [object: string, program: string, options: AttachOptions][] = [
    ["kinds-trace", "perf_event", { event: "cpu_clock", period: 1_000_000_000, pid }],
    ["kinds-trace", "raw_tp", {}],
    ["kinds-net", "xdp", { ...near, mode: "skb" }],
    ["kinds-net", "sk_lookup", {}],
    ["kinds-net", "flow_dissector", {}],
  ];
  if (isSince(release(), "6.4")) all.push(["kinds-net", "netfilter", { family: "ipv4", hook: "output", priority: 5 }]);
  if (isSince(release(), "6.6"))
    all.push(["kinds-trace", "uprobe_multi", { path, functions: [name], pid }], ["kinds-net", "tcx_ingress", near]);
  // Without a handle: the filter stays if the socket that would detach it fails, which is the error of detach(). Its modules
  // are in machines of x86 only: scripts/vm-modules.ts.
  if (process.arch === "x64") all.push(["kinds-net", "tc", { ...near, direction: "ingress" }]);
  if (cgroup !== undefined) {
    mkdirSync(cgroup);
    all.push(["kinds-cgroup", "sock_create", { cgroup }], ["kinds-cgroup", "sock", { cgroup, allow: "multi" }]);
  }
  try {
    for (const [file, program, options] of all) {
      await using object = await only(open(objectPath(file)), program).load();
      using link = object.program(program).attach(options);
      if (program !== "tc" && program !== "sock") assert((link.info() as LinkInfo).id > 0);
      if (program === "tcx_ingress" || program === "sock_create" || program === "xdp")
        link.update(object.program(program));
      link.detach();
    }
  } finally {
    if (cgroup !== undefined) rmdirSync(cgroup);
  }
}

/** What is in the kernel, and what it can do. */
function looking(): void {
  for (const list of [programs(), mapsOfKernel(), links(), btfs(), allPins()]) for (const one of list) assert(one);
  runningPrograms();
  owners();
  attachedTo({ interface: "lo", attachType: isSince(release(), "6.6") ? "tcx_ingress" : "xdp" });
  using stats = enableStats();
  assert(stats);
}

/** A policy that is replaced, and adopted. */
async function policy(): Promise<void> {
  const folder = join(pins, "policy");
  mkdirSync(pins, { mode: 0o700 });
  try {
    (await putInForce("old", folder)).close();
    (await putInForce("new", folder)).close();
    const adopted = await putInForce("new", folder);
    adopted.unpin();
  } finally {
    rmSync(pins, { recursive: true });
  }
}

/** What is attached by trampolines, to what only this process's children or this process use. */
async function trampolines(): Promise<void> {
  if (!bpfLsm.present()) return;
  const names = ["fentry", "fexit", "fmod_ret", "lsm"];
  const spec = only(open(objectPath("kinds-trace")), ...names);
  await using object = await spec.load();
  for (const name of names) {
    using link = object.program(name).attach();
    call(2);
    assert(link.info().id > 0);
    link.detach();
  }
}

/** What the kernel offers. A failed call must not make it less. */
function whatIsThere(): void {
  const answers = [
    features.program("syscall"),
    features.map("ringbuf"),
    features.helper("bpf_ringbuf_output", "kprobe"),
    features.attachType("trace_iter"),
    features.mapFlag("mmapable"),
  ];
  for (const { supported } of answers) assert.notEqual(supported, false);
}

export const acts: Readonly<Record<string, () => void | Promise<void>>> = {
  ...{ files, ring, perf, userRing, maps, iterators, testRuns, probes, pinned, policy, refusals, kinds, looking },
  ...(bpfLsm.present() && { trampolines }),
};

/** What is asked and kept, so that only a new process asks. */
export const coldActs: typeof acts = { firstLoad: ring, features: whatIsThere };
