/**
 * Maps without an object, options before the load, reuse of pins, mapped memory, many elements, and a model-based test
 * of a hash.
 */
import { existsSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { type Codec, codecs, createMap, Flag, openMap, openMapById } from "node-libbpf";
import { native } from "../../lib/native";
import { open } from "../bpf/map-options.bpf";
import { bpffs, kernelTest, PINS, since } from "./needs";

const { u32, u64 } = codecs;
const argument = (message: RegExp) =>
  expect.objectContaining({ code: "ERR_BPF_ARGUMENT", message: expect.stringMatching(message) });

function spec() {
  mkdirSync(PINS, { recursive: true });
  const opened = open({ pinRoot: PINS });
  opened.maps.undeclared.inner = { type: "array", valueSize: 16, maxEntries: 3 };
  return opened;
}

kernelTest("a map without an object: closed once and for all", [], async () => {
  const map = createMap({ type: "hash", key: u32, value: u64, maxEntries: 4, name: "alone" });
  map.set(1, 2n);
  const { fd } = map;
  expect(fd).toBeGreaterThan(2);
  map.close();
  map.close();
  expect(map.closed).toBe(true);
  for (const call of [() => map.get(1), () => [...map], () => map.fd, () => map.info(), () => map.pin("/x")]) {
    expect(call).toThrow(expect.objectContaining({ code: "ERR_BPF_CLOSED" }));
  }
});

kernelTest("an unreachable map is closed by the garbage collector", [], async () => {
  const ids: number[] = [];
  (() => {
    for (let i = 0; i < 20; i++) ids.push(createMap({ type: "array", value: u64, maxEntries: 1 }).id);
  })();
  const open = () =>
    ids.filter((id) => {
      const handle = native.mapOfId(id);
      if (handle >= 0) native.mapClose(handle);
      return handle >= 0;
    }).length;
  for (let i = 0; i < 200 && open() > 0; i++) {
    global.gc?.();
    await sleep(10);
  }
  expect(open()).toBe(0);
});

kernelTest("invalid definitions that createMap refuses", [], async () => {
  const make = (options: object) => () => createMap({ type: "hash", ...options } as never);
  expect(make({ type: "hashh" })).toThrow(
    argument(/type must be a map type such as "hash", got "hashh"\. Did you mean hash\?/),
  );
  expect(make({ keySize: 4, valueSize: 8 })).toThrow(argument(/needs maxEntries/));
  expect(make({ keySize: -1, valueSize: 8, maxEntries: 1 })).toThrow(argument(/keySize must be an integer/));
  expect(make({ key: u32, value: u64, maxEntries: 1, name: "a b" })).toThrow(argument(/letters, digits/));
  expect(make({ key: u64, keySize: 4, value: u64, maxEntries: 1 })).toThrow(argument(/keys have 4 bytes/));
  expect(() => createMap(null as never)).toThrow(argument(/options must be an object/));
  const refused = (hint: RegExp) =>
    expect.objectContaining({ code: "ERR_BPF_MAP_CREATE", hint: expect.stringMatching(hint) });
  expect(() => createMap({ type: "array_of_maps", maxEntries: 1 })).toThrow(refused(/inner/));
  expect(() => createMap({ type: "ringbuf", maxEntries: 1000 })).toThrow(refused(/power of two/));
  expect(() => createMap({ type: "hash", key: u32, value: u64, maxEntries: 0 })).toThrow(refused(/maxEntries/));
});

kernelTest("opening a missing pin, or a map that differs", [bpffs], async () => {
  using map = createMap({ type: "hash", key: u32, value: u64, maxEntries: 64, name: "conns" });
  const path = join(PINS, "reuse");
  map.pin(path);
  try {
    using again = openMap(path, { type: "hash", key: u32, value: u64 });
    map.set(1, 10n);
    expect(again.get(1)).toBe(10n);
    expect(() => openMap(path, { maxentries: 64 } as never)).toThrow(
      expect.objectContaining({ code: "ERR_BPF_ARGUMENT", message: expect.stringContaining('no option "maxentries"') }),
    );
    expect(() => openMap(path, { type: "lru_hash", maxEntries: 128, valueSize: 8, flags: 1 })).toThrow(
      expect.objectContaining({
        code: "ERR_BPF_MAP",
        map: "conns",
        message: expect.stringContaining(
          "type: it has hash, wanted lru_hash; max_entries: it has 64, wanted 128; map_flags: it has 0, wanted 1",
        ),
      }),
    );
    expect(() => openMap(path, { key: u64 })).toThrow(argument(/keys have 4 bytes/));
    using other = createMap({ type: "array", value: u64, maxEntries: 1 });
    expect(() => other.unpin(path)).toThrow(
      expect.objectContaining({ message: expect.stringContaining("pin of map") }),
    );
  } finally {
    map.unpin(path);
  }
  expect(() => openMap(PINS)).toThrow(expect.objectContaining({ code: "ERR_BPF_MAP" }));
  expect(() => openMap("")).toThrow(expect.objectContaining({ code: "ERR_BPF_ARGUMENT" }));
  expect(() => openMapById(0x7fffffff)).toThrow(expect.objectContaining({ errno: "ENOENT" }));
  expect(() => openMapById(-1)).toThrow(expect.objectContaining({ code: "ERR_BPF_ARGUMENT" }));
});

kernelTest("a map of an object that is already pinned must be the same", [bpffs], async () => {
  const first = await spec().load();
  first.maps.pinned.set(1, 7n);
  try {
    // The kernel has the types of the map's creation.
    using pinned = openMap(join(PINS, "pinned"), { type: "hash" });
    expect(pinned.getAll()).toEqual([[1, 7n]]);
    using points = openMapById(first.maps.points.id, { type: "array" });
    expect(points.get(0)).toEqual({ x: 0, y: 0n, label: "" });
    using second = await spec().load();
    expect(second.maps.pinned.get(1)).toBe(7n);
    const other = spec();
    other.maps.pinned.maxEntries = 128;
    await expect(other.load()).rejects.toMatchObject({
      code: "ERR_BPF_MAP",
      message: expect.stringContaining("max_entries: it has 64, wanted 128"),
    });
  } finally {
    first.maps.pinned.unpin(join(PINS, "pinned"));
    first.close();
  }
});

kernelTest("options before load: inner maps, autocreate", [bpffs], async () => {
  const opened = spec();
  expect(opened.maps.declared.inner).toMatchObject({ type: "hash", maxEntries: 2, valueSize: 24 });
  opened.maps.declared.inner = { maxEntries: 5 };
  opened.maps.pinned.autocreate = false;
  expect(() => {
    opened.maps.points.inner = {};
  }).toThrow(argument(/holds no maps/));
  expect(() => {
    opened.maps.declared.inner = { type: "hashh" };
  }).toThrow(argument(/must be a map type/));
  using object = await opened.load();
  expect(object.maps.pinned).toBeUndefined();
  const outer = object.maps.undeclared;
  using inner = createMap({ type: "array", valueSize: 16, maxEntries: 3 });
  expect(outer.set(0, inner).idOf(0)).toBe(inner.id);
  // Values are decoded with the object's types.
  const declared = object.maps.declared;
  using points = createMap({ type: "hash", key: u32, valueSize: 24, maxEntries: 5 });
  declared.set(9, points);
  using found = declared.get(9);
  found?.set(1, { x: 1, y: -2n, label: "in" });
  expect(found?.get(1)).toEqual({ x: 1, y: -2n, label: "in" });
});

kernelTest("mapped memory: numbers, structs, and the effect of closing", [bpffs], async () => {
  using counters = createMap({ type: "array", value: codecs.f64, maxEntries: 100, flags: Flag.MMAPABLE });
  const numbers = counters.mmap(Float64Array);
  expect(numbers.length).toBeGreaterThanOrEqual(100);
  counters.set(3, 1.5);
  expect(numbers[3]).toBe(1.5);
  numbers[99] = 2.5;
  expect(counters.get(99)).toBe(2.5);
  expect(counters.mmap().length).toBe(8 * numbers.length);
  expect(() => counters.view(0)).toThrow(argument(/type of its values is not known/));
  expect(() => counters.mmap(Object as never)).toThrow(expect.objectContaining({ code: "ERR_BPF_ARGUMENT" }));
  expect(() => counters.freeze()).toThrow(
    expect.objectContaining({ errno: "EBUSY", hint: expect.stringContaining("mapped") }),
  );
  counters.close();
  expect(numbers.length).toBe(0);

  const opened = spec();
  opened.maps.pinned.autocreate = false;
  const object = await opened.load();
  const map = object.maps.points;
  const point = map.view(2);
  point.x = 5;
  point.y = -1n;
  expect(map.get(2)).toEqual({ x: 5, y: -1n, label: "" });
  map.set(2, { x: 6, y: 2n, label: "here" });
  expect([point.x, point.y, point.label]).toEqual([6, 2n, "here"]);
  expect(() => map.view(4)).toThrow(argument(/from 0 to 3/));
  const copy = map.getView(2);
  expect([copy?.x, copy?.y, copy?.label, map.getView(9)]).toEqual([6, 2n, "here", undefined]);
  expect(() => Object.assign(copy as object, { x: 1 })).toThrow(/the value of map points is read-only/);
  map.set(3, { x: 8, y: 0n, label: "" });
  expect(map.getView(3)).toBe(copy);
  expect(copy?.x).toBe(8);
  expect(() => counters.getView(0)).toThrow(expect.objectContaining({ code: "ERR_BPF_CLOSED" }));
  object.close();
  expect(() => copy?.x).toThrow(expect.objectContaining({ code: "ERR_BPF_CLOSED" }));
  expect(() => point.x).toThrow(expect.objectContaining({ code: "ERR_BPF_CLOSED" }));

  using plain = createMap({ type: "array", value: u64, maxEntries: 1 });
  expect(() => plain.getView(0)).toThrow(argument(/type of its values is not known; use get/));
  expect(() => plain.mmap()).toThrow(expect.objectContaining({ hint: expect.stringContaining("BPF_F_MMAPABLE") }));
});

kernelTest("mapped memory outlives an unreachable map, and a transferred buffer", [], async () => {
  const [numbers, dropped] = (() => {
    const map = createMap({ type: "array", value: u64, maxEntries: 1, flags: Flag.MMAPABLE });
    return [map.mmap(BigUint64Array), new WeakRef(map)] as const;
  })();
  for (let i = 0; i < 20 && dropped.deref() !== undefined; i++) {
    await sleep(5); // the result of deref() lives until the end of the turn
    global.gc?.();
    await sleep(5);
  }
  expect(dropped.deref()).toBeUndefined();
  await sleep(5); // finalizers run after the collection
  numbers[0] = 5n;
  expect(numbers[0]).toBe(5n);
});

kernelTest("a frozen map, and read-only ones", [], async () => {
  using map = createMap({ type: "array", value: u64, maxEntries: 1 });
  map.freeze();
  expect(map.info().frozen).toBe(true);
  expect(() => map.set(0, 1n)).toThrow(
    expect.objectContaining({ errno: "EPERM", hint: expect.stringContaining("frozen") }),
  );
  expect(map.get(0)).toBe(0n);
  using readOnly = createMap({ type: "hash", key: u32, value: u64, maxEntries: 1, flags: Flag.RDONLY });
  expect(() => readOnly.set(0, 1n)).toThrow(expect.objectContaining({ hint: expect.stringContaining("BPF_F_RDONLY") }));
  using writeOnly = createMap({ type: "hash", key: u32, value: u64, maxEntries: 1, flags: Flag.WRONLY });
  expect(() => writeOnly.get(0)).toThrow(expect.objectContaining({ hint: expect.stringContaining("BPF_F_WRONLY") }));
});

kernelTest("values of two megabytes", [], async () => {
  const size = 2 << 20;
  using map = createMap({ type: "hash", key: u32, valueSize: size, maxEntries: 3, flags: Flag.NO_PREALLOC });
  const value = new Uint8Array(size).fill(7);
  map.setMany([1, 2].map((key) => [key, value] as const));
  expect(map.get(1)?.every((byte) => byte === 7)).toBe(true);
  expect(map.getAll().map(([key, found]) => [key, found.length])).toEqual(
    expect.arrayContaining([
      [1, size],
      [2, size],
    ]),
  );
  expect(map.getMany([2, 3]).map((found) => found?.length)).toEqual([size, undefined]);
  map.clear();
});

kernelTest("ten thousand elements, by batches and without", [], async () => {
  using map = createMap({ type: "hash", key: u32, value: u64, maxEntries: 10_000 });
  const entries = Array.from({ length: 10_000 }, (_, key) => [key, BigInt(key)] as const);
  map.setMany(entries);
  const expected = new Map(entries);
  expect(new Map(map)).toEqual(expected);
  expect(map.getMany(expected.keys())).toEqual([...expected.values()]);
  let sum = 0n;
  for (const { count, values } of map.batches()) {
    for (const value of new BigUint64Array(values.buffer, 0, count)) sum += value;
  }
  expect(sum).toBe((10_000n * 9_999n) / 2n);
  (map as unknown as { core: { batchless: boolean } }).core.batchless = true; // simulates a kernel before 5.6
  expect(new Map(map)).toEqual(expected);
  expect(map.deleteMany(expected.keys())).toBe(10_000);
});

kernelTest("native code checks the arguments from JavaScript", [], async () => {
  using map = createMap({ type: "hash", key: u32, value: u64, maxEntries: 4 });
  map.set(1, 1n);
  const { handle } = (map as unknown as { core: { scratch(operation: string): { handle: number } } }).core.scratch(
    "test",
  );
  const ERANGE = -34;
  const [small, bytes, detached] = [new Uint8Array(3), new Uint8Array(64), new Uint8Array(64)];
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  for (const bad of [small, detached, new Uint16Array(64) as never, new ArrayBuffer(64) as never, undefined as never]) {
    expect(native.mapReadBatch(handle, 4, bad, bytes, true, 0)).toBe(ERANGE);
    expect(native.mapReadBatch(handle, 4, bytes, bad, true, 0)).toBe(ERANGE);
    expect(native.mapLookupMany(handle, 4, bytes, bytes, bad, 0)).toBe(ERANGE);
    expect(native.mapUpdateMany(handle, 4, bytes, bad, 0)).toBe(ERANGE);
    expect(native.mapDeleteMany(handle, 4, bad, bytes)).toBe(ERANGE);
    expect(native.mapInfo(handle, bad)).toBe(ERANGE);
  }
  expect(native.mapReadBatch(handle, 0xffffffff, bytes, bytes, true, 0)).toBe(ERANGE);
  // The memory for single elements is native: transferring the buffer does no harm.
  const scratch = native.mapScratch(handle) as ArrayBuffer;
  try {
    structuredClone(scratch, { transfer: [scratch] });
  } catch {
    // Newer runtimes refuse the transfer.
  }
  expect(native.mapLookup(handle, 0)).toBeLessThanOrEqual(0);
  expect(native.mapUpdate(handle, 0)).toBe(0);
});

kernelTest("take, with the kernel's semantics", [since("5.14")], async () => {
  using map = createMap({ type: "hash", key: u32, value: u64, maxEntries: 4 });
  map.set(1, 5n);
  expect([map.take(1), map.take(1)]).toEqual([5n, undefined]);
});

type Step =
  | { call: "set"; key: number; value: bigint; mode: "any" | "noexist" | "exist" }
  | { call: "delete" | "get" | "has"; key: number }
  | { call: "setMany"; entries: [number, bigint][] }
  | { call: "getMany" | "deleteMany"; keys: number[] }
  | { call: "all" | "clear" };

kernelTest("a hash behaves like a JavaScript Map", [], async () => {
  const SIZE = 8;
  using map = createMap({ type: "hash", key: u32, value: u64, maxEntries: SIZE });
  const key = fc.nat(11);
  const value = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({ call: fc.constant("set" as const), key, value, mode: fc.constantFrom("any", "noexist", "exist") }),
    fc.record({ call: fc.constantFrom("delete", "get", "has"), key }),
    fc.record({ call: fc.constant("setMany" as const), entries: fc.array(fc.tuple(key, value), { maxLength: 6 }) }),
    fc.record({ call: fc.constantFrom("getMany", "deleteMany"), keys: fc.array(key, { maxLength: 6 }) }),
    fc.record({ call: fc.constantFrom("all", "clear") }),
  ) as fc.Arbitrary<Step>;
  const run = (model: Map<number, bigint>, now: Step) => {
    const put = (at: number, what: bigint, mode: string): string | undefined => {
      if (mode === "noexist" && model.has(at)) return "EEXIST";
      if (mode === "exist" && !model.has(at)) return "ENOENT";
      if (!model.has(at) && model.size === SIZE) return "E2BIG";
      model.set(at, what);
      return undefined;
    };
    switch (now.call) {
      case "set": {
        const errno = put(now.key, now.value, now.mode);
        const set = () => map.set(now.key, now.value, now.mode);
        if (errno === undefined) set();
        else expect(set).toThrow(expect.objectContaining({ errno }));
        return;
      }
      case "setMany": {
        const failed = now.entries.findIndex(([at, what]) => put(at, what, "any") !== undefined);
        const set = () => map.setMany(now.entries);
        if (failed < 0) set();
        else expect(set).toThrow(expect.objectContaining({ errno: "E2BIG", processed: failed }));
        return;
      }
      case "delete":
        return expect(map.delete(now.key)).toBe(model.delete(now.key));
      case "get":
        return expect(map.get(now.key)).toBe(model.get(now.key));
      case "has":
        return expect(map.has(now.key)).toBe(model.has(now.key));
      case "getMany":
        return expect(map.getMany(now.keys)).toEqual(now.keys.map((at) => model.get(at)));
      case "deleteMany":
        return expect(map.deleteMany(now.keys)).toBe(now.keys.filter((at) => model.delete(at)).length);
      case "all":
        expect(new Map(map.getAll())).toEqual(model);
        return expect(map.count()).toBe(model.size);
      case "clear":
        model.clear();
        return map.clear();
    }
  };
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      map.clear();
      const model = new Map<number, bigint>();
      for (const now of steps) run(model, now);
      expect(new Map(map)).toEqual(model);
    }),
    { numRuns: 100 },
  );
});

