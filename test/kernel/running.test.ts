/**
 * What is in the kernel: info by id, what is attached, pins, owners and statistics, compared with bpftool's JSON on the
 * same kernel; and the commands that print them.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import {
  attachedTo,
  type BpfObject,
  btfInfo,
  btfs,
  createMap,
  enableStats,
  type Link,
  type LinkInfo,
  linkInfo,
  links,
  maps,
  openLinkById,
  owners,
  pins,
  programInfo,
  programInstructions,
  programs,
  type RunningProgram,
  runningPrograms,
} from "node-libbpf";
import { bpftoolCommand, bpftoolDirectory } from "../../scripts/bpftool";
import { COMMAND } from "../../scripts/places";
import { open } from "../bpf/running.bpf";
import { documentOf } from "../schemas";
import { bpffs, fprobe, isSince, kernelTest, type Need, PINS, trampolines, vmKernel } from "./needs";

type Json = Record<string, unknown>;

/** The harness puts it into machines; on a host it is fetched. */
const bpftoolFiles = (() => {
  const given = process.env.NODE_LIBBPF_BPFTOOL;
  if (given !== undefined || vmKernel !== undefined) return given;
  try {
    return bpftoolDirectory(process.arch as "x64");
  } catch {
    return undefined;
  }
})();
const bpftool: Need = { what: "bpftool", present: () => bpftoolFiles !== undefined, expected: vmKernel !== undefined };

function askBpftool(...args: string[]): Json[] {
  const [command = "", ...before] = bpftoolCommand(bpftoolFiles as string);
  const { stdout, stderr } = spawnSync(command, [...before, "--json", "--bpffs", ...args], { encoding: "utf8" });
  try {
    // It prints nothing for an empty list of links.
    return stdout === "" ? [] : (JSON.parse(stdout) as Json[]);
  } catch {
    throw new Error(`bpftool ${args.join(" ")}: ${stdout}${stderr}`);
  }
}

function cli(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...args], { encoding: "utf8" });
  return { status, stdout, stderr };
}

type Name = keyof ReturnType<typeof open>["programs"];

/** The kinds that this kernel should attach. On a host whose kernel has less, those that it does. */
interface Kind {
  since: string;
  options?: object | ((object: BpfObject) => object);
  needs?: readonly Need[];
}

const KINDS: Partial<Record<Name, Kind>> = {
  of_raw_tp: { since: "5.10" },
  of_tracepoint: { since: "5.10" },
  of_kprobe: { since: "5.10" },
  of_uretprobe: { since: "5.10", options: { path: process.execPath, function: "uv_os_getpriority" } },
  of_kprobe_multi: { since: "5.18", needs: [fprobe] },
  of_uprobe_multi: { since: "6.6", options: { path: process.execPath, functions: ["uv_os_getpriority"] } },
  of_fentry_with_a_long_name: { since: "5.10", needs: [trampolines] },
  of_iter: { since: "5.10" },
  of_xdp: { since: "5.10", options: { interface: "lo" } },
  of_tcx: { since: "6.6", options: { interface: "lo" } },
  of_other_tcx: { since: "6.6", options: { interface: "lo" } },
  of_map_iter: { since: "5.10", options: (object) => ({ map: object.maps.counts }) },
  of_perf_event: { since: "5.10", options: { event: "cpu_clock", frequency: 1, pid: process.pid } },
  of_netfilter: { since: "6.4", options: { family: "ipv4", hook: "input", priority: 7 } },
  of_sk_msg: { since: "6.10", options: (object) => ({ map: object.maps.sockets }) },
  of_sk_lookup: { since: "5.10", options: { netns: "/proc/self/ns/net" } },
};

interface Attachment {
  name: Name;
  object: BpfObject;
  link: Link;
}

/** Attaches a program of each kind. */
class Zoo implements Disposable {
  readonly all: Attachment[] = [];

