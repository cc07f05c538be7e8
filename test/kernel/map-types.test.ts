/** Every map type that this kernel supports: created, filled, read, iterated, deleted, pinned and opened again. */
import { join } from "node:path";
import { createMap, MapType, type MapTypeName, openMap, openMapById } from "node-libbpf";
import { cases, isBuilt } from "./map-types";
import { bpffs, isSince, kernelTest, PINS } from "./needs";

/** Names of the same type: bpf.h renames the old one of two to "deprecated". */
const types = Object.keys(MapType)
  .map((name) => name.toLowerCase())
  .filter((name) => name !== "unspec" && !name.endsWith("_deprecated"));

test("every type has a case", () => {
  expect([...cases.keys()].sort()).toEqual([...types].sort());
});

for (const [type, { since, config, options, use }] of cases) {
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
  } else if (!isSince(since)) {
    kernelTest(`${type}: refused before Linux ${since}`, [], async () => {
      const make = () => createMap(options() as { type: MapTypeName }).close();
      expect(make).toThrow(expect.objectContaining({ code: "ERR_BPF_MAP_CREATE", operation: "map.create" }));
    });
  } else {
    test.skip(`${type} [needs ${config?.join(", ")}]`, () => {});
  }
}
