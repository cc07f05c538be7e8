/**
 * Pins: the library removes only its own pins, and creates or reuses pins only where no other user can replace them.
 */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  unlinkSync,
} from "node:fs";
import { join } from "node:path";
import { createMap, Flag, openLink, openMap } from "node-libbpf";
import { native } from "../../lib/native";
import { open as openCycle } from "../bpf/cycle.bpf";
import { open as openEvents } from "../bpf/events.bpf";
import { open as openIter } from "../bpf/iter.bpf";
import { open as openMapOptions } from "../bpf/map-options.bpf";
import { only } from "../bpf/objects";
import { bpffs, kernelTest, PINS } from "./needs";

const PATH = join(PINS, "pin");
const NOBODY = 65534;
const hash = () => createMap({ type: "hash", keySize: 4, valueSize: 4, maxEntries: 4 });
const mapError = (message: RegExp) =>
  expect.objectContaining({ code: "ERR_BPF_MAP", message: expect.stringMatching(message) });
const linkError = (message: RegExp) =>
  expect.objectContaining({ code: "ERR_BPF_LINK", message: expect.stringMatching(message) });

beforeEach(() => {
  if (bpffs.present()) mkdirSync(PINS, { recursive: true });
});

afterEach(() => {
  for (const name of existsSync(PINS) ? readdirSync(PINS) : []) {
    const path = join(PINS, name);
    chmodSync(PINS, 0o755);
    rmSync(path, { recursive: true });
  }
  if (existsSync(PINS)) rmdirSync(PINS);
});