  add(name: Name, options?: Kind["options"]): Attachment {
    const spec = open();
    spec.program(name).autoload = true;
    const object = spec.loadSync();
    try {
      const link = object.program(name).attach((typeof options === "function" ? options(object) : options) as never);
      const attachment = { name, object, link };
      this.all.push(attachment);
      return attachment;
    } catch (error) {
      object.close();
      throw error;
    }
  }

  static withAll(): Zoo {
    const zoo = new Zoo();
    for (const [name, { since, options, needs = [] }] of Object.entries(KINDS) as [Name, Kind][]) {
      if (!isSince(since) || !needs.every((need) => need.present())) continue;
      try {
        zoo.add(name, options);
      } catch (error) {
        if (vmKernel === undefined) continue;
        zoo[Symbol.dispose]();
        throw error;
      }
    }
    return zoo;
  }

  id(name: Name): number {
    const found = this.all.find((each) => each.name === name);
    if (found === undefined) throw new Error(`there is no ${name}`);
    return found.object.program(name).id;
  }

  [Symbol.dispose](): void {
    for (const { object } of this.all) object.close();
  }
}

const without = (object: Json, ...names: string[]) =>
  Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));

/** A program as bpftool prints it. */
function asBpftool(program: RunningProgram): Json {
  const { runTimeNs, runCount, recursionMisses } = program;
  return {
    id: program.id,
    type: program.type,
    tag: program.tag,
    gpl_compatible: program.gplCompatible,
    ...(runCount > 0 && { run_time_ns: runTimeNs, run_cnt: runCount }),
    ...(recursionMisses && { recursion_misses: recursionMisses }),
    uid: program.uid,
    bytes_xlated: program.xlatedSize,
    jited: program.jitedSize > 0,
    ...(program.jitedSize > 0 && { bytes_jited: program.jitedSize }),
    ...(program.mapIds.length > 0 && { map_ids: program.mapIds }),
    ...(program.btfId !== 0 && { btf_id: program.btfId }),
    pinned: program.pins,
  };
}

/** A link as bpftool prints it. Numbers of 64 bits lose digits in both. */
function linkAsBpftool(link: LinkInfo): Json {
  const common = { id: link.id, type: link.type, prog_id: link.programId };
  const cookie = (value: bigint | undefined) => ({ cookie: Number(value ?? 0n) });
  switch (link.type) {
    case "raw_tracepoint":
      return { ...common, tp_name: link.name, ...cookie(link.cookie) };
    case "tracing": {
      const { attachType, targetObjectId = 0, targetBtfId = 0 } = link;
      const target = { target_obj_id: targetObjectId, target_btf_id: targetBtfId };
      return { ...common, prog_type: "tracing", attach_type: attachType, ...target, ...cookie(link.cookie) };
    }
    case "cgroup":
      return { ...common, cgroup_id: Number(link.cgroupId), attach_type: link.attachType };
    case "iter": {
      const { mapId, cgroupId, cgroupOrder, tid, pid } = link;
      const task = tid !== undefined ? { tid } : pid !== undefined ? { pid } : {};
      const cgroup = cgroupId === undefined ? {} : { cgroup_id: Number(cgroupId), order: ORDERS[cgroupOrder ?? 0] };
      return { ...common, target_name: link.target, ...(mapId !== undefined && { map_id: mapId }), ...task, ...cgroup };
    }
    case "netns":
      return { ...common, netns_ino: link.netnsInode, attach_type: link.attachType };
    case "xdp":
      return { ...common, devname: "lo", ifindex: link.ifindex };
    case "tcx":
      return { ...common, devname: "lo", ifindex: link.ifindex, attach_type: link.attachType };
    case "netfilter":
      return { ...common, pf: link.family, hook: link.hook, prio: link.priority, flags: link.flags };
    case "sockmap":
      return { ...common, map_id: link.mapId, attach_type: link.attachType };
    case "kprobe_multi": {
      const { count, isReturn, missed } = link.functions ?? { count: 0, isReturn: false, missed: 0 };
      return { ...common, retprobe: isReturn, func_cnt: count, missed: missed ?? 0, funcs: expect.any(Array) };
    }
    case "uprobe_multi": {
      const { path, count, isReturn, pid, offsets = [] } = link.places ?? {};
      const funcs = offsets.map((offset) => ({ offset: Number(offset), ref_ctr_offset: 0, cookie: 0 }));
      return { ...common, retprobe: isReturn, path, func_cnt: count, pid, funcs };
    }
    case "perf_event": {
      const { target } = link;
      if (target === undefined) return common;
      if (target.event === "tracepoint") return { ...common, tracepoint: target.name, ...cookie(target.cookie) };
      if (target.event === "event") {
        // The kernel may have made it an event of the clock's own PMU, which has no name.
        const isNamed = target.eventType === 1;
        const [event_type, event_config] = isNamed
          ? ["software", "cpu-clock"]
          : [target.eventType, Number(target.config)];
        return { ...common, event_type, event_config, ...cookie(target.cookie) };
      }
      const retprobe = target.event.endsWith("retprobe");
      if (!("path" in target)) {
        const { address, function: func, offset, missed = 0 } = target;
        return { ...common, retprobe, addr: Number(address), func, offset, missed, ...cookie(target.cookie) };
      }
      const { path, offset, refCtrOffset = 0n } = target;
      return {
        ...common,
        retprobe,
        file: path,
        offset,
        ...cookie(target.cookie),
        ref_ctr_offset: Number(refCtrOffset),
      };
    }
    default:
      return common;
  }
}

