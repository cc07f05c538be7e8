/** Maps and global variables. */
import { cpus } from "node:os";
import { type Codec, codecs, createMap, HashMap, open as openObject } from "node-libbpf";
import { open } from "../bpf/maps.bpf";
import { objectPath } from "../bpf/objects";
import { kernelTest, since } from "./needs";

const u32 = (value: number) => new Uint8Array(Uint32Array.of(value).buffer);
const u64 = (value: bigint) => new Uint8Array(BigUint64Array.of(value).buffer);

const load = () => open().load();
const failing = (errno: string) => expect.objectContaining({ code: "ERR_BPF_MAP", errno });

kernelTest("hash: set, get, delete, iterate, with the object's types", [], async () => {
  using object = await load();
  const map = object.maps.hash;
  expect(map).toMatchObject({ type: "hash", keySize: 4, valueSize: 8, maxEntries: 8 });
  expect(map.get(1)).toBeUndefined();
  expect(map.delete(1)).toBe(false);
  for (let i = 0; i < 8; i++) map.set(i, BigInt(i) * 10n);
  expect(map.get(3)).toBe(30n);
  expect(map.has(3)).toBe(true);
  expect([...map.keys()].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect([...map.values()].sort()).toEqual([0n, 10n, 20n, 30n, 40n, 50n, 60n, 70n]);
  const expected = new Map([0, 1, 2, 3, 4, 5, 6, 7].map((i) => [i, BigInt(i) * 10n]));
  expect(new Map(map)).toEqual(expected);
  expect(new Map(map.getAll())).toEqual(expected);
  const seen = new Map<number, bigint>();
  map.forEach((value, key) => void seen.set(key, value));
  expect(seen).toEqual(expected);
  expect(map.count()).toBe(8);
  expect(() => map.set(8, 0n)).toThrow(expect.objectContaining({ errno: "E2BIG", map: "hash" }));
  expect(() => map.set(3, 0n, "noexist")).toThrow(failing("EEXIST"));
  expect(() => map.set(3, 0n, { mode: "noexist" })).toThrow(failing("EEXIST"));
  expect(map.raw.get(u32(3))).toEqual(u64(30n));
  map.clear();
  expect([...map]).toEqual([]);
  expect(() => map.set(3, 0n, "exist")).toThrow(failing("ENOENT"));
});

kernelTest("hash: many keys in one call", [], async () => {
  using object = await load();
  const map = object.maps.hash;
  map.setMany([1, 2, 3].map((i) => [i, BigInt(i)] as const));
  expect(map.getMany([3, 9, 1])).toEqual([3n, undefined, 1n]);
  expect(map.deleteMany([1, 9, 2])).toBe(2);
  expect(map.getAll()).toEqual([[3, 3n]]);
  const tooMany = Array.from({ length: 20 }, (_, i) => [i, 0n] as const);
  expect(() => map.setMany(tooMany)).toThrow(
    expect.objectContaining({ errno: "E2BIG", processed: 8, message: expect.stringContaining("after 8 of 20") }),
  );
  expect(() => map.setMany([[1, 0n]], "noexist")).toThrow(expect.objectContaining({ errno: "EEXIST", processed: 0 }));
  expect(map.setMany([]).getMany([])).toEqual([]);
  map.clear();
});

kernelTest("64-bit integers as numbers, with an option of open()", [], async () => {
  using object = await openObject(objectPath("maps"), { u64: "number" }).load();
  const map = object.map("hash", HashMap<number, number>);
  map.set(1, 2 ** 40);
  expect(map.getMany(Uint32Array.of(1, 2))).toEqual([2 ** 40, undefined]);
  expect([...map]).toEqual([[1, 2 ** 40]]);
  expect(() => map.set(1, 2 ** 53)).toThrow(/expected u64/);
  object.variables.counter = 7;
  expect(object.variables.counter).toBe(7);
});

kernelTest("a codec that uses the map while many keys are written does not change them", [], async () => {
  const { u32, u64 } = codecs;
  const nosy: Codec<number> = {
    ...u32,
    encode(value, view, offset) {
      if (value === 2) map.getMany([7, 8]);
      u32.encode(value, view, offset);
    },
  };
  using map = createMap({ type: "hash", key: nosy, value: u64, maxEntries: 8 });
  map.setMany([
    [1, 10n],
    [2, 20n],
  ]);
  expect(map.getMany([1, 2, 1])).toEqual([10n, 20n, 10n]);
  using negated = createMap({
    type: "hash",
    key: { ...u32, decode: (view: DataView, offset: number) => -u32.decode(view, offset) },
    value: u64,
    maxEntries: 8,
  });
  expect([...negated.set(5, 1n)]).toEqual([[-5, 1n]]);
});

kernelTest("an iteration ends when its loop is left", [], async () => {
  using object = await load();
  const map = object.maps.hash;
  map.setMany([1, 2, 3].map((i) => [i, BigInt(i)] as const));
  const entries = map.entries();
  for (const _ of entries) break;
  expect(entries.next()).toEqual({ done: true, value: undefined });
  const keys = map.keys();
  expect([...keys].sort()).toEqual([1, 2, 3]);
  expect([...keys]).toEqual([]);
  map.clear();
});

kernelTest("hash: take returns and removes in one step", [since("5.14")], async () => {
  using object = await load();
  const map = object.maps.hash;
  map.set(5, 50n);
  expect(map.take(5)).toBe(50n);
  expect(map.take(5)).toBeUndefined();
});

kernelTest("hash: an iteration with concurrent deletes and inserts ends", [], async () => {
  using object = await load();
  const map = object.maps.hash;
  for (let i = 0; i < 8; i++) map.set(i, 0n);
  let seen = 0;
  for (const key of map.keys()) {
    for (let i = 0; i < 8; i++) if (i !== key) map.delete(i);
    seen++;
    map.set(key + 100 + seen, 0n);
    map.delete(key + 100 + seen);
    if (seen > 100) break;
  }
  expect(seen).toBeLessThanOrEqual(16);
  map.clear();
});

kernelTest("lru_hash: keys and values whose sizes are not multiples of 8", [], async () => {
  using object = await load();
  const map = object.maps.lru;
  map.set("abcdef", "0123456789");
  expect(map.get("abcdef")).toBe("0123456789");
  expect([...map.keys()]).toEqual(["abcdef"]);
  expect(map.raw.get(Buffer.from("abcdef"))).toEqual(new Uint8Array(Buffer.from("0123456789")));
});

kernelTest("array: every index exists, none can be deleted", [], async () => {
  using object = await load();
  const map = object.maps.array;
  map.set(2, 7n);
  expect([...map]).toEqual([
    [0, 0n],
    [1, 0n],
    [2, 7n],
    [3, 0n],
  ]);
  expect(map.get(4)).toBeUndefined();
  expect(() => map.set(4, 0n)).toThrow(failing("E2BIG"));
  expect(() => map.delete(1)).toThrow(
    expect.objectContaining({ errno: "EINVAL", hint: expect.stringContaining("array") }),
  );
});

kernelTest("percpu_hash and percpu_array: one value for each possible CPU", [], async () => {
  using object = await load();
  const array = object.maps.percpu_array;
  const count = array.get(0)?.length as number;
  expect(count).toBeGreaterThanOrEqual(cpus().length);
  const values = Array.from({ length: count }, (_, cpu) => cpu + 1);
  array.set(1, values);
  expect(array.get(1)).toEqual(values);
  expect(array.sum(1)).toBe((count * (count + 1)) / 2);
  expect(array.sum(99)).toBeUndefined();
  expect(array.raw.get(u32(1))?.length).toBe(8 * count);
  expect(() => array.set(1, [])).toThrow(expect.objectContaining({ code: "ERR_BPF_ARGUMENT" }));

  const hash = object.maps.percpu_hash;
  const texts = Array.from({ length: count }, (_, cpu) => `cpu ${cpu}`);
  hash.set(9, texts);
  expect([...hash]).toEqual([[9, texts]]);
  expect(() => hash.sum(9)).toThrow(/only numbers have a sum/);
});

kernelTest("wrong keys and values are refused before any bpf(2) call", [], async () => {
  using object = await load();
  const map = object.maps.hash;
  const argument = (message: RegExp) =>
    expect.objectContaining({ code: "ERR_BPF_ARGUMENT", message: expect.stringMatching(message) });
  expect(() => map.get(-1)).toThrow(argument(/hash.key: expected (u32|__u32), got -1/));
  expect(() => map.set(1, "many" as never)).toThrow(argument(/hash.value/));
  expect(() => map.raw.get(new Uint8Array(3))).toThrow(argument(/a key has 4 bytes, got 3/));
  expect(() => map.raw.set(u32(1), new Uint8Array(9))).toThrow(argument(/a value has 8 bytes, got 9/));
  expect(() => map.raw.get("key" as never)).toThrow(argument(/got string/));
  const detached = new Uint8Array(4);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  expect(() => map.raw.get(detached)).toThrow(argument(/got 0/));
  for (const mode of ["sometimes", "toString", null, { mode: "toString" }]) {
    expect(() => map.set(1, 0n, mode as never)).toThrow(
      argument(/must be (an object|"any", "noexist" or "exist"), got/),
    );
  }
  expect(() => map.set(1, 0n, { moed: "exist" } as never)).toThrow(argument(/no option "moed"; it has: mode, lock/));
});

kernelTest(
  "without generated types, a map is accessed by name and class, and another class is refused",
  [],
  async () => {
    using object = await openObject(objectPath("maps")).load();
    const map = object.map("hash", HashMap<number, bigint>);
    expect(map.set(1, 10n).get(1)).toBe(10n);
    expect(map).toBe(object.maps.hash);
    expect(object.maps.queue).toMatchObject({ name: "queue", type: "queue", valueSize: 4 });
    expect(() => object.map("queue", HashMap)).toThrow(/is a queue map, not a HashMap/);
    expect(() => object.map("nothing", HashMap)).toThrow(/has no map nothing; it has: hash/);
  },
);

kernelTest("maps of an object are closed with it", [], async () => {
  using object = await load();
  const map = object.maps.hash;
  expect(map.id).toBe(map.info().id);
  expect(map.info()).toMatchObject({ type: "hash", name: "hash", maxEntries: 8, frozen: false });
  map.close();
  map.close();
  expect(map.closed).toBe(true);
  expect(() => map.get(1)).toThrow(expect.objectContaining({ code: "ERR_BPF_CLOSED", operation: "map.get" }));
  expect(() => map.fd).toThrow(expect.objectContaining({ code: "ERR_BPF_CLOSED" }));
  expect(object.maps.array.get(0)).toBe(0n);
});

kernelTest("untyped variables: values set before the load are in the kernel, and .rodata is frozen", [], async () => {
  const spec = openObject(objectPath("maps"));
  expect(spec.variables).toMatchObject({ limit: 7, offset: -5n, enabled: false, port: 443, level: -3, counter: 0n });
  spec.variables.limit = 9;
  spec.variables.offset = -(2n ** 63n);
  spec.variables.enabled = true;
  spec.variables.label = "hello";
  spec.variables.port = 8443;
  using object = await spec.load();
  expect(object.variables).toMatchObject({ limit: 9, offset: -(2n ** 63n), enabled: true, port: 8443, level: -3 });
  expect(object.variables.label).toBe("hello");
  object.variables.counter = 2n ** 64n - 1n;
  object.variables.level = -128;
  expect(object.variables).toMatchObject({ counter: 2n ** 64n - 1n, level: -128 });
  expect(() => {
    object.variables.limit = 1;
  }).toThrow(expect.objectContaining({ code: "ERR_BPF_MAP", errno: "EPERM", map: ".rodata" }));
  expect(() => {
    object.variables.level = 128;
  }).toThrow("variable level: expected s8, got 128");
  expect(() => {
    object.variables.no_such = 1;
  }).toThrow(TypeError);
  expect(object.maps[".rodata"]).toMatchObject({ type: "array" });
});

kernelTest("many elements of the wrong type are refused", [], async () => {
  using map = createMap({ type: "hash", key: codecs.u32, value: codecs.u32, maxEntries: 4 });
  for (const many of [5, undefined, null, "12", {}] as never[]) {
    for (const call of [() => map.getMany(many), () => map.setMany(many), () => map.deleteMany(many)]) {
      expect(call).toThrow("many elements come as an array or iterable");
    }
  }
});

kernelTest("a list that its own getters extend is written with its original length", [], async () => {
  using object = await open().load();
  const { hash } = object.maps;
  const list: [number, bigint][] = [];
  const add = (): [number, bigint] => {
    const entry = [list.length, 1n] as [number, bigint];
    Object.defineProperty(entry, 0, {
      get: () => {
        add();
        return 7;
      },
    });
    list.push(entry);
    return entry;
  };
  add();
  hash.setMany(list);
  expect([...hash]).toEqual([[7, 1n]]);
  const keys = [7];
  Object.defineProperty(keys, 0, {
    get: () => {
      keys.push(8);
      return 7;
    },
  });
  expect(hash.getMany(keys)).toEqual([1n]);
  expect(hash.deleteMany(keys)).toBe(1);
});
