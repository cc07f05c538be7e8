/** Maps and global variables. */
import { cpus } from "node:os";
import { ArrayMap, HashMap, open, PerCpuArrayMap, PerCpuHashMap } from "node-libbpf";
import { objectPath } from "../bpf/objects";
import { kernelTest } from "./needs";

const u32 = (value: number) => new Uint8Array(Uint32Array.of(value).buffer);
const u64 = (value: bigint) => new Uint8Array(BigUint64Array.of(value).buffer);

const load = () => open(objectPath("maps")).load();

kernelTest("hash: set, get, delete, iterate", [], async () => {
  using object = await load();
  const map = object.map("hash", HashMap);
  expect(map).toMatchObject({ type: "hash", keySize: 4, valueSize: 8, maxEntries: 8 });
  expect(map.get(u32(1))).toBeUndefined();
  expect(map.delete(u32(1))).toBe(false);
  for (let i = 0; i < 8; i++) map.set(u32(i), u64(BigInt(i) * 10n));
  expect(map.get(u32(3))).toEqual(u64(30n));
  expect(map.has(u32(3))).toBe(true);
  expect([...map.keys()].map((key) => key[0]).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(new Map([...map].map(([key, value]) => [key[0], value[0]]))).toEqual(
    new Map([0, 1, 2, 3, 4, 5, 6, 7].map((i) => [i, i * 10])),
  );
  expect(() => map.set(u32(8), u64(0n))).toThrow(
    expect.objectContaining({ code: "ERR_BPF_MAP", errno: "E2BIG", map: "hash" }),
  );
  expect(() => map.set(u32(3), u64(0n), "noexist")).toThrow(expect.objectContaining({ errno: "EEXIST" }));
  for (const key of [...map.keys()]) expect(map.delete(key)).toBe(true);
  expect([...map]).toEqual([]);
  expect(() => map.set(u32(3), u64(0n), "exist")).toThrow(expect.objectContaining({ errno: "ENOENT" }));
});

kernelTest("hash: deleting while iterating ends", [], async () => {
  using object = await load();
  const map = object.map("hash", HashMap);
  for (let i = 0; i < 8; i++) map.set(u32(i), u64(0n));
  let seen = 0;
  for (const key of map.keys()) {
    for (let i = 0; i < 8; i++) if (i !== key[0]) map.delete(u32(i));
    seen++;
    map.set(u32((key[0] as number) + 100 + seen), u64(0n));
    if (seen > 100) break;
  }
  expect(seen).toBeLessThanOrEqual(16);
  for (const key of [...map.keys()]) map.delete(key);
});

kernelTest("lru_hash: keys and values whose sizes are not multiples of 8", [], async () => {
  using object = await load();
  const map = object.map("lru", HashMap);
  const key = Buffer.from("abcdef");
  const value = Buffer.from("0123456789");
  map.set(key, value);
  expect(Buffer.from(map.get(key) as Uint8Array)).toEqual(value);
  expect([...map.keys()].map((bytes) => Buffer.from(bytes).toString())).toEqual(["abcdef"]);
});

kernelTest("array: every index exists, none can be deleted", [], async () => {
  using object = await load();
  const map = object.map("array", ArrayMap);
  map.set(2, u64(7n));
  expect([...map].map(([index, value]) => [index, value[0]])).toEqual([
    [0, 0],
    [1, 0],
    [2, 7],
    [3, 0],
  ]);
  expect(map.get(4)).toBeUndefined();
  expect(() => map.set(4, u64(0n))).toThrow(expect.objectContaining({ errno: "E2BIG" }));
  expect(() => map.delete(1)).toThrow(
    expect.objectContaining({ errno: "EINVAL", hint: expect.stringContaining("array") }),
  );
});

kernelTest("percpu_hash and percpu_array: one value for each possible CPU", [], async () => {
  using object = await load();
  const array = object.map("percpu_array", PerCpuArrayMap);
  const count = array.get(0)?.length as number;
  expect(count).toBeGreaterThanOrEqual(cpus().length);
  array.set(
    1,
    Array.from({ length: count }, (_, cpu) => u32(cpu + 1)),
  );
  expect(array.get(1)).toEqual(Array.from({ length: count }, (_, cpu) => u32(cpu + 1)));
  expect(() => array.set(1, [])).toThrow(expect.objectContaining({ code: "ERR_BPF_ARGUMENT" }));

  const hash = object.map("percpu_hash", PerCpuHashMap);
  const values = Array.from({ length: count }, (_, cpu) => new Uint8Array(12).fill(cpu + 1));
  hash.set(u32(9), values);
  expect([...hash]).toEqual([[u32(9), values]]);
});

kernelTest("wrong keys and values are refused before the kernel is asked", [], async () => {
  using object = await load();
  const map = object.map("hash", HashMap);
  const argument = (message: RegExp) =>
    expect.objectContaining({ code: "ERR_BPF_ARGUMENT", map: "hash", message: expect.stringMatching(message) });
  expect(() => map.get(new Uint8Array(3))).toThrow(argument(/a key has 4 bytes, got 3/));
  expect(() => map.set(u32(1), new Uint8Array(9))).toThrow(argument(/a value has 8 bytes, got 9/));
  expect(() => map.get("key" as never)).toThrow(argument(/got string/));
  for (const mode of ["sometimes", "toString", null]) {
    expect(() => map.set(u32(1), u64(0n), mode as never)).toThrow(argument(/mode/));
  }
});

kernelTest("a map of a type without a class is there, as its facts", [], async () => {
  using object = await load();
  expect(object.maps.queue).toMatchObject({ name: "queue", type: "queue", valueSize: 4 });
  expect(() => object.map("queue", HashMap)).toThrow(/is a queue map, no HashMap/);
  expect(() => object.map("nothing", HashMap)).toThrow(/has no map nothing; it has: hash/);
});

kernelTest("variables: what was set before load is in the kernel, and .rodata is frozen", [], async () => {
  const spec = open(objectPath("maps"));
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
