/** Methods with arguments that no caller should pass: an error of ours, with a code, or none. */
import { codecs, createMap, kernelProfile, openMap, openMapById, readBtf, readProfile } from "node-libbpf";
import { open as openEvents } from "../bpf/events.bpf";
import { open as openMaps } from "../bpf/maps.bpf";
import { kernelTest } from "./needs";

const BAD: readonly unknown[] = [
  ...[undefined, null, 1n, -1, Number.NaN, "", "x", "a\0b", true, Symbol("s"), () => {}],
  ...[[], [undefined], [[1]], {}, new Uint8Array(3), new Proxy({}, {}), Object.create(null)],
];

kernelTest("what is no argument is refused in our words", [], async () => {
  using maps = await openMaps().load();
  using events = await openEvents().load();
  using hash = createMap({ type: "hash", key: codecs.u32, value: codecs.u64, maxEntries: 4 });
  using array = createMap({ type: "array", valueSize: 8, maxEntries: 4 });
  using lpm = createMap({ type: "lpm_trie", keySize: 8, valueSize: 4, maxEntries: 4 });
  using programs = createMap({ type: "prog_array", maxEntries: 4 });
  const methods = [
    "get",
    "has",
    "set",
    "delete",
    "getMany",
    "setMany",
    "deleteMany",
    "forEach",
    "take",
    "pin",
    "unpin",
  ];
  const things: readonly (readonly [object, readonly string[]])[] = [
    [hash, methods],
    [array, methods],
    [lpm, methods],
    [programs, methods],
    [hash.raw, methods],
    [maps, ["map", "program"]],
    [openMaps(), ["map", "program", "check", "loadSync"]],
    [events.programs.on_call, ["attach"]],
    [{ createMap, openMap, openMapById, kernelProfile, readProfile, readBtf }, []],
  ];
  const raw: string[] = [];
  for (const [thing, names] of things) {
    for (const name of names.length > 0 ? names : Object.keys(thing)) {
      for (const bad of BAD) {
        for (const args of [[bad], [1, bad], [bad, bad], ["hash", bad]]) {
          try {
            const made = (thing as Record<string, (...args: unknown[]) => unknown>)[name]?.(...args);
            if (
              made !== thing &&
              typeof made === "object" &&
              made !== null &&
              "close" in made &&
              !["map", "program"].includes(name)
            )
              (made as { close(): void }).close();
          } catch (error) {
            const { code = "", message } = error as { code?: string; message: string };
            if (!String(code).startsWith("ERR_BPF_")) raw.push(`${thing.constructor.name}.${name}: ${message}`);
          }
        }
      }
    }
  }
  expect([...new Set(raw)]).toEqual([]);
  await expect(events.programs.on_call.testRun(null as never)).rejects.toMatchObject({ code: "ERR_BPF_ARGUMENT" });
});

kernelTest("a list that grows while it is written is written as it was", [], async () => {
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
