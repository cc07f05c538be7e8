/** Every map type: how to create one, and what user space can do with it. */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import {
  activeLsms,
  type BpfMap,
  type CreateMapOptions,
  codecs,
  createMap,
  type ElementMap,
  type MapTypeName,
  type MapTypes,
} from "node-libbpf";
import { Btf } from "../../lib/btf/btf";
import { BtfKind } from "../../lib/btf/btf-kinds";
import { open as openEvents } from "../bpf/events.bpf";
import { isSince } from "./needs";

type Made<T extends MapTypeName> = MapTypes<number, bigint>[T];

export interface MapCase {
  /** Kernels that were built without these options do not have it. */
  config?: readonly string[];
  options(): CreateMapOptions<MapTypeName, number, bigint>;
  /** Fills, reads, iterates and deletes, as far as user space may. */
  use(map: BpfMap): void | Promise<void>;
}

const { u32, u64 } = codecs;

/** Combines how a map is created with how it is used. */
function mapCase<T extends MapTypeName>(
  type: T,
  options: Omit<CreateMapOptions<T, number, bigint>, "type">,
  use: (map: Made<T>) => void | Promise<void>,
  config: readonly string[] = [],
): [T, MapCase] {
  return [
    type,
    {
      config,
      options: () => ({ type, ...options }) as CreateMapOptions<MapTypeName, number, bigint>,
      use: use as (map: BpfMap) => void,
    },
  ];
}

const CPUS = createCpus();

function createCpus(): number {
  const [first = "", last = first] = (
    readFileSync("/sys/devices/system/cpu/possible", "latin1").trim().split(",")[0] ?? "0"
  ).split("-");
  return Number(last) - Number(first) + 1;
}

const each = (value: bigint) => Array.from({ length: CPUS }, () => value);

function hash(map: ElementMap<number, bigint>): void {
  map.set(1, 10n).set(2, 20n);
  map.setMany([[3, 30n]]);
  expect(map.get(1)).toBe(10n);
  expect(map.getMany([3, 4])).toEqual([30n, undefined]);
  expect(new Map(map)).toEqual(new Map([1, 2, 3].map((key) => [key, BigInt(key) * 10n])));
  expect(map.delete(1)).toBe(true);
  expect([...map.keys()].sort()).toEqual([2, 3]);
  map.clear();
  expect(map.count()).toBe(0);
}

function perCpuHash(map: Made<"percpu_hash">): void {
  map.set(7, each(3n));
  expect(map.get(7)).toEqual(each(3n));
  expect(map.sum(7)).toBe(3n * BigInt(CPUS));
  expect(map.getAll()).toEqual([[7, each(3n)]]);
  expect(map.delete(7)).toBe(true);
  expect(map.count()).toBe(0);
}

/** A queue's or stack's values have an order. */
const queue = (order: readonly bigint[]) => (map: Made<"queue">) => {
  map.push(1n).push(2n);
  expect(map.peek()).toBe(order[0]);
  expect([map.pop(), map.pop(), map.pop(), map.peek()]).toEqual([...order, undefined, undefined]);
  for (let i = 0n; i < 4n; i++) map.push(i);
  expect(() => map.push(4n)).toThrow(
    expect.objectContaining({ errno: "E2BIG", hint: expect.stringContaining("full") }),
  );
  map.push(4n, { replace: true });
  while (map.pop() !== undefined);
};

/**
 * A type whose slots user space can list, but not fill without resources that a test can't create: the kernel's refusal
 * is a clear error.
 */
function refuses(map: ElementMap<number, bigint>, value: bigint, keys: readonly number[]): void {
  expect(() => map.set(0, value)).toThrow(expect.objectContaining({ code: "ERR_BPF_MAP", operation: "map.set" }));
  expect([...map.keys()]).toEqual(keys);
}