kernelTest("a getter in a key or value that uses the same map is refused, and nothing is written", [], async () => {
  const number: Codec<unknown> = {
    size: 4,
    encode: (value, view, offset) => view.setUint32(offset, (value as { n: number }).n),
    decode: (view, offset) => ({ n: view.getUint32(offset) }),
  };
  using map = createMap({ type: "hash", key: number, value: number, maxEntries: 4 });
  const using = (use: () => unknown) => ({
    get n() {
      use();
      return 1;
    },
  });
  const refused = "a getter in the key or value of";
  expect(() =>
    map.set(
      { n: 1 },
      using(() => map.set({ n: 7 }, { n: 70 })),
    ),
  ).toThrow(refused);
  expect(map.getAll()).toEqual([[{ n: 7 }, { n: 70 }]]);
  for (const run of [
    (key: unknown) => map.get(key),
    (key: unknown) => map.has(key),
    (key: unknown) => map.delete(key),
  ]) {
    expect(() => run(using(() => map.raw.count()))).toThrow(refused);
  }
  using queue = createMap({ type: "queue", value: number, maxEntries: 4 });
  expect(() => queue.push(using(() => queue.push({ n: 2 })))).toThrow(refused);
  expect(() =>
    map.set(
      { n: 1 },
      using(() => map.close()),
    ),
  ).toThrow(expect.objectContaining({ code: "ERR_BPF_CLOSED" }));
});

