/** Imports inside lib/ run downward, those of types too. docs/architecture.md has the same order. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import ts from "typescript";
import { PROJECT_ROOT } from "../../scripts/places";

const LIB = join(PROJECT_ROOT, "lib");

/** Each layer may import from those above it in this list. Folders of one layer do not import from each other; "." is lib/ itself. */
const LAYERS: readonly (readonly string[])[] = [
  ["."],
  ["native", "testing"],
  ["btf"],
  ["codec", "elf", "kernel"],
  ["events", "link", "sleepable"],
  ["map", "program"],
  ["object", "running"],
  ["gen", "policy", "run", "verify"],
  ["build"],
  ["index.ts"],
  ["cli"],
];

const layerOf = (place: string) => LAYERS.findIndex((layer) => layer.includes(place));

/** The folder of a file of lib/; the entry stands above the folders that it exports. */
function placeOf(file: string): string {
  return file === "index.ts" ? file : dirname(file).split("/", 1)[0] || ".";
}

/** The files of lib/ that a source imports, whatever for. */
function importsOf(file: string, source: string): string[] {
  const { importedFiles } = ts.preProcessFile(source, true, true);
  return importedFiles
    .map(({ fileName }) => fileName)
    .filter((name) => name.startsWith("."))
    .map((name) => normalize(join(dirname(file), name)))
    .map((path) => [`${path}.ts`, join(path, "index.ts"), path.replace(/\.js$/, ".ts")].find(isFile) ?? path);
}

function isFile(path: string): boolean {
  return statSync(join(LIB, path), { throwIfNoEntry: false })?.isFile() ?? false;
}

/** What is wrong with an import; undefined if nothing is. */
function fault(from: string, to: string): string | undefined {
  const [importer, imported] = [placeOf(from), placeOf(to)];
  if (importer === imported || layerOf(imported) < layerOf(importer)) return undefined;
  const how = layerOf(imported) === layerOf(importer) ? "is of the same layer as" : "is above";
  return `lib/${from} imports lib/${to}: ${imported} ${how} ${importer}. Move what both need into a lower layer`;
}

const files = readdirSync(LIB, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));

test("every folder has a layer", () => {
  expect(files.filter((file) => layerOf(placeOf(file)) < 0)).toEqual([]);
});

test("no import runs upward", () => {
  const faults = files.flatMap((file) =>
    importsOf(file, readFileSync(join(LIB, file), "utf8")).flatMap((target) => fault(file, target) ?? []),
  );
  expect(faults).toEqual([]);
});

test("an upward import is reported, also of a type", () => {
  const sources = [
    'import type { Program } from "../program/program";',
    'let a: import("../program/program").Program;',
  ];
  for (const source of sources) {
    const [target = ""] = importsOf("btf/btf.ts", source);
    expect(fault("btf/btf.ts", target)).toBe(
      "lib/btf/btf.ts imports lib/program/program.ts: program is above btf. Move what both need into a lower layer",
    );
  }
  expect(fault("codec/plan.ts", "elf/elf.ts")).toMatch("elf is of the same layer as codec");
  expect(fault("errors.ts", "btf/btf.ts")).toMatch("btf is above .");
});

test("docs/architecture.md has these layers", () => {
  const page = readFileSync(join(PROJECT_ROOT, "docs/architecture.md"), "utf8");
  const table = [...page.matchAll(/^\| (\d+) \| ((?:`lib\/[^`]*`(?:, )?)+) \|/gm)].map(([, , folders = ""]) =>
    [...folders.matchAll(/`lib\/([^`]*?)\/?`/g)].map(([, folder]) => folder || "."),
  );
  expect(table.toReversed()).toEqual(LAYERS);
});

test("no two files have one name, but for entries", () => {
  const names = files.map((file) => file.replace(/.*\//, "")).filter((name) => name !== "index.ts");
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});