const ORDERS = ["order_unspec", "self_only", "descendants_pre", "descendants_post", "ancestors_up"];

/** A cgroup for one test. */
function cgroup(): string | undefined {
  const mount = /^\S+ (\S+) cgroup2 /m.exec(readFileSync("/proc/mounts", "latin1"))?.[1];
  return mount === undefined ? undefined : join(mount, `node-libbpf-${process.pid}`);
}
const cgroup2: Need = {
  what: "cgroup2",
  present: () => cgroup() !== undefined,
  expected: vmKernel !== undefined,
};

/** What a list has of the zoo: other processes may load programs meanwhile. */
function only<T extends { id: number }>(list: Iterable<T>, ids: Iterable<number>): T[] {
  const wanted = new Set(ids);
  return [...list].filter(({ id }) => wanted.has(id));
}

const withIds = (list: readonly Json[]) => list as readonly (Json & { id: number })[];

kernelTest("links that another process is attaching are no error, and listed when they are attached", [], async () => {
  // An attach soon after a detach waits, with an id.
  const script = `
    const spec = require(${JSON.stringify(require.resolve("../bpf/probes.bpf"))}).open();
    for (const program of Object.values(spec.programs)) program.autoload = program.name === "on_raw_tp";
    const { on_raw_tp } = spec.loadSync().programs;
    // Who lists a link holds it for a moment: until then the program is attached, and can't be again.
    const attached = () => {
      for (;;) try { return on_raw_tp.attach(); } catch (error) { if (error.errno !== "EEXIST") throw error; }
    };
    for (let count = 0; count < ${vmKernel === undefined ? 40 : 10}; count++) attached().close();
    console.log(attached().info().id);
    process.stdin.resume().once("end", () => process.exit());`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["pipe", "pipe", "inherit"] });
  try {
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      said += text;
    });
    while (!said.endsWith("\n")) {
      for (let count = 0; count < 20; count++) for (const { id } of links()) expect(id).toBeGreaterThan(0);
      await nextTurn();
      expect({ exitCode: child.exitCode, signalCode: child.signalCode }).toEqual({ exitCode: null, signalCode: null });
    }
    expect(Array.from(links(), ({ id }) => id)).toContain(Number(said));
  } finally {
    child.stdin.end();
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }
});