kernelTest("pinning outside of bpffs: reported, and nothing is left behind", [bpffs], async () => {
  using map = createMap({ type: "array", valueSize: 4, maxEntries: 1 });
  // mkdirSync() with `recursive` would not return for the second.
  for (const path of [join(tmpdir(), "no-bpffs/deep/map"), "/proc/no-bpffs/map"]) {
    expect(() => map.pin(path)).toThrow("is not in bpffs");
  }
  expect(existsSync(join(tmpdir(), "no-bpffs"))).toBe(false);
  expect(() => map.pin(`${PINS}/a.b`)).toThrow("allows no dot in a name");
});

kernelTest("options of createMap, set and freeze: misspelt names, wrong types, repeated calls", [], async () => {
  const options = { type: "array", valueSize: 4, maxEntries: 1 } as const;
  expect(() => createMap({ ...options, valuesize: 8 } as typeof options)).toThrow(
    'createMap has no option "valuesize"',
  );
  using map = createMap(options);
  expect(() => map.set(0, new Uint8Array(4), { lock: 1 as unknown as boolean })).toThrow(
    "map array: set's option lock must be a boolean, got 1",
  );
  map.freeze();
  expect(() => map.freeze()).toThrow(expect.objectContaining({ hint: expect.stringContaining("frozen already") }));
});
