/** Methods with invalid arguments: each call succeeds or throws an error of the library with a code. */
import { codecs, createMap, openMap, openMapById } from "node-libbpf";
import { rawErrors, type Subject } from "../bad-arguments";
import { open as openEvents } from "../bpf/events.bpf";
import { open as openMaps } from "../bpf/maps.bpf";
import { kernelTest } from "./needs";

kernelTest(
  "invalid arguments, and objects that only look like the library's, throw an error of the library",
  [],
  async () => {
    using maps = await openMaps().load();
    using events = await openEvents().load();
    const made = {
      hash: createMap({ type: "hash", key: codecs.u32, value: codecs.u64, maxEntries: 4 }),
      array: createMap({ type: "array", valueSize: 8, maxEntries: 4 }),
      percpu: createMap({ type: "percpu_hash", keySize: 4, valueSize: 8, maxEntries: 4 }),
      lpm: createMap({ type: "lpm_trie", keySize: 8, valueSize: 4, maxEntries: 4 }),
      programs: createMap({ type: "prog_array", maxEntries: 4 }),
      queue: createMap({ type: "queue", valueSize: 4, maxEntries: 4 }),
    };
    using link = events.programs.on_call.attach({ path: process.execPath, function: "uv_os_getpriority" });
    // Excludes members that wait, close the object, or can't be undone; reading to the map's end is a separate call.
    const not = ["close", "freeze", "dispose"];
    const functions = { createMap, openMap, openMapById };
    const before = { createMap: [[{ type: "hash" }]] } as Record<string, readonly (readonly unknown[])[]>;
    const subjects: Subject[] = [
      ...Object.entries(functions).map(([name, of]) => ({ name, of, before: before[name] ?? [] })),
      ...Object.entries(made).map(([name, of]) => ({ name, of, not, before: [[1]] })),
      { name: "raw", of: made.hash.raw, not, before: [[new Uint8Array(4)]] },
      ...Object.entries(maps.maps).map(([name, of]) => ({ name: `${of.type} ${name}`, of, not })),
      { name: "RingBuffer", of: events.maps.events, not: [...not, "read", "start", "run"] },
      { name: "BpfObject", of: maps, not, before: [["hash"]] },
      { name: "ObjectSpec", of: openMaps() },
      { name: "Program", of: events.programs.on_call },
      { name: "Link", of: link, not: [...not, "detach", "disconnect", "update"] },
    ];
    try {
      expect(await rawErrors(subjects)).toEqual([]);
    } finally {
      for (const map of Object.values(made)) map.close();
    }
  },
);

kernelTest("a list that grows while it is written is written with its original length", [], async () => {
  using map = createMap({ type: "hash", key: codecs.u32, value: codecs.u64, maxEntries: 1000 });
  const list: [number, bigint][] = [];
  for (let i = 0; i < 3; i++) {
    list.push(
      Object.defineProperty([i, 0n] as [number, bigint], 1, {
        get: () => {
          list.push([100 + list.length, 1n]);
          return 7n;
        },
      }),
    );
  }
  map.setMany(list);
  expect(
    map
      .getAll()
      .map(([key]) => key)
      .sort(),
  ).toEqual([0, 1, 2]);
});