kernelTest("ps --json is what bpftool shows of programs, field by field", [bpftool, bpffs], async () => {
  using zoo = Zoo.withAll();
  const pin = join(PINS, "program");
  try {
    zoo.all[0]?.object.program("of_raw_tp").pin(pin);
    const ids = zoo.all.map(({ name }) => zoo.id(name));
    const { programs: all } = documentOf("ps", cli("ps", "--json").stdout) as { programs: RunningProgram[] };
    const mine = only(all, ids);
    expect(mine).toHaveLength(ids.length);
    const theirs = only(withIds(askBpftool("prog", "show")), ids);
    // bpftool takes long names from BTF, and from /proc two figures that have another source or none here.
    const exact = theirs.map((program) => without(program, "name", "loaded_at", "bytes_memlock", "orphaned"));
    expect(mine.map((program) => asBpftool(program))).toEqual(exact);
    for (const [index, program] of mine.entries()) {
      const { name = "", loaded_at } = theirs[index] as unknown as { name?: string; loaded_at: number };
      expect(name.slice(0, 15)).toBe(program.name);
      expect(Math.abs(loaded_at - new Date(program.loadTime).getTime() / 1000)).toBeLessThan(2);
    }
    expect(mine.find(({ pins }) => pins.length > 0)).toMatchObject({ id: zoo.id("of_raw_tp"), pins: [pin] });
    expect(only(programs(), ids)).toEqual(ids.map((id) => ({ ...programInfo(id), loadTime: expect.any(Date) })));
  } finally {
    rmSync(pin, { force: true });
    if (existsSync(PINS)) rmdirSync(PINS);
  }
});

kernelTest("maps are what bpftool shows, field by field", [bpftool], async () => {
  using zoo = Zoo.withAll();
  const ids = zoo.all.flatMap(({ name }) => programInfo(zoo.id(name)).mapIds);
  const mine = only(maps(), ids).map((map) => ({
    ...{ id: map.id, type: map.type, name: map.name, flags: map.flags, bytes_key: map.keySize },
    ...{ bytes_value: map.valueSize, max_entries: map.maxEntries, bytes_memlock: map.memory },
    ...{ frozen: Number(map.frozen), ...(map.btfId !== 0 && { btf_id: map.btfId }) },
  }));
  expect(mine).toHaveLength(new Set(ids).size);
  // One by one: in a list bpftool prints the BTF id of the map before for one that has none.
  const theirs = mine.map(({ id }) => askBpftool("map", "show", "id", String(id)) as unknown as Json);
  expect(mine).toEqual(theirs.map((map) => without(map, "pids", "pinned")));
});

kernelTest("links are what bpftool shows, field by field", [bpftool, bpffs], async () => {
  using zoo = Zoo.withAll();
  const pin = join(PINS, "link");
  // Before Linux 5.15 the kernel has none for perf events.
  const attached = isSince("5.15") ? zoo.all : zoo.all.filter(({ name }) => !/tracepoint|probe|perf/.test(name));
  const ids = attached.map(({ link }) => link.info().id);
  try {
    zoo.all[0]?.link.pin(pin);
    const theirs = only(withIds(askBpftool("link", "show")), ids);
    const mine = only(links(), ids);
    expect(mine).toHaveLength(ids.length);
    expect(mine.map(linkAsBpftool)).toEqual(theirs.map((link) => without(link, "pids", "pinned")));
    expect(theirs[0]).toMatchObject({ id: zoo.all[0]?.link.info().id, pinned: [pin] });
    expect(mine).toEqual(ids.map(linkInfo));
  } finally {
    rmSync(pin, { force: true });
    if (existsSync(PINS)) rmdirSync(PINS);
  }
});

