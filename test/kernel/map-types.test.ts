/** Every map type that this kernel supports: created, filled, read, iterated, deleted, pinned and opened again. */
import { join } from "node:path";
import {
  type BpfMap,
  type CreateMapOptions,
  createMap,
  Flag,
  type MapTypeName,
  openMap,
  openMapById,
} from "node-libbpf";
import type { MapCore, Scratch } from "../../lib/map/core";
import { mapTypes } from "../../lib/map-types";
import { native } from "../../lib/native";
import { cases, isBuilt } from "./map-types";
import { bpffs, isSince, kernelTest, PINS } from "./needs";

const UNSUPPORTED = [-22, -95, -524]; // EINVAL, EOPNOTSUPP, ENOTSUPP

/** The memory of single elements, with a key that names none: a number of 0, a descriptor of -1. */
function scratchOf(map: BpfMap): Scratch {
  const memory = (map as unknown as { core: MapCore }).core.scratch("get");
  const isDescriptor = mapTypes[map.type as MapTypeName].elements.keys === "descriptor";
  memory.bytes.fill(isDescriptor ? 0xff : 0, memory.key, memory.key + map.keySize);
  return memory;
}

const iterates = (map: BpfMap) => !UNSUPPORTED.includes(native.mapNextKey(scratchOf(map).handle, true));
const deletes = (map: BpfMap) => !UNSUPPORTED.includes(native.mapDelete(scratchOf(map).handle, 0));

function canBeMapped(options: CreateMapOptions<MapTypeName, number, bigint>): boolean {
  try {
    using map = createMap({ ...options, flags: Flag.MMAPABLE });
    return typeof native.mapMemory(scratchOf(map).handle, -1, 0) !== "number";
  } catch {
    return false;
  }
}

test("every type that users can name has a case", () => {
  const types = Object.entries(mapTypes).filter(([, row]) => row.class !== "BpfMap");
  expect([...cases.keys()].sort()).toEqual(types.map(([type]) => type).sort());
});

for (const [type, { config, options, use }] of cases) {
  const { since, calls } = mapTypes[type];
  const there = isSince(since) && isBuilt(config);
  if (there) {
    kernelTest(`${type}: made, used, pinned, reopened`, [bpffs], async () => {
      using map = createMap({ ...options(), name: `t_${type}`.slice(0, 15) });
      expect(map).toMatchObject({ type, name: `t_${type}`.slice(0, 15) });
      expect(map.info()).toMatchObject({ type, id: map.id, frozen: false });
      const path = join(PINS, type);
      map.pin(path);
      try {
        using again = openMap(path, { type, keySize: map.keySize, maxEntries: map.maxEntries });
        expect(again.id).toBe(map.id);
        expect(() => map.pin(path)).toThrow(expect.objectContaining({ errno: "EEXIST", operation: "map.pin" }));
      } finally {
        map.unpin(path);
      }
      expect(() => openMap(path)).toThrow(expect.objectContaining({ code: "ERR_BPF_MAP", errno: "ENOENT" }));
      using byId = openMapById(map.id);
      expect([byId.type, byId.name]).toEqual([map.type, map.name]);
      await use(map);
    });
    kernelTest(`${type}: the row says what user space can do`, [], async () => {
      using map = createMap(options());
      expect(iterates(map)).toBe(calls.iterate);
      // A sockmap has EINVAL for an empty slot too.
      if (type !== "sockmap") expect(deletes(map)).toBe(calls.delete);
      expect(canBeMapped(options())).toBe(calls.mmap);
    });
  } else if (!isSince(since)) {
    kernelTest(`${type}: refused before Linux ${since}`, [], async () => {
      const make = () => createMap(options() as { type: MapTypeName }).close();
      expect(make).toThrow(expect.objectContaining({ code: "ERR_BPF_MAP_CREATE", operation: "map.create" }));
    });
  } else {
    test.skip(`${type} [needs ${config?.join(", ")}]`, () => {});
  }
}
