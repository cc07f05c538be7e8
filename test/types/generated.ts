/**
 * Code that the compiler must refuse or accept with generated types; it never runs. An unexpected error fails the
 * build, and so does a missing one.
 */
import { type BpfObject, open as openObject, type Program, type RingBuffer } from "node-libbpf";
import { type ExecWatch, open } from "../../examples/exec-watch/exec-watch.bpf";
import { open as openXdpCount } from "../../examples/xdp-count/xdp-count.bpf";
import { open as openEvents } from "../bpf/events.bpf";
import { open as openMaps } from "../bpf/maps.bpf";
import { open as openProbes } from "../bpf/probes.bpf";
import { type choice, open as openShapes, type shade, shade as shades } from "../bpf/shapes.bpf";
import { open as openSyscall } from "../bpf/syscall.bpf";

export async function programs(): Promise<void> {
  const spec = openProbes();
  spec.programs.on_kprobe.autoload = false;
  // @ts-expect-error: no program of this name
  spec.programs.on_kprob.autoload = false;
  // @ts-expect-error: no program of this name
  spec.program("on_kprob");

  const object = await spec.load();
  object.programs.on_uprobe.attach({ path: "/bin/true", function: "main", pid: 1, cookie: 1n });
  object.programs.on_tp_btf.attach();
  object.program("on_kprobe").attach({ function: "vfs_read", offset: 4 });
  // @ts-expect-error: a kprobe has no path
  object.programs.on_kprobe.attach({ path: "/bin/true" });
  // @ts-expect-error: this form does not accept it either
  object.program("on_kprobe").attach({ path: "/bin/true" });
  // @ts-expect-error: a cookie is a bigint
  object.programs.on_uprobe.attach({ cookie: 1 });
  // @ts-expect-error: no such option at all
  object.programs.on_uprobe.attach({ retries: 1 });
  // @ts-expect-error: a tracepoint's target is its own option
  object.programs.on_tracepoint.attach({ function: "x" });
  // @ts-expect-error: no program of this name
  object.programs.on_kprob.attach();
  const kind: "kprobe" = object.programs.on_kprobe.kind;
  const any: Program = object.programs[kind === "kprobe" ? "on_kprobe" : "on_uprobe"];
  any.attach({ path: "/bin/true" });

  const { count_packet } = (await openXdpCount().load()).programs;
  count_packet.attach({ interface: "lo" });
  // @ts-expect-error: XDP programs have no cookie
  count_packet.attach({ interface: "lo", cookie: 1n });

  const shapes = await openShapes().load();
  shapes.programs.run.attach({});
  // @ts-expect-error: a syscall program has no attach options
  shapes.programs.run.attach({ cookie: 1n });
}

export async function contexts(): Promise<number> {
  const { sum_bytes, measure } = (await openSyscall().load()).programs;
  // @ts-expect-error: a length is a number
  await sum_bytes.testRun({ context: { pointer: 0n, length: 3n, sum: 0 } });
  await measure.testRun({ context: { data_end: 64 }, data: new Uint8Array(64) });
  const bytes: Uint8Array = (await sum_bytes.testRun({ context: new Uint8Array(16) })).context;
  const { context } = await sum_bytes.testRun({ context: { pointer: 0n, length: 3, sum: 0 } });
  return context.sum + bytes.length;
}

/** A program has the options of its kind, and no other's. */
export function kindsOf(tc: Program<"tc">, cgroup: Program<"cgroup_skb">, lsm: Program<"lsm">, iter: Program<"iter">) {
  const all: Program[] = [tc, cgroup, lsm, iter];
  iter.attach({ cgroup: 3, order: "self_only" });
  tc.attach({ interface: "lo", direction: "ingress" });
  cgroup.attach({ cgroup: "/sys/fs/cgroup", first: true });
  // @ts-expect-error: tc knows two directions
  tc.attach({ interface: "lo", direction: "both" });
  // @ts-expect-error: an option of iterators
  cgroup.attach({ order: "self_only" });
  // @ts-expect-error: an option of cgroup programs
  lsm.attach({ cgroup: "/sys/fs/cgroup" });
  // @ts-expect-error: an option of XDP
  iter.attach({ interface: "lo" });
  return all;
}