kernelTest("BTFs are what bpftool shows, field by field", [bpftool], async () => {
  using zoo = Zoo.withAll();
  // The kernel's own has an id since Linux 5.11.
  const ids = [...(isSince("5.11") ? [1] : []), ...zoo.all.map(({ name }) => programInfo(zoo.id(name)).btfId)];
  const [allPrograms, allMaps] = [[...programs()], [...maps()]];
  const using = (list: readonly { id: number; btfId: number }[], btf: number) =>
    list.flatMap(({ id, btfId }) => (btfId === btf ? [id] : []));
  const mine = only(btfs(), ids).map(({ id, size, name, kernel }) => ({
    ...{ id, size, prog_ids: using(allPrograms, id), map_ids: using(allMaps, id), kernel: kernel ?? false },
    ...(name && { name }),
  }));
  expect(mine).toHaveLength(new Set(ids).size);
  const sorted = (list: unknown) => (list as number[]).toSorted((a, b) => a - b);
  expect(mine).toEqual(
    only(withIds(askBpftool("btf", "show")), ids).map((btf) => ({
      ...without(btf, "pids"),
      ...{ prog_ids: sorted(btf.prog_ids), map_ids: sorted(btf.map_ids) },
    })),
  );
  expect(mine[0]).toMatchObject(isSince("5.11") ? { name: "vmlinux", kernel: true } : {});
});

kernelTest("what is attached to an interface and a network namespace is what bpftool shows", [bpftool], async () => {
  using zoo = Zoo.withAll();
  const [net] = askBpftool("net", "show") as { xdp: Json[]; tc: Json[] }[];
  const xdp = attachedTo({ interface: "lo", attachType: "xdp" });
  expect(net?.xdp.map(({ id, mode }) => ({ id, mode }))).toEqual(
    xdp.programs.map(({ programId, mode }) => ({ id: programId, mode })),
  );
  expect(xdp.programs).toMatchObject([{ programId: zoo.id("of_xdp"), mode: "generic" }]);
  expect(linkInfo(xdp.programs[0]?.linkId ?? 0)).toMatchObject({ type: "xdp", programId: zoo.id("of_xdp") });
  expect(attachedTo({ interface: 1, attachType: "xdp" })).toEqual(xdp);

  if (isSince("6.6")) {
    const { programs, revision } = attachedTo({ interface: "lo", attachType: "tcx_ingress" });
    expect(net?.tc.map(({ prog_id, link_id }) => ({ programId: prog_id, linkId: link_id, flags: 0 }))).toEqual(
      programs,
    );
    expect(programs.map(({ programId }) => programId)).toEqual([zoo.id("of_tcx"), zoo.id("of_other_tcx")]);
    zoo.all.find(({ name }) => name === "of_tcx")?.object.close();
    const later = attachedTo({ interface: "lo", attachType: "tcx_ingress" });
    expect(later.programs).toHaveLength(1);
    expect(later.revision).toBe((revision as bigint) + 1n);
    expect(attachedTo({ interface: "lo", attachType: "tcx_egress" }).programs).toEqual([]);
  } else {
    expect(() => attachedTo({ interface: "lo", attachType: "tcx_ingress" })).toThrow(
      expect.objectContaining({
        code: "ERR_BPF_NOT_SUPPORTED",
        message: expect.stringMatching(/came with Linux 6\.6/),
      }),
    );
  }

  const netns = attachedTo({ netns: "/proc/self/ns/net", attachType: "sk_lookup" });
  const link = [...links()].find(({ type }) => type === "netns");
  expect(netns.programs).toEqual([{ programId: zoo.id("of_sk_lookup"), linkId: link?.id, flags: undefined }]);
  expect(link).toMatchObject({ netnsInode: statSync("/proc/self/ns/net").ino, attachType: "sk_lookup" });
});

