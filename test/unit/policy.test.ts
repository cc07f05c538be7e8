/** What two versions of a policy share: digests of maps, and what becomes of each. */
import { type MapSpec, open } from "node-libbpf";
import { Layouts } from "../../lib/btf/layouts";
import type { MapDigests } from "../../lib/object/map-digests";
import type { ObjectSpec } from "../../lib/object/object-spec";
import { describe as describeVersion } from "../../lib/policy/manifest";
import { fateOf } from "../../lib/policy/state";
import { open as openKconfig } from "../bpf/kconfig.bpf";
import { open as openMaps } from "../bpf/map-options.bpf";
import { objectPath } from "../bpf/objects";
import { open as openNew } from "../bpf/policy-new.bpf";
import { open as openOld } from "../bpf/policy-old.bpf";

const specs = () => [openOld(), openNew()] as unknown as [ObjectSpec, ObjectSpec];
const digests = (spec: ObjectSpec, name: string): MapDigests => spec.digestsOf(spec.map(name));
const whole = (spec: unknown, name: string) => digests(spec as ObjectSpec, name).whole;

test("maps of two versions are the same if their types, sizes, flags and initial values are", () => {
  const [old, fresh] = specs();
  const compared = Object.keys(old.maps).map((name) => {
    const [a, b] = [digests(old, name), digests(fresh, name)];
    return [name, a.layout === b.layout, a.whole === b.whole];
  });
  expect(compared.sort()).toEqual([
    [".bss", true, true],
    [".rodata", true, true],
    ["counts", false, false],
    ["denials", true, true],
    ["forbidden", true, true],
    ["seen", true, false],
  ]);
});

test("settings before the load count", () => {
  const change = (name: string, set: (spec: ReturnType<typeof openOld>) => void) => {
    const spec = openOld();
    const before = whole(spec, name);
    set(spec);
    return whole(spec, name) !== before;
  };
  expect(change(".rodata", (spec) => Object.assign(spec.variables, { limit: 11 }))).toBe(true);
  expect(change(".rodata", (spec) => Object.assign(spec.variables, { limit: 10 }))).toBe(false);
  expect(change(".bss", (spec) => Object.assign(spec.variables, { runs: 1n }))).toBe(true);
  expect(change("seen", (spec) => Object.assign(spec.maps.seen, { maxEntries: 65 }))).toBe(true);
  expect(change("seen", (spec) => Object.assign(spec.maps.seen, { flags: 1 }))).toBe(true);
  // The kernel makes the same ring.
  expect(change("denials", (spec) => Object.assign(spec.maps.denials, { maxEntries: 64 * 1024 - 1 }))).toBe(false);
  const kconfig = (text?: string) => whole(openKconfig(text === undefined ? {} : { kconfig: text }), ".kconfig");
  expect(kconfig()).toBe(kconfig());
  expect(kconfig("CONFIG_HZ=1")).not.toBe(kconfig());
});

test("a ring's records count, and the types of inner maps", () => {
  const [untyped, typed] = [openOld({ events: { denials: "struct inode" } }), openOld()];
  expect(whole(untyped, "denials")).not.toBe(whole(typed, "denials"));
  const outer = Object.values<MapSpec>(openMaps().maps).filter(({ inner }) => inner !== undefined);
  expect(outer.length).toBeGreaterThan(0);
  for (const { name } of outer) {
    const spec = openMaps() as unknown as ObjectSpec;
    const before = whole(spec, name);
    const map = spec.map(name);
    map.inner = { maxEntries: (map.inner?.maxEntries ?? 0) + 1 };
    expect([name, whole(spec, name)]).not.toEqual([name, before]);
  }
});

test("every type has a digest, the same each time it is read", () => {
  for (const name of ["shapes", "maps", "refusals", "whole-kinds"]) {
    const of = () => {
      const { btf } = open(objectPath(name));
      const layouts = new Layouts((id) => btf.type(id));
      return Array.from(btf.types(), (type) => layouts.of(type));
    };
    expect(of()).toEqual(of());
  }
});

const DIGESTS = { layout: "a", whole: "b" };
const RESIZED = { layout: "a", whole: "c" };
const CHANGED = { layout: "d", whole: "e" };
const move = () => {};

test.each([
  ["no map of this name", "forbidden", undefined, undefined, "created"],
  ["the same", "forbidden", DIGESTS, undefined, "adopted"],
  ["the same, with a function", "forbidden", DIGESTS, move, "adopted"],
  ["another size", "forbidden", RESIZED, undefined, "migrated"],
  ["another size, to be reset", "forbidden", RESIZED, "reset", "reset"],
  ["another layout, with a function", "forbidden", CHANGED, move, "migrated"],
  ["other variables", ".bss", CHANGED, undefined, "reset"],
  ["other variables, with a function", ".bss", CHANGED, move, "migrated"],
] as const)("what becomes of a map: %s", (_, name, was, migrate, outcome) => {
  const [spec] = specs();
  expect(fateOf("/dir", spec.map(name), was, DIGESTS, migrate)).toBe(outcome);
});

test.each([
  ["another layout", "forbidden", CHANGED, /the layout of map forbidden changed, and its state would be lost/],
  ["a ring of another size", "denials", RESIZED, /the type or size of map denials changed/],
] as const)("state that would be lost is an error: %s", (_, name, was, message) => {
  const [spec] = specs();
  expect(() => fateOf("/dir", spec.map(name), was, DIGESTS, undefined)).toThrow(
    expect.objectContaining({ code: "ERR_BPF_MAP", map: name, message: expect.stringMatching(message) }),
  );
});

test("how a program is attached counts, and in which section it is", () => {
  const of = (options: object | undefined, change: (spec: ObjectSpec) => void = () => {}) => {
    const [spec] = specs();
    change(spec);
    return describeVersion(spec, (name) => (name === "on_task" ? options : undefined)).programs.on_task;
  };
  const all = [
    of(undefined),
    of({}),
    of({ cookie: 1n }),
    of({ target: "task_rename" }),
    of({ target: "/" }),
    of({ program: { id: 1, fd: 3 } }),
    of({}, (spec) => {
      spec.program("on_task").sleepable = true;
    }),
  ];
  expect(new Set(all).size).toBe(all.length);
  expect(of({ cookie: 1n })).toBe(of({ cookie: 1n }));
  expect(of({ program: { id: 1, fd: 4 } })).toBe(of({ program: { id: 1, fd: 3 } }));
});