const noGet = (map: ElementMap<number, bigint>, key: number) =>
  expect(() => map.get(key)).toThrow(expect.objectContaining({ hint: expect.stringMatching(/can't read/) }));

async function socket(run: (fd: number) => void): Promise<void> {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const handle = (server as unknown as { _handle: { fd: number } })._handle;
  try {
    run(handle.fd);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

/** A cgroup v2 directory. */
function cgroup(): string | undefined {
  return /^\S+ (\S+) cgroup2 /m.exec(readFileSync("/proc/mounts", "latin1"))?.[1];
}

const small = { key: u32, value: u64, maxEntries: 4 };
const slots = { key: u32, maxEntries: 4 };
const none = (map: { getAll(): unknown[] }) => expect(map.getAll()).toEqual([]);

export const cases = new Map<MapTypeName, MapCase>([
  mapCase("hash", small, hash),
  mapCase("array", small, (map) => {
    map.set(1, 10n);
    expect([map.get(1), map.get(4)]).toEqual([10n, undefined]);
    expect(map.getAll()).toEqual([0n, 10n, 0n, 0n].map((value, index) => [index, value]));
    expect(() => map.delete(1)).toThrow(expect.objectContaining({ errno: "EINVAL" }));
  }),
  mapCase("prog_array", { maxEntries: 4 }, (map) => {
    using object = openEvents().loadSync();
    const program = object.programs.on_call;
    map.set(2, program);
    expect(map.get(2)).toBe(program.id);
    expect(map.getAll()).toEqual([[2, program.id]]);
    expect([...map.keys()]).toEqual([2]);
    expect([map.delete(2), map.get(2)]).toEqual([true, undefined]);
    expect(() => map.set(0, 1_000_000)).toThrow(expect.objectContaining({ errno: "EBADF" }));
  }),
  mapCase("perf_event_array", { maxEntries: 4 }, ({ slots }) => {
    refuses(slots as never, 1_000_000 as never, [0, 1, 2, 3]);
    noGet(slots as never, 0);
  }),
  mapCase("percpu_hash", small, perCpuHash),
  mapCase("percpu_array", small, (map) => {
    map.set(3, each(2n));
    expect(map.sum(3)).toBe(2n * BigInt(CPUS));
    expect(map.getAll().map(([, values]) => values[0])).toEqual([0n, 0n, 0n, 2n]);
  }),
  mapCase("stack_trace", { ...slots, valueSize: 64 }, (map) => {
    none(map);
    expect([map.get(1), map.delete(1)]).toEqual([undefined, false]);
    expect(() => map.raw.set(new Uint8Array(4), new Uint8Array(64))).toThrow(
      expect.objectContaining({ errno: "EINVAL" }),
    );
  }),
  mapCase(
    "cgroup_array",
    { ...slots, value: u32 as never },
    (map) => {
      const path = cgroup();
      if (path === undefined) return;
      const fd = openSync(path, "r");
      map.set(1, fd as never);
      noGet(map, 1);
      expect([map.delete(1), map.delete(1)]).toEqual([true, false]);
      closeSync(fd);
    },
    ["CGROUPS"],
  ),
  mapCase("lru_hash", { ...small, maxEntries: 64 }, hash),
  mapCase("lru_percpu_hash", { ...small, maxEntries: 64 }, perCpuHash),
  mapCase("lpm_trie", { keySize: 8, value: u64, maxEntries: 4 }, (map) => {
    map.set("10.0.0.0/8", 8n).set("10.1.0.0/16", 16n);
    expect([map.get("10.1.2.3"), map.get("10.2.0.1"), map.get("11.0.0.1")]).toEqual([16n, 8n, undefined]);
    if (isSince("4.16"))
      expect(new Map(map)).toEqual(
        new Map([
          ["10.1.0.0/16", 16n],
          ["10.0.0.0/8", 8n],
        ]),
      );
    expect([map.delete("10.1.0.0/16"), map.get("10.1.2.3")]).toEqual([true, 8n]);
    map.clear();
    expect(map.count()).toBe(0);
  }),
  mapCase(
    "array_of_maps",
    { maxEntries: 2, inner: { type: "array", keySize: 4, valueSize: 8, maxEntries: 3 } },
    (map) => {
      using inner = createMap({ type: "array", value: u64, maxEntries: 3, name: "inner" });
      map.set(1, inner);
      expect(map.idOf(1)).toBe(inner.id);
      using found = map.get(1);
      expect([found?.id, found?.type]).toEqual([inner.id, "array"]);
      expect([...map.keys()]).toEqual([1]);
      expect([map.delete(1), map.get(1)]).toEqual([true, undefined]);
      using other = createMap({ type: "hash", key: u32, value: u64, maxEntries: 3 });
      expect(() => map.set(0, other)).toThrow(
        expect.objectContaining({ errno: "EINVAL", hint: expect.stringContaining("inner map") }),
      );
    },
  ),
  mapCase(
    "hash_of_maps",
    { key: u32, maxEntries: 2, inner: { type: "hash", keySize: 4, valueSize: 8, maxEntries: 3 } },
    (map) => {
      using inner = createMap({ type: "hash", key: u32, value: u64, maxEntries: 3, name: "inner" });
      inner.set(1, 2n);
      map.set(77, inner);
      expect(map.idOf(77)).toBe(inner.id);
      for (const [key, found] of map) {
        expect([key, found.id]).toEqual([77, inner.id]);
        found.close();
      }
      expect([map.delete(77), map.get(77), [...map.keys()]]).toEqual([true, undefined, []]);
    },
  ),
  mapCase("devmap", { ...slots, value: u32 as never }, devices, ["NET"]),
  mapCase("sockmap", small, sockets, ["BPF_STREAM_PARSER|NET_SOCK_MSG"]),
  mapCase(
    "cpumap",
    { ...slots, value: u32 as never },
    (map) => {
      map.set(0, 192 as never);
      expect(map.getAll()).toEqual([[0, 192]]);
      expect([map.delete(0), map.get(0)]).toEqual([true, undefined]);
    },
    ["NET"],
  ),
  mapCase(
    "xskmap",
    { ...slots, value: u32 as never },
    (map) => {
      refuses(map, 1_000_000 as never, [0, 1, 2, 3]);
      noGet(map, 0);
      expect(map.delete(0)).toBe(true);
    },
    ["XDP_SOCKETS"],
  ),
  mapCase("sockhash", small, sockets, ["BPF_STREAM_PARSER|NET_SOCK_MSG"]),
  mapCase(
    "cgroup_storage",
    { valueSize: 8 },
    (map) => {
      none(map);
      const [key, value] = [new Uint8Array(16), new Uint8Array(8)];
      expect(map.raw.get(key)).toBeUndefined();
      expect(() => map.raw.set(key, value)).toThrow(
        expect.objectContaining({ errno: "ENOENT", hint: expect.stringContaining("attached") }),
      );
    },
    ["CGROUP_BPF"],
  ),
  mapCase(
    "reuseport_sockarray",
    small,
    async (map) => {
      await socket((fd) => refuses(map, BigInt(fd), [0, 1, 2, 3]));
      expect([map.get(0), map.delete(0)]).toEqual([undefined, false]);
    },
    ["INET"],
  ),
  mapCase("percpu_cgroup_storage", { valueSize: 8 }, none, ["CGROUP_BPF"]),
  mapCase("queue", { value: u64, maxEntries: 4 }, queue([1n, 2n])),
  mapCase("stack", { value: u64, maxEntries: 4 }, queue([2n, 1n])),
  mapCase("sk_storage", { value: u64 }, (map) => socket((fd) => storage(map, fd)), ["NET"]),
  mapCase("devmap_hash", { ...slots, value: u32 as never }, devices, ["NET"]),
  [
    "struct_ops",
    {
      // Since 6.9 a struct_ops type holds its module, so it does not exist without "struct module": e3f87fdfed7b.
      config: ["DEBUG_INFO_BTF", "BPF_JIT", "INET", ...(isSince("6.9") ? ["MODULES"] : [])],
      options() {
        const btf = new Btf(readFileSync("/sys/kernel/btf/vmlinux"));
        const id = btf.find(BtfKind.STRUCT, "bpf_struct_ops_tcp_congestion_ops") ?? 0;
        return { type: "struct_ops", valueSize: btf.typeOrSize(id), vmlinuxValueTypeId: id };
      },
      use(map) {
        const { raw } = map as Made<"struct_ops">;
        expect(raw.get(new Uint8Array(4))).toEqual(new Uint8Array(map.valueSize));
        expect(() => raw.set(new Uint8Array(4), new Uint8Array(map.valueSize).fill(1))).toThrow(
          expect.objectContaining({ errno: "EINVAL" }),
        );
      },
    },
  ],
  mapCase("ringbuf", { maxEntries: 4096 }, (map) => expect(map.read()).toEqual([])),
  mapCase(
    "inode_storage",
    { value: u64 },
    (map) => {
      const directory = mkdtempSync(join(tmpdir(), "node-libbpf-"));
      try {
        // The storage is part of the LSM's blob of an inode.
        if (activeLsms()?.includes("bpf")) storage(map, directory);
      } finally {
        rmSync(directory, { recursive: true });
      }
    },
    ["BPF_LSM"],
  ),
  mapCase("task_storage", { value: u64 }, (map) => {
    storage(map, process.pid);
    expect(() => map.get(0x7fffffff)).toThrow(
      expect.objectContaining({ errno: "ESRCH", message: expect.stringContaining("no process") }),
    );
    expect(() => map.get(-1)).toThrow(expect.objectContaining({ code: "ERR_BPF_ARGUMENT" }));
  }),
  mapCase("bloom_filter", { value: u64, maxEntries: 1024 }, (map) => {
    map.add(1n).add(2n);
    expect([map.has(1n), map.has(2n), map.raw.has(new Uint8Array(8))]).toEqual([true, true, false]);
  }),
  mapCase("user_ringbuf", { maxEntries: 4096 }, () => {}),
  mapCase(
    "cgrp_storage",
    { value: u64 },
    (map) => {
      const path = cgroup();
      if (path !== undefined) storage(map, path);
    },
    ["CGROUPS"],
  ),
  mapCase(
    "arena",
    { maxEntries: 4 },
    (map) => {
      const memory = map.memory();
      memory[5000] = 7;
      expect([memory.length % 4096, memory[5000], map.memory()[5000]]).toEqual([0, 7, 7]);
      map.close();
      expect(memory.length).toBe(0);
    },
    ["BPF_JIT"],
  ),
  mapCase("insn_array", slots, (map) => {
    const value = new Uint8Array(16);
    const key = new Uint8Array(4);
    map.raw.set(key, value);
    expect(map.raw.get(key)).toEqual(value);
    expect(map.count()).toBe(4);
  }),
]);

function devices(map: ElementMap<number, bigint>): void {
  map.set(1, 1 as never); // lo
  expect(map.getAll()).toEqual([[1, 1]]);
  expect([map.delete(1), map.get(1)]).toEqual([true, undefined]);
  expect(() => map.set(1, 0x7fffffff as never)).toThrow(expect.objectContaining({ errno: "EINVAL" }));
}

async function sockets(map: ElementMap<number, bigint>): Promise<void> {
  await socket((fd) => {
    map.set(1, BigInt(fd));
    expect(map.get(1)).toBeGreaterThan(0n); // its cookie
    expect(map.getAll()).toHaveLength(1);
    expect([map.delete(1), map.get(1)]).toEqual([true, undefined]);
  });
  expect(() => map.set(1, 1_000_000n)).toThrow(expect.objectContaining({ errno: "EBADF" }));
}

function storage<K>(map: StorageLike<K>, key: K): void {
  expect([map.get(key), map.has(key)]).toEqual([undefined, false]);
  map.set(key, 5n);
  expect([map.get(key), map.has(key)]).toEqual([5n, true]);
  expect(() => map.set(key, 6n, "noexist")).toThrow(expect.objectContaining({ errno: "EEXIST" }));
  expect([map.delete(key), map.delete(key)]).toEqual([true, false]);
}

interface StorageLike<K> {
  get(key: K): bigint | undefined;
  has(key: K): boolean;
  set(key: K, value: bigint, mode?: "noexist"): unknown;
  delete(key: K): boolean;
}

/** Whether the kernel was built with the options of a type; true if the configuration can't be read. */
export function isBuilt(options: readonly string[] = []): boolean {
  const text = config();
  const isSet = (names: string) => names.split("|").some((name) => new RegExp(`^CONFIG_${name}=[ym]`, "m").test(text));
  return text === "" || options.every(isSet);
}

function config(): string {
  try {
    return gunzipSync(readFileSync("/proc/config.gz")).toString("latin1");
  } catch {
    return ""; // Debian's kernels have no readable configuration, and support everything
  }
}