kernelTest("what is attached to a cgroup is what bpftool shows, in order", [bpftool, cgroup2], async () => {
  const path = cgroup() as string;
  mkdirSync(path);
  try {
    using zoo = new Zoo();
    const first = zoo.add("of_cgroup", { cgroup: path });
    zoo.add("of_other_cgroup", { cgroup: path });
    const attachType = "cgroup_inet_egress";
    const theirs = () => askBpftool("cgroup", "show", path).map(({ id }) => id);
    const { programs, flags } = attachedTo({ cgroup: path, attachType });
    // An older kernel refuses what this bpftool asks for: the flags of each program.
    if (isSince("6.0")) expect(programs.map(({ programId }) => programId)).toEqual(theirs());
    expect(programs.map(({ programId }) => programId)).toEqual([zoo.id("of_cgroup"), zoo.id("of_other_cgroup")]);
    expect(programs.map(({ linkId }) => linkId)).toEqual(zoo.all.map(({ link }) => link.info().id));
    expect(flags).toBe(2); // BPF_F_ALLOW_MULTI
    expect(first.link.info()).toMatchObject({ type: "cgroup", cgroupId: statSync(path, { bigint: true }).ino });

    const inner = join(path, "inner");
    mkdirSync(inner);
    expect(attachedTo({ cgroup: inner, attachType }).programs).toEqual([]);
    const effective = attachedTo({ cgroup: inner, attachType, effective: true });
    expect(effective.programs.map(({ programId }) => programId)).toEqual(programs.map(({ programId }) => programId));
    rmdirSync(inner);

    // The command detaches, although this process holds the link.
    const { id } = first.link.info();
    expect(cli("link", "detach", String(id))).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(attachedTo({ cgroup: path, attachType }).programs).toHaveLength(1);
    expect(first.link.info()).toMatchObject({ cgroupId: 0n });
  } finally {
    rmdirSync(path);
  }
});

kernelTest("one that goes away in between is skipped, and no descriptor stays open", [], async () => {
  const before = readdirSync("/proc/self/fd").length;
  const zoo = new Zoo();
  for (let count = 0; count < 4; count++) zoo.add("of_raw_tp");
  const ids = zoo.all.map(({ object }) => object.program("of_raw_tp").id);
  const seen: number[] = [];
  for (const { id } of programs()) {
    seen.push(id);
    if (id !== ids[1]) continue;
    zoo.all[2]?.object.close();
    const gone = Date.now() + 5000;
    while (stillThere(ids[2] as number) && Date.now() < gone);
  }
  expect(seen).toEqual(expect.arrayContaining([ids[0], ids[1], ids[3]]));
  expect(seen).not.toContain(ids[2]);
  // A loop that ends early closes nothing too late.
  for (const _ of links()) break;
  zoo[Symbol.dispose]();
  expect(readdirSync("/proc/self/fd").length).toBe(before);
});

function stillThere(id: number): boolean {
  try {
    programInfo(id);
    return true;
  } catch {
    return false;
  }
}

kernelTest("statistics count while a request is open", [], async () => {
  const spec = open();
  spec.program("of_socket").autoload = true;
  using object = await spec.load();
  const program = object.program("of_socket");
  const run = () => program.testRun({ data: new Uint8Array(64), repeat: 5 });
  const runs = () => programInfo(program.id).runCount;
  await run();
  expect(runs()).toBe(0);
  const first = enableStats();
  const second = enableStats();
  await run();
  expect(runs()).toBe(5);
  first.close();
  first.close();
  await run();
  expect(runs()).toBe(10);
  second[Symbol.dispose]();
  await run();
  const { runCount, runTimeNs, recursionMisses, verifiedInstructions } = program.info();
  expect(runCount).toBe(10);
  expect(runTimeNs).toBeGreaterThan(0);
  expect(recursionMisses).toBe(isSince("5.12") ? 0 : undefined);
  expect(verifiedInstructions).toEqual(isSince("5.16") ? expect.any(Number) : undefined);
});

kernelTest("instructions come with the lines of the source", [bpftool], async () => {
  using zoo = new Zoo();
  zoo.add("of_raw_tp");
  const id = zoo.id("of_raw_tp");
  const { xlated, jited, lines } = programInstructions(id);
  const info = programInfo(id);
  expect(xlated?.length).toBe(info.xlatedSize);
  expect(jited?.length ?? 0).toBe(info.jitedSize);
  const directory = mkdtempSync(join(tmpdir(), "node-libbpf-"));
  try {
    // Debian's bpftool has no disassembler, and so does not write the machine code.
    const file = join(directory, "xlated");
    askBpftool("prog", "dump", "xlated", "id", String(id), "file", file);
    expect(Buffer.compare(readFileSync(file), xlated ?? new Uint8Array())).toBe(0);
  } finally {
    rmSync(directory, { recursive: true });
  }
  expect(lines[0]).toMatchObject({ instruction: 0, text: "int of_raw_tp(void *context)" });
  expect(lines[0]?.file).toMatch(/running\.bpf\.c$/);
  const shown = cli("prog", "show", String(id), "--lines");
  expect(shown.stdout).toMatch(/^0 +running\.bpf\.c:\d+ +int of_raw_tp\(void \*context\)$/m);
});

