/** Programs that are opened by their pins and ids, and the pins of whole objects. */
import { existsSync, rmSync } from "node:fs";
import { getPriority } from "node:os";
import { join } from "node:path";
import { BpfError, openLink, openMap, openProgram, openProgramById } from "node-libbpf";
import { unpinAll } from "../../lib/object/unpin-all";
import { open as openLsm } from "../bpf/lsm.bpf";
import { only } from "../bpf/objects";
import { open as openProbes, type Probes } from "../bpf/probes.bpf";
import { open as openSyscall } from "../bpf/syscall.bpf";
import { open as openTracing } from "../bpf/tracing.bpf";
import { bpffs, bpfLsm, kernelTest, PINS, since, trampolines } from "./needs";

const PATH = join(PINS, "program");

function probes(...programs: (keyof Probes["programs"])[]) {
  const spec = only(openProbes(), ...programs);
  spec.variables.watched = process.pid;
  return spec.load();
}

afterEach(() => rmSync(PINS, { recursive: true, force: true }));

kernelTest("a pinned program outlives its object, and is attached again", [bpffs], async () => {
  const object = await probes("on_raw_tp");
  object.programs.on_raw_tp.pin(PATH);
  const { id } = object.programs.on_raw_tp;
  object.close();
  using program = openProgram(PATH);
  expect(program).toMatchObject({ id, name: "on_raw_tp", kind: "raw_tp", section: "raw_tracepoint" });
  expect(program.info()).toMatchObject({ id, type: "raw_tracepoint", name: "on_raw_tp" });
  const link = program.attach({ target: "sys_exit" });
  expect(link.info()).toMatchObject({ type: "raw_tracepoint", programId: id });
  link.close();
  program.unpin(PATH);
  expect(existsSync(PATH)).toBe(false);
  expect(() => program.unpin(PATH)).toThrow(expect.objectContaining({ code: "ERR_BPF_PIN" }));
});

kernelTest("a program by its id is run", [bpffs, since("5.14")], async () => {
  await using object = await only(openSyscall(), "sum_bytes").load();
  using program = openProgramById(object.programs.sum_bytes.id);
  const { returnValue } = await program.testRun({ context: new Uint8Array(16) });
  expect(returnValue).toBe(0);
  program.close();
  expect(() => program.fd).toThrow(expect.objectContaining({ code: "ERR_BPF_CLOSED" }));
});

kernelTest("a pinned fentry program is attached by its section", [bpffs, trampolines], async () => {
  const spec = only(openTracing(), "plain_entry");
  spec.variables.watched = process.pid;
  using object = await spec.load();
  object.programs.plain_entry.pin(PATH);
  using unknown = openProgram(PATH);
  expect(() => unknown.attach()).toThrow(/not of which kind.*Pass its section/s);
  using program = openProgram(PATH, { section: "fentry/f" });
  using _link = program.attach();
  getPriority();
  expect(object.variables.entered).toBe(1n);
});

kernelTest("a pinned lsm program is attached without a section", [bpffs, trampolines, bpfLsm], async () => {
  const spec = openLsm();
  using object = await spec.load();
  const [loaded] = Object.values(object.programs).filter((program) => program.name in spec.programs);
  if (loaded === undefined) throw new Error("the object has no program");
  loaded.pin(PATH);
  using program = openProgram(PATH);
  expect(program.kind).toBe("lsm");
  using link = program.attach();
  expect(link.info()).toMatchObject({ type: "tracing", programId: loaded.id });
});

kernelTest("what can't be opened or attached", [bpffs], async () => {
  using object = await probes("on_uprobe");
  const { on_uprobe } = object.programs;
  on_uprobe.pin(PATH);
  expect(() => on_uprobe.pin(PATH)).toThrow(expect.objectContaining({ code: "ERR_BPF_PIN", errno: "EEXIST" }));
  expect(() => on_uprobe.pin("/tmp/program")).toThrow(/not in bpffs/);
  using program = openProgram(PATH, { section: "uprobe" });
  expect(() => program.attach({ path: "/bin/sh", offset: 0 })).toThrow(/only as a part of their object/);
  const refused = (code: string, message: RegExp) =>
    expect.objectContaining({ code, message: expect.stringMatching(message) });
  expect(() => openProgram(PATH, { section: "xdp" })).toThrow(refused("ERR_BPF_ARGUMENT", /is a kprobe program/));
  expect(() => openProgram(join(PINS, "none"))).toThrow(refused("ERR_BPF_PIN", /nothing is pinned there/));
  expect(() => openProgramById(0xfffffff)).toThrow(refused("ERR_BPF_PIN", /there is none/));
  object.maps[".bss"].pin(join(PINS, "map"));
  expect(() => openProgram(join(PINS, "map"))).toThrow(refused("ERR_BPF_PIN", /not a program/));
  expect(() => openMap(PATH)).toThrow(/not a map/);
});

kernelTest(
  "everything of an object is pinned, attached, found again and unpinned",
  [bpffs, since("5.15")],
  async () => {
    const object = await probes("on_raw_tp", "on_tracepoint");
    const { links, failures, skipped } = object.attach();
    expect([Object.keys(links).sort(), failures, skipped]).toEqual([["on_raw_tp", "on_tracepoint"], {}, {}]);
    const pins = object.pin(join(PINS, "all"));
    expect(pins).toContain(join(PINS, "all/links/on_raw_tp"));
    expect(pins).toContain(join(PINS, "all/programs/on_tracepoint"));
    object.close();
    using link = openLink(join(PINS, "all/links/on_tracepoint"));
    expect(link.info().id).toBeGreaterThan(0);
    expect(() => object.pin(join(PINS, "again"))).toThrow(expect.objectContaining({ code: "ERR_BPF_CLOSED" }));
    expect(unpinAll(join(PINS, "all")).sort()).toEqual([...pins].sort());
    expect(existsSync(join(PINS, "all"))).toBe(false);
  },
);

kernelTest("pinning is all or nothing", [bpffs], async () => {
  using object = await probes("on_raw_tp");
  using other = await probes("on_raw_tp");
  other.programs.on_raw_tp.pin(join(PINS, "all/programs/on_raw_tp"));
  expect(() => object.pin(join(PINS, "all"))).toThrow(
    expect.objectContaining({ code: "ERR_BPF_PIN", errno: "EEXIST" }),
  );
  expect(existsSync(join(PINS, "all/maps/_bss"))).toBe(false);
});

kernelTest("attach() of an object is all or nothing, unless partial", [], async () => {
  using object = await probes("on_raw_tp", "on_uprobe", "on_raw_tp_elsewhere");
  expect(() => object.attach()).toThrow(BpfError);
  const { links, failures, skipped } = object.attach({ partial: true });
  expect(Object.keys(links)).toEqual(["on_raw_tp"]);
  expect(Object.keys(failures)).toEqual(["on_raw_tp_elsewhere"]);
  expect(skipped).toEqual({ on_uprobe: expect.stringContaining("needs the path of an executable") });
});