kernelTest("a map's pin can't be opened as a link, nor a link's pin as a map", [bpffs], async () => {
  using map = hash();
  using object = await openCycle().load();
  using link = object.programs.on_task.attach();
  map.pin(PATH);
  const other = join(PINS, "link");
  link.pin(other);

  expect(() => openLink(PATH)).toThrow(linkError(/it is not a link \(EINVAL\)/));
  expect(() => openMap(other)).toThrow(mapError(/it is not a map \(EINVAL\)/));
  expect(() => map.unpin(other)).toThrow(mapError(/it is not a map/));
  const spec = openMapOptions();
  spec.maps.pinned.pinPath = other;
  spec.maps.undeclared.autocreate = false;
  await expect(spec.load()).rejects.toEqual(mapError(/map pinned can't be pinned to .*: it is not a map/));
  for (const open of [openLink, openMap]) {
    expect(() => open(PINS)).toThrow(/mode forbids it \(EACCES\)/);
    expect(() => open(process.execPath)).toThrow(/\(EACCES\)/);
    expect(() => open(join(PINS, "none"))).toThrow(/nothing is pinned there \(ENOENT\)/);
    expect(() => open("a\0b")).toThrow(expect.objectContaining({ code: "ERR_BPF_ARGUMENT" }));
  }
  expect(readdirSync(PINS).sort()).toEqual(["link", "pin"]);
});

kernelTest("link.detach(), link.unpin() and map.unpin() leave a file that replaced their pin", [bpffs], async () => {
  using object = await only(openIter(), "list_tasks").load();
  using old = object.programs.list_tasks.attach();
  using fresh = object.programs.list_tasks.attach();
  using gone = object.programs.list_tasks.attach();
  old.pin(PATH);
  fresh.pin(`${PATH}_new`);
  renameSync(`${PATH}_new`, PATH);
  const { id } = fresh.info();

  expect(() => old.unpin()).toThrow(linkError(new RegExp(`it is the pin of link ${id}`)));
  old.detach();
  expect(old.closed).toBe(true);
  using back = openLink(PATH);
  expect(back.info().id).toBe(id);

  using map = hash();
  renameSync(PATH, `${PATH}_new`);
  map.pin(PATH);
  expect(() => back.unpin()).toThrow(linkError(/it is not a link/));
  back.detach();
  using other = hash();
  expect(() => other.unpin(PATH)).toThrow(mapError(new RegExp(`it is the pin of map ${map.id}`)));
  using same = openMap(PATH);
  expect(same.id).toBe(map.id);

  // A missing pin does not prevent a detach.
  const path = join(PINS, "gone");
  gone.pin(path);
  expect(() => gone.pin(`${path}_too`)).toThrow(linkError(/is already pinned to /));
  unlinkSync(path);
  gone.detach();
  expect(gone.closed).toBe(true);
  unlinkSync(`${PATH}_new`);
});

kernelTest("errors of pin() name the fault of the path, and pin() creates missing directories", [bpffs], async () => {
  using map = hash();
  using object = await openCycle().load();
  using link = object.programs.on_task.attach();
  for (const pin of [(path: string) => map.pin(path), (path: string) => link.pin(path)]) {
    expect(() => pin(join(PINS, "v1.2"))).toThrow(/no dot in a name/);
    expect(() => pin("/tmp/x")).toThrow(/\/tmp is not in bpffs.*mode=700/);
    expect(() => pin("a\0b")).toThrow(expect.objectContaining({ code: "ERR_BPF_ARGUMENT" }));
    pin(PATH);
    expect(() => pin(PATH)).toThrow(/EEXIST|already pinned|pinned already/);
    unlinkSync(PATH);
  }
  map.pin(join(PINS, "a/b/c"));
  rmSync(join(PINS, "a"), { recursive: true });
});

kernelTest("nothing is pinned or reused where another user could replace it", [bpffs], async () => {
  using map = hash();
  using object = await openCycle().load();
  using link = object.programs.on_task.attach();
  const load = () => {
    const spec = openMapOptions();
    spec.maps.pinned.pinPath = PATH;
    spec.maps.undeclared.autocreate = false;
    return spec.load();
  };
  const refused = async (why: RegExp) => {
    expect(() => map.pin(PATH)).toThrow(mapError(why));
    expect(() => link.pin(PATH)).toThrow(linkError(why));
    await expect(load()).rejects.toEqual(mapError(why));
    expect(readdirSync(PINS)).toEqual([]);
  };
  chownSync(PINS, NOBODY, 0);
  await refused(/belongs to user 65534, who could replace the pin/);
  chownSync(PINS, 0, NOBODY);
  chmodSync(PINS, 0o770);
  await refused(/is writable by others \(mode 770\)/);
  chmodSync(PINS, 0o777);
  await refused(/is writable by others \(mode 777\)/);
  chmodSync(PINS, 0o1777);
  map.pin(PATH);
  map.unpin(PATH);

  (await load()).close();
  chownSync(PATH, NOBODY, NOBODY);
  await expect(load()).rejects.toEqual(mapError(/belongs to user 65534/));
});

kernelTest("a pinned map whose size was rounded up is reused", [bpffs], async () => {
  const load = async () => {
    const spec = openEvents();
    spec.maps.events.pinPath = PATH;
    spec.maps.events.maxEntries = 20000;
    return await spec.load();
  };
  using first = await load();
  expect(first.maps.events.maxEntries).toBe(32768);
  using second = await load();
  expect(second.maps.events.id).toBe(first.maps.events.id);
  openMap(PATH, { type: "ringbuf", maxEntries: 20000 }).close();
  expect(() => openMap(PATH, { maxEntries: 70000 })).toThrow(mapError(/max_entries: it has 32768, wanted 70000/));
  unlinkSync(PATH);

  // A list for each CPU, of equal length; and a flag of the descriptor, not of the map.
  const flags = Flag.NO_COMMON_LRU | Flag.RDONLY;
  const maxEntries = native.possibleCpus * 100 - 1;
  using lru = createMap({ type: "lru_hash", keySize: 4, valueSize: 4, maxEntries, flags });
  expect(lru.maxEntries % native.possibleCpus).toBe(0);
  lru.pin(PATH);
  openMap(PATH, { type: "lru_hash", maxEntries, flags }).close();
});

kernelTest("an exception in onLog changes nothing", [bpffs], async () => {
  const warn = jest.spyOn(process, "emitWarning").mockImplementation(() => {});
  const onLog = () => {
    throw new Error("no space left for the log");
  };
  const descriptors = readdirSync("/proc/self/fd").length;
  try {
    const object = await openCycle({ onLog }).load();
    const link = object.programs.on_task.attach();
    expect(link.closed).toBe(false);
    object.close();
    expect(link.closed).toBe(true);
    const bad = openCycle({ onLog });
    bad.maps.events.maxEntries = 0;
    await expect(bad.load()).rejects.toMatchObject({ code: "ERR_BPF_MAP_CREATE" });
    expect(readdirSync("/proc/self/fd").length).toBe(descriptors);
    expect(warn).toHaveBeenCalledWith(
      "onLog threw: no space left for the log",
      expect.objectContaining({ code: "WARN_BPF_LOG_CALLBACK" }),
    );
  } finally {
    warn.mockRestore();
  }
});

kernelTest("an option is read once, and may not contain NUL", [], async () => {
  using object = await openCycle().load();
  let reads = 0;
  const program = object.programs.on_task;
  const options = {
    get target() {
      return reads++ === 0 ? "task_newtask" : "a\0b";
    },
  };
  program.attach(options).close();
  expect(reads).toBe(1);
  expect(() => program.attach({ target: "a\0b" })).toThrow(expect.objectContaining({ code: "ERR_BPF_ARGUMENT" }));
});