kernelTest("ps shows programs with links, maps, pins and owners", [bpffs], async () => {
  using zoo = new Zoo();
  const { link, object } = zoo.add("of_raw_tp");
  const id = zoo.id("of_raw_tp");
  const pin = join(PINS, "shown", "link");
  try {
    link.pin(pin);
    const { status, stdout, stderr } = cli("ps", "--json");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const { version, programs } = documentOf("ps", stdout) as { version: number; programs: Json[] };
    expect(version).toBe(1);
    const owner = { pid: process.pid, command: readFileSync("/proc/self/comm", "utf8").trimEnd() };
    const shown = programs.find((program) => program.id === id);
    const [mine] = runningPrograms().filter((program) => program.id === id);
    const { loadTime: _, ...plain } = JSON.parse(
      JSON.stringify(mine, (_, value) => (typeof value === "bigint" ? String(value) : value)),
    ) as Json;
    expect(shown).toMatchObject(plain);
    expect(shown).toMatchObject({
      kind: "raw_tp",
      name: "of_raw_tp",
      links: [{ id: link.info().id, type: "raw_tracepoint", pins: [pin], owners: [owner] }],
      maps: [{ name: "counts" }, { name: "running.rodata" }],
      owners: [owner],
    });
    expect(owners().programs.get(id)).toEqual([owner]);
    expect([...pins(PINS)]).toEqual([{ path: pin, kind: "link", id: link.info().id }]);
    expect(cli("ps").stdout).toMatch(
      new RegExp(`^${id} +raw_tp +of_raw_tp +task_newtask +.*counts.* ${pin} .*\\(${process.pid}\\)`, "m"),
    );

    expect(documentOf("link-show", cli("link", "show", pin, "--json").stdout)).toMatchObject({
      link: { id: link.info().id, pins: [pin] },
    });
    expect(cli("link", "show").stdout).toMatch(
      new RegExp(`^${link.info().id} +raw_tracepoint +${id} +task_newtask`, "m"),
    );
    const program = join(PINS, "shown", "program");
    expect(cli("prog", "pin", String(id), program)).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(documentOf("prog-show", cli("prog", "show", program, "--lines", "--json").stdout)).toMatchObject({
      program: { id, pins: [program] },
    });
    expect([...pins(PINS)].map(({ kind }) => kind)).toEqual(["link", "program"]);

    // The kernel can't detach a raw tracepoint that others hold: the error says who does.
    const refused = cli("link", "detach", String(link.info().id));
    expect(refused.status).toBe(2);
    expect(refused.stderr).toMatch(new RegExp(`stays attached: .*process ${process.pid} .*the pin ${pin}`));
    expect(cli("prog", "detach", program).stderr).toMatch(/stays attached/);
    rmSync(program);
    object.close();
    expect(cli("link", "detach", pin)).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(existsSync(pin)).toBe(false);
  } finally {
    rmSync(join(PINS, "shown"), { recursive: true, force: true });
    if (existsSync(PINS)) rmdirSync(PINS);
  }
});

