/** lib/map-types.ts: the compiler asks for each row and each field, and what can't read the rows says the same. */
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import ts from "typescript";
import { Flag, MapType } from "../../lib/constants";
import { hintFor } from "../../lib/map/hints";
import type { MapOperation } from "../../lib/map/map-operation";
import { type MapTypeRow, mapClasses, mapTypeName, mapTypeNumber, mapTypeRowOf, mapTypes } from "../../lib/map-types";
import { PROJECT_ROOT } from "../../scripts/places";

const rows: readonly (readonly [string, MapTypeRow])[] = Object.entries(mapTypes);
const read = (path: string) => readFileSync(join(PROJECT_ROOT, path), "utf8");

test("rows stand in the order of enum bpf_map_type, and none is missing", () => {
  const numbers = rows.map(([name]) => mapTypeNumber(name));
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  expect(numbers.at(-1)).toBeGreaterThanOrEqual(Math.max(...Object.values(MapType)));
});

test("names and numbers, of types that are not known too", () => {
  for (const [name] of rows) expect(mapTypeName(mapTypeNumber(name))).toBe(name);
  expect([mapTypeName(999), mapTypeNumber("type 999"), mapTypeNumber("hashh")]).toEqual(["type 999", 999, 0]);
  expect([mapTypeName(MapType.CGROUP_STORAGE_DEPRECATED), mapTypeRowOf(999)]).toEqual(["cgroup_storage", undefined]);
});

describe("what the compiler says of lib/map-types.ts", () => {
  const text = read("lib/map-types.ts");
  const constants = read("lib/constants.ts");
  const isNewer = text.replace('"./constants"', '"./newer-constants"');
  const QUEUE = /^ {2}queue: \{[\s\S]*?^ {2}\},\n/m;
  const without = (pattern: RegExp) => text.replace(pattern, "");

  /** What becomes of the file, and what the compiler says then. */
  const CHANGES: readonly (readonly [what: string, changed: string, error: string | undefined])[] = [
    ["nothing", text, undefined],
    ["a row was forgotten", without(QUEUE), "Property 'queue' is missing"],
    ["a newer header has a new type", isNewer, "Property 'pretend' is missing"],
    ["the new type has a row", isNewer.replace(QUEUE, (row) => row + row.replace("queue", "pretend")), undefined],
    ["since was forgotten", without(/since: "4.20",\n/), "Property 'since' is missing"],
    ["create was forgotten", without(/create: KEYLESS,\n/), "Property 'create' is missing"],
    ["maxEntries was forgotten", without(/, maxEntries: "elements"/), "Property 'maxEntries' is missing"],
    ["mmap was forgotten", without(/, mmap: false/), "Property 'mmap' is missing"],
    ["instead was forgotten", without(/, instead: "ringbuf"/), "Property 'instead' is missing"],
    ["needs was forgotten", without(/needs: undefined,\n/), "Property 'needs' is missing"],
    ["there is no such class", text.replace('class: "QueueMap"', 'class: "QueueMaps"'), "QueueMaps"],
  ];
  /** All in one program: most of the time is for the compiler's own declarations. */
  const errors = (() => {
    let found: ReadonlyMap<string, string> | undefined;
    return (name: string) => {
      found ??= compile([
        ["constants.ts", constants],
        ["newer-constants.ts", constants.replace(/^( {2}INSN_ARRAY: \d+,)$/m, "$1\n  PRETEND: 36,")],
        ...CHANGES.map(([what, changed]) => [`${what}.ts`, changed] as const),
      ]);
      return found.get(name);
    };
  })();

  test.each(CHANGES)("%s", (what, _, error) => {
    if (error === undefined) expect(errors(`${what}.ts`)).toBeUndefined();
    else expect(errors(`${what}.ts`)).toContain(error);
  });
});

/** What the compiler says of files, by their names. */
function compile(files: readonly (readonly [name: string, text: string])[]): Map<string, string> {
  const folder = join(PROJECT_ROOT, "lib");
  const texts = new Map(files.map(([name, text]) => [join(folder, name), text]));
  const host = ts.createCompilerHost({});
  const { readFile, fileExists, getSourceFile } = host;
  host.readFile = (file) => texts.get(file) ?? readFile(file);
  host.fileExists = (file) => texts.has(file) || fileExists(file);
  host.getSourceFile = (file, target) => {
    const text = texts.get(file);
    return text === undefined ? getSourceFile(file, target) : ts.createSourceFile(file, text, target);
  };
  const options = { strict: true, skipLibCheck: true, types: [], lib: ["lib.es2023.d.ts"], noEmit: true };
  const program = ts.createProgram([...texts.keys()], options, host);
  const found = new Map<string, string>();
  for (const { file, messageText } of ts.getPreEmitDiagnostics(program)) {
    const name = file === undefined ? "" : basename(file.fileName);
    found.set(name, `${found.get(name) ?? ""}${ts.flattenDiagnosticMessageText(messageText, "\n")}\n`);
  }
  return found;
}