export async function maps(): Promise<void> {
  const object = await openMaps().load();
  const count: bigint | undefined = object.maps.hash.get(1);
  object.maps.hash.set(1, 2n);
  // @ts-expect-error: a value is a bigint
  object.maps.hash.set(1, 2);
  // @ts-expect-error: a key is a number
  object.maps.hash.get("1");
  // @ts-expect-error: a value may be missing
  const certain: bigint = object.maps.hash.get(1);
  // @ts-expect-error: no map of this name
  object.maps.hush.get(1);
  // @ts-expect-error: no map of this name
  object.map("hush", Map);
  // @ts-expect-error: an array's elements can't have another type
  object.maps.array.set(0, "text");
  object.maps.lru.set("key", "value");
  const perCpu: number[] | undefined = object.maps.percpu_array.get(0);

  const shapes = await openShapes().load();
  shapes.maps.points.set({ x: 1, y: 2, name: "a" }, { color: "RED", as_int: 5 });
  shapes.maps.points.set({ x: 1, y: 2, name: "a" }, { color: 7, as_bytes: new Uint8Array(4) });
  // @ts-expect-error: a key's field is missing
  shapes.maps.points.get({ x: 1, y: 2 });
  // @ts-expect-error: a key's field is misspelt
  shapes.maps.points.get({ x: 1, y: 2, nam: "a" });
  // @ts-expect-error: a field of another type
  shapes.maps.points.get({ x: "1", y: 2, name: "a" });
  // @ts-expect-error: no enumerator of this name
  shapes.maps.points.set({ x: 1, y: 2, name: "a" }, { color: "PURPLE", as_int: 5 });
  // @ts-expect-error: a union has no such member
  shapes.maps.points.set({ x: 1, y: 2, name: "a" }, { color: "RED", as_float: 5 });
  // @ts-expect-error: a union's member of another type
  shapes.maps.points.set({ x: 1, y: 2, name: "a" }, { color: "RED", as_int: 5n });
  const color: shade = shades.RED;
  const union: choice = { number: 1n };
  // @ts-expect-error: reading a union's member may give another member's value
  const chosen: bigint = union.number;
  // @ts-expect-error: constants can't be changed
  shades.RED = 2;
  void [count, certain, perCpu, color, chosen];
}

export async function events(): Promise<void> {
  const object = await openEvents().load();
  for await (const batch of object.maps.events) {
    const sequence: bigint = batch[0]?.sequence ?? 0n;
    // @ts-expect-error: no such field
    void batch[0]?.sequnce;
    // @ts-expect-error: a record may be missing
    void batch[0].pid;
    void sequence;
  }
  // @ts-expect-error: records are events, not bytes
  const ring: RingBuffer = object.maps.events;
  void ring;
}

export async function variables(): Promise<void> {
  const spec = openMaps();
  spec.variables.limit = 9;
  // @ts-expect-error: expects a number
  spec.variables.limit = 9n;
  // @ts-expect-error: no variable of this name
  spec.variables.limt = 9;
  const object = await spec.load();
  object.variables.counter = 1n;
  // @ts-expect-error: constants are read-only after the load
  object.variables.limit = 9;
  // @ts-expect-error: expects a bigint
  object.variables.counter = 1;
  // @ts-expect-error: options are checked too
  openMaps({ pinroot: "/sys/fs/bpf" });
}

/** An object with generated types is assignable to an object; one without takes any name. */
export async function untyped(typed: BpfObject<ExecWatch>): Promise<void> {
  const object: BpfObject = await openObject("any.bpf.o").load();
  object.programs.anything?.attach({ pid: 1, path: "/bin/true" });
  object.program("anything").attach({ cookie: 1n });
  object.variables.anything = 1;
  const more: BpfObject = await open().load();
  void [more, typed.maps.queue];
  // @ts-expect-error: objects with different types are not assignable
  const other: BpfObject<ExecWatch> = await openMaps().load();
  void other;
}