kernelTest("ps --watch counts until SIGINT, and leaves nothing behind", [], async () => {
  using zoo = new Zoo();
  zoo.add("of_raw_tp");
  const id = zoo.id("of_raw_tp");
  const child = spawn(process.execPath, [COMMAND, "ps", "--watch", "--json", "--interval", "0.1"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  let text = "";
  for await (const chunk of child.stdout.setEncoding("utf8")) {
    text += chunk;
    const busy = text
      .split("\n")
      .slice(0, -1)
      .map((line) => documentOf("ps", line) as { version: number; programs: { id: number; runs: number }[] })
      .some(({ programs }) => programs.some((program) => program.id === id && program.runs > 0));
    if (busy) break;
    spawnSync("true"); // a new task, which the program counts
  }
  child.kill("SIGINT");
  expect(await ended).toEqual([0, null]);
  const { runCount } = programInfo(id);
  spawnSync("true");
  expect(programInfo(id).runCount).toBe(runCount);
});

kernelTest("a link is opened by its id", [], async () => {
  using zoo = new Zoo();
  const { link } = zoo.add("of_raw_tp");
  using same = openLinkById(link.info().id);
  expect(same.info()).toEqual(link.info());
  expect(same.program).toBeUndefined();
  link.close();
  expect(programInfo(zoo.id("of_raw_tp")).id).toBe(same.info().programId);
  const { id } = same.info();
  same.close();
  expect(() => openLinkById(id)).toThrow(
    expect.objectContaining({ code: "ERR_BPF_LINK", errno: "ENOENT", message: expect.stringContaining(`link ${id}`) }),
  );
});

kernelTest("errors name the thing and the remedy", [], async () => {
  const GONE = 0x7fffffff;
  for (const [kind, read] of Object.entries({ program: programInfo, link: linkInfo, BTF: btfInfo })) {
    const expected = { code: "ERR_BPF_NOT_LOADED", errno: "ENOENT", hint: expect.stringContaining("node-libbpf ps") };
    expect(() => read(GONE)).toThrow(expect.objectContaining(expected));
    expect(() => read(GONE)).toThrow(new RegExp(`no ${kind} ${GONE}`, "i"));
    expect(() => read(0)).toThrow(expect.objectContaining({ code: "ERR_BPF_ARGUMENT" }));
  }
  const argument = (message: RegExp) =>
    expect.objectContaining({ code: "ERR_BPF_ARGUMENT", message: expect.stringMatching(message) });
  const attachType = "cgroup_device";
  expect(() => attachedTo({ cgroup: "/proc", attachType })).toThrow(argument(/\/proc is not a cgroup v2.*Name a dir/));
  expect(() => attachedTo({ cgroup: "/none", attachType })).toThrow(argument(/\/none can't be opened \(ENOENT\)/));
  expect(() => attachedTo({ cgroup: "/proc", attachType: "xdp" as never })).toThrow(argument(/attachType must be/));
  expect(() => attachedTo({ netns: "/proc/self/status", attachType: "sk_lookup" })).toThrow(
    argument(/is not a network namespace/),
  );
  expect(() => attachedTo({ interface: "none0", attachType: "xdp" })).toThrow(
    expect.objectContaining({ code: "ERR_BPF_LINK", errno: "ENODEV", target: "interface none0" }),
  );
  expect(() => attachedTo({} as never)).toThrow(argument(/one of the options cgroup, interface, netns/));
  expect(() => pins("/tmp")).toThrow(argument(/\/tmp is not in bpffs.*mount -t bpf/));
  expect(() => pins("/none")).toThrow(argument(/\/none can't be read \(ENOENT\)/));
  using map = createMap({ type: "hash", keySize: 4, valueSize: 4, maxEntries: 1 });
  for (const args of [
    ["link", "show", String(GONE)],
    ["prog", "show", String(GONE)],
    ["link", "show", "/none"],
    ["prog", "show", "none"],
  ]) {
    const { status, stdout, stderr } = cli(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^node-libbpf: [^\n]*\n$/);
    expect(stderr).toContain("node-libbpf ps");
  }
  expect(map.closed).toBe(false);
});

kernelTest("without privilege, the error says what is missing", [], async () => {
  for (const args of [["ps"], ["ps", "--watch"], ["link", "show"], ["prog", "show", "1"], ["link", "detach", "1"]]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...args], {
      encoding: "utf8",
      uid: 65534,
      gid: 65534,
    });
    expect({ args, status, stdout }).toEqual({ args, status: 2, stdout: "" });
    expect(stderr).toMatch(/^node-libbpf: .*CAP_SYS_ADMIN.*Run it as root/);
  }
});
