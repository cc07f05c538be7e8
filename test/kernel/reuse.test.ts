/** Maps of other objects, and maps of one program alone. */
import { codecs, createMap } from "node-libbpf";
import { open } from "../bpf/shared.bpf";
import { before, bundled, kernelTest, since } from "./needs";

const data = new Uint8Array(64);

kernelTest("two objects use one map and one section of variables", [], async () => {
  using one = await open().load();
  const spec = open();
  spec.maps.counts.reuse = one.maps.counts;
  spec.maps[".bss"].reuse = one.maps[".bss"];
  expect(spec.maps.counts.reuse).toBe(one.maps.counts);
  using two = await spec.load();
  await one.programs.count.testRun({ data, repeat: 2 });
  await two.programs.count.testRun({ data, repeat: 3 });
  expect([one.maps.counts.get(1), two.maps.counts.get(1)]).toEqual([5n, 5n]);
  expect([one.variables.runs, two.variables.runs]).toEqual([5, 5]);
  expect(two.maps.counts.id).toBe(one.maps.counts.id);
  // Each has a descriptor of its own.
  one.close();
  await two.programs.count.testRun({ data });
  expect([two.maps.counts.get(1), two.variables.runs]).toEqual([6n, 6]);
  // Not of a map that was closed.
  await expect(spec.load()).rejects.toMatchObject({ code: "ERR_BPF_CLOSED" });
  spec.maps.counts.reuse = undefined;
  spec.maps[".bss"].reuse = undefined;
  using three = await spec.load();
  expect(three.maps.counts.get(1)).toBeUndefined();
});

kernelTest("a map without an object, whose number of entries may differ", [], async () => {
  using map = createMap({ type: "hash", key: codecs.u32, value: codecs.u64, maxEntries: 100 });
  const spec = open();
  spec.maps.counts.reuse = map;
  using object = spec.loadSync();
  await object.programs.count.testRun({ data });
  expect(map.get(1)).toBe(1n);
  expect(object.maps.counts.maxEntries).toBe(100);
});

kernelTest("a map of another layout is refused before the kernel is asked", [], async () => {
  using other = createMap({ type: "lru_hash", keySize: 8, valueSize: 8, maxEntries: 8, name: "other" });
  const spec = open();
  spec.maps.counts.reuse = other;
  await expect(spec.load()).rejects.toMatchObject({
    code: "ERR_BPF_MAP",
    operation: "load",
    map: "counts",
    message: "map counts can't reuse the map other: type: it has lru_hash, wanted hash; key_size: it has 8, wanted 4",
  });
  spec.maps.counts.reuse = undefined;
  spec.maps[".bss"].reuse = other;
  await expect(spec.load()).rejects.toMatchObject({ map: ".bss", message: expect.stringContaining("type: it has") });
});

kernelTest("what excludes reuse is refused", [], async () => {
  using one = await open().load();
  const spec = open();
  const refused = (act: () => unknown, message: string) =>
    expect(act).toThrow(
      expect.objectContaining({ code: "ERR_BPF_ARGUMENT", message: expect.stringContaining(message) }),
    );
  const set = (value: unknown) => {
    spec.maps.counts.reuse = value as never;
  };
  refused(() => set(5), "map counts: reuse must be a map, got 5");
  refused(() => set({ fd: one.maps.counts.fd }), "reuse must be a map");
  refused(() => {
    spec.maps[".rodata"].reuse = one.maps[".rodata"];
  }, "constants belong to their object");
  spec.maps[".bss"].reuse = one.maps[".bss"];
  spec.variables.runs = 7;
  refused(() => spec.loadSync(), "its variables were set, but a map that is reused keeps its values");
  spec.maps[".bss"].reuse = undefined;
  set(one.maps.counts);
  spec.maps.counts.pinPath = "/sys/fs/bpf/x";
  refused(() => spec.loadSync(), "reuse and pinPath exclude each other");
  spec.maps.counts.pinPath = undefined;
  spec.maps.counts.exclusiveProgram = "count";
  refused(() => spec.loadSync(), "a map that is reused can't be made exclusive");
});

kernelTest("an exclusive map is one program's alone", [since("6.18"), bundled], async () => {
  const spec = open();
  spec.maps.counts.exclusiveProgram = "count";
  using object = await spec.load();
  await object.programs.count.testRun({ data });
  expect(object.maps.counts.get(1)).toBe(1n);
  spec.programs.also.autoload = true;
  await expect(spec.load()).rejects.toMatchObject({ program: "also" });
});

kernelTest("exclusive maps need Linux 6.18", [before("6.18"), bundled], async () => {
  const spec = open();
  spec.maps.counts.exclusiveProgram = "count";
  await expect(spec.load()).rejects.toMatchObject({
    code: "ERR_BPF_NOT_SUPPORTED",
    map: "counts",
    message: expect.stringContaining("map counts could not be created: exclusive maps need Linux 6.18"),
  });
});

kernelTest("the program of an exclusive map is one of the object", [], async () => {
  const spec = open();
  spec.maps.counts.exclusiveProgram = "cuont";
  await expect(spec.load()).rejects.toMatchObject({
    code: "ERR_BPF_ARGUMENT",
    message: "shared has no program cuont; it has: count, also",
  });
  expect(() => {
    spec.maps.counts.exclusiveProgram = "";
  }).toThrow(/exclusiveProgram must be a string that is not empty/);
});

kernelTest("a flag that this kernel does not know is named, with its release", [before("6.19")], async () => {
  expect(() => createMap({ type: "ringbuf", maxEntries: 4096, flags: 1 << 19 })).toThrow(
    expect.objectContaining({
      code: "ERR_BPF_MAP_CREATE",
      errno: "EINVAL",
      hint: "BPF_F_RB_OVERWRITE needs Linux 6.19",
    }),
  );
});

kernelTest("a ring that overwrites what nobody reads is made, and read on x86", [since("6.19")], async () => {
  using ring = createMap({ type: "ringbuf", maxEntries: 4096, flags: 1 << 19 });
  expect(ring.flags).toBe(1 << 19);
  if (process.arch === "x64") expect(ring.read()).toEqual([]);
  else expect(() => ring.read()).toThrow("a ring that overwrites can't be read safely");
});
