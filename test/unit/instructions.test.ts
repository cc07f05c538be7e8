/** Facts from instructions: maps, helpers, kfuncs, and whether the verifier always reaches a call. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { BpfError, Flag, kernelProfile } from "node-libbpf";
import { known } from "../../lib/kernel/fact";
import { open } from "../../lib/object/object-spec";
import type { ProgramFacts } from "../../lib/verdict";
import { objectPath } from "../bpf/objects";

function factsOf(spec: ReturnType<typeof open>): Record<string, ProgramFacts> {
  for (const program of Object.values(spec.programs)) program.autoload = true;
  return Object.fromEntries(spec.programFacts().map((facts) => [facts.name, facts]));
}

const facts = factsOf(open(objectPath("facts")));
const factsFor = (program: string) => facts[program] as ProgramFacts;
const copy = (conditional: boolean) => ({ name: "bpf_copy_from_user", conditional });
const mapNames = (program: string) => factsFor(program).maps.map(({ name }) => name);

describe("a helper call is certain", () => {
  test.each([
    ["in the program itself", "direct"],
    ["in a static function", "in_static"],
    ["behind a branch in a global function", "in_global"],
    ["behind a branch on data of run time", "runtime_branch"],
    ["behind a branch on a field, of which only the offset is relocated", "field_offset"],
    ["on both sides of a branch on a constant", "constant_both"],
    ["behind an argument that a caller makes constant", "other_argument"],
  ])("%s", (_, program) => {
    expect(factsFor(program).helpers).toContainEqual(copy(false));
  });
});

describe("a call is not reached behind", () => {
  test.each([
    ["a const volatile", "constant_branch"],
    ["a const volatile struct", "constant_struct"],
    ["a static const volatile array", "constant_text"],
    ["an argument that this caller makes constant", "constant_argument"],
  ])("%s that is false", (_, program) => {
    expect(factsFor(program).helpers.filter(({ name }) => name === "bpf_copy_from_user")).toEqual([]);
  });

  test("and is reached if the constant is set", () => {
    const spec = open(objectPath("facts"));
    spec.variables.enabled = true;
    expect(factsOf(spec).constant_branch?.helpers).toEqual([
      { name: "bpf_get_current_pid_tgid", conditional: false },
      copy(false),
    ]);
  });
});

describe("a helper call is conditional behind", () => {
  test.each([
    ["a kconfig extern", "constant_kconfig"],
    ["a test of whether a field exists", "constant_core"],
  ])("%s", (_, program) => {
    expect(factsFor(program).helpers).toContainEqual(copy(true));
  });

  test("a kconfig extern: decided if the kernel's configuration is known", () => {
    const kernel = (CONFIG_HZ: string) => ({ ...kernelProfile("6.12"), config: known({ HZ: CONFIG_HZ }, "test") });
    const helpers = (hz: string) => {
      const spec = open(objectPath("facts"));
      spec.program("constant_kconfig").autoload = true;
      return spec.programFacts(kernel(hz)).find(({ name }) => name === "constant_kconfig")?.helpers;
    };
    expect([helpers("250"), helpers("1000")]).toEqual([[copy(false)], []]);
  });
});

test("a call in the callback of a timer does not count as the program's own", () => {
  expect(factsFor("in_callback").helpers).toContainEqual({ ...copy(false), context: "timer" });
});

test("strings and tables of the compiler are not constants that decide branches", () => {
  expect(mapNames("direct")).toContain(".rodata");
  expect(mapNames("runtime_branch")).toContain(".rodata");
});

test("the calls of unreachable code do not count, but its maps do", () => {
  expect(factsFor("unreachable")).toMatchObject({ helpers: [], maps: [{ name: "hash" }] });
});

test("kfuncs, strong and weak; a suffix after three underscores is not part of the name", () => {
  expect(factsFor("kfuncs").kfuncs).toEqual([
    { name: "strong_kfunc", conditional: false },
    { name: "weak_kfunc", conditional: true, weak: true },
  ]);
});

describe("maps", () => {
  test("referred to directly, in a static function, in a callback, and those of variables", () => {
    expect(mapNames("maps").sort()).toEqual([".bss", ".data.lock", "hash", "locked", "queue", "tries"]);
    expect(mapNames("in_static").sort()).toEqual([".bss", "queue"]);
    expect(mapNames("in_callback").sort()).toEqual([".bss", "queue", "timed"]);
    expect(mapNames("constant_kconfig")).toContain(".kconfig");
    expect(mapNames("threshold")).toEqual([]);
  });

  test("types, flags, managed fields, inner maps", () => {
    const map = (program: string, name: string) => factsFor(program).maps.find((other) => other.name === name);
    expect(map("maps", "hash")).toEqual({ name: "hash", type: "hash", flags: Flag.NO_PREALLOC, fields: [] });
    expect(map("maps", "locked")).toMatchObject({ type: "array", fields: ["bpf_spin_lock"] });
    expect(map("maps", ".data.lock")).toMatchObject({ fields: ["bpf_spin_lock"] });
    expect(map("in_callback", "timed")).toMatchObject({ fields: ["bpf_timer"], nested: ["bpf_timer"] });
    expect(map("maps", ".data.lock")).not.toHaveProperty("nested");
    expect(map("maps", "tries")).toMatchObject({
      type: "array_of_maps",
      inner: { type: "lpm_trie", flags: Flag.NO_PREALLOC, fields: [] },
    });
  });
});

test("struct_ops programs: the struct's member counts, whatever their section is", () => {
  expect(factsFor("start")).toMatchObject({ kind: "struct_ops", target: "tcp_congestion_ops.init" });
  expect(factsFor("threshold")).toMatchObject({ target: "tcp_congestion_ops.ssthresh" });
  expect(factsFor("orphan")).not.toHaveProperty("target");
});

test("settings count, and programs that are not loaded do not", () => {
  const spec = open(objectPath("facts"));
  const { direct, maps } = spec.programs;
  if (direct === undefined || maps === undefined) throw new Error();
  expect(spec.programFacts().map(({ name }) => name)).toEqual(["start", "threshold", "orphan"]);
  for (const program of Object.values(spec.programs)) program.autoload = program === direct || program === maps;
  expect(spec.programFacts()).toMatchObject([
    { name: "direct", section: "lsm/file_open", kind: "lsm", target: "file_open", sleepable: false, license: "GPL" },
    { name: "maps" },
  ]);
  direct.sleepable = true;
  direct.attachTarget = "task_free";
  spec.map("hash").flags = 0;
  const [first, second] = spec.programFacts();
  expect(first).toMatchObject({ target: "task_free", sleepable: true });
  expect(second?.maps.find(({ name }) => name === "hash")).toMatchObject({ flags: 0 });
});

test("the object's name may have dots", () => {
  const program = factsOf(open(objectPath("facts"), { name: "a.b" })).maps;
  expect(program?.maps).toHaveLength(6);
});

test("a map in .maps whose declared type is struct_ops does not crash libbpf", () => {
  const bytes = readFileSync(objectPath("facts"));
  // In BTF __uint(type, 22) is an array of 22: name, kind, size, element, index, length.
  const isArray = (at: number) =>
    bytes.readUInt32LE(at) === 0 && bytes.readUInt32LE(at + 4) === 0x03000000 && bytes.readUInt32LE(at + 20) === 22;
  const at = Array.from({ length: (bytes.length >> 2) - 6 }, (_, word) => word * 4).find(isArray);
  bytes.writeUInt32LE(26, (at ?? Number.NaN) + 20);
  expect(factsOf(open(bytes)).in_static?.maps.map(({ type }) => type)).toContain("struct_ops");
});

test.each(["facts", "lsm", "probes"])(
  "damaged bytes of %s give facts or a BpfError, and never anything else",
  (name) => {
    const bytes = readFileSync(objectPath(name));
    const damage = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 24 });
    fc.assert(
      fc.property(damage, fc.nat(bytes.length), (places, length) => {
        const copy = Buffer.from(bytes.subarray(0, length % 3 === 0 ? length : bytes.length));
        for (const [place, value] of places) if (place < copy.length) copy[place] = value;
        try {
          factsOf(open(copy));
        } catch (error) {
          if (!(error instanceof BpfError)) throw error;
        }
      }),
      { numRuns: 1000 },
    );
  },
);