describe("binding/map.cc", () => {
  const source = read("binding/map.cc");
  const constant = (name: string) => Number(new RegExp(`uint32_t ${name} = (\\d+);`).exec(source)?.[1]);

  test("has the same types with values per CPU", () => {
    const [, body = ""] = /bool mayBePerCpu\(uint32_t type\) \{([^}]*)\}/.exec(source) ?? [];
    const named = [...body.matchAll(/BPF_MAP_TYPE_(\w+)/g)].map(([, name = ""]) => name.toLowerCase());
    expect(named.sort()).toEqual(
      rows
        .filter(([, { elements }]) => elements.perCpu)
        .map(([name]) => name)
        .sort(),
    );
    expect(body).toContain("type > kLastKnown");
  });

  test("knows as many types, and which one has pages", () => {
    expect(constant("kLastKnown")).toBe(Math.max(...rows.map(([name]) => mapTypeNumber(name))));
    const paged = rows.filter(([, { elements }]) => elements.maxEntries === "pages");
    expect(paged.map(([name]) => mapTypeNumber(name))).toEqual([constant("kArena")]);
  });
});

describe("docs/maps.md", () => {
  const page = read("docs/maps.md");

  test("has a line for each type", () => {
    const lines = rows.map(([type, { since, class: name, calls, programs }]) => {
      const can = [
        ...(calls.iterate ? [calls.batch ? "iterate in batches" : "iterate"] : []),
        ...(calls.delete ? ["delete"] : []),
        ...(calls.mmap ? ["mmap"] : []),
      ];
      const sleepable = programs.sleepable === "never" ? "never" : programs.sleepable[0];
      return `| ${type} | \`${name}\` | ${since} | ${sleepable} | ${can.join(", ")} |`.replace("|  |", "| |");
    });
    const [, table = ""] = /^\| type \| class .*\n\|[-|]+\|\n((?:\|.*\n)+)/m.exec(page) ?? [];
    expect(table.trimEnd().split("\n")).toEqual(lines);
  });

  test("has each class", () => {
    const [, table = ""] = /^\| class \| .*\n\|[-|]+\|\n((?:\|.*\n)+)/m.exec(page) ?? [];
    const named = [...table.matchAll(/^\| ([^|]*) \|/gm)].flatMap(([, cell = ""]) => cell.match(/\w+/g) ?? []);
    expect(named.sort()).toEqual(Object.keys(mapClasses).sort());
  });
});

describe("hints", () => {
  const hint = (type: number, operation: MapOperation, errno: number) => {
    const map = { name: "map", type, keySize: 4, valueSize: 4, maxEntries: 1, flags: 0 };
    return hintFor(map, operation, -errno, () => false);
  };
  const [ENOENT, EBADF, E2BIG, EINVAL, ENOTSUPP] = [2, 9, 7, 22, 524];
  test.each([
    ["an index", MapType.DEVMAP, "set", E2BIG, /past the end of the map/],
    ["a key", MapType.HASH, "set", E2BIG, /The map is full/],
    ["a queue", MapType.QUEUE, "push", E2BIG, /pop first/],
    ["a storage's key", MapType.SK_STORAGE, "set", EBADF, /The key is not an open file descriptor/],
    ["a value", MapType.SOCKMAP, "set", EBADF, /The value is not an open file descriptor/],
    ["cgroup storage", MapType.PERCPU_CGROUP_STORAGE, "set", ENOENT, /attached program/],
    ["a map of maps", MapType.HASH_OF_MAPS, "set", EINVAL, /inner map/],
    ["an array's element", MapType.PERCPU_ARRAY, "delete", EINVAL, /write zeroes/],
    ["a type without delete", MapType.CGROUP_STORAGE, "delete", EINVAL, /can't be deleted/],
    ["an empty slot", MapType.SOCKMAP, "delete", EINVAL, undefined],
    ["a type that is not known", 999, "keys", ENOTSUPP, /can't iterate/],
  ])("%s", (_, type, operation, errno, expected) => {
    const found = hint(type, operation as MapOperation, errno);
    if (expected === undefined) expect(found).toBeUndefined();
    else expect(found).toMatch(expected);
  });

  test("EPERM: what the map's flags forbid", () => {
    const map = { name: "map", type: MapType.HASH, keySize: 4, valueSize: 4, maxEntries: 1 };
    const EPERM = -1;
    expect(hintFor({ ...map, flags: Flag.RDONLY }, "pop", EPERM, () => false)).toContain("BPF_F_RDONLY");
    expect(hintFor({ ...map, flags: Flag.WRONLY }, "pop", EPERM, () => false)).toContain("BPF_F_WRONLY");
    expect(hintFor({ ...map, flags: 0 }, "set", EPERM, () => true)).toContain("frozen");
  });
});
