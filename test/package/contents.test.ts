/** The package that npm would publish: its files, its size, and whether tools resolve its types and entries. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";
import { PROJECT_ROOT } from "../../scripts/places";
import { Project } from "./project";

const MEGABYTE = 1 << 20;
/** Folders with many files, which the list names by kind. */
const MANY = /^(dist\/lib|dist\/bundle|binding|profiles|schemas|docs|\.deps\/include)\//;

const project = new Project();
afterAll(() => project.remove());
const { files, size, unpackedSize, tarball } = project.packed;

test("files are those of etc/package-files.txt", () => {
  const kinds = files.map((path) => (MANY.test(path) ? path.replace(/[^/]*?(\.d\.ts|\.\w+)$/, "*$1") : path));
  const reviewed = readFileSync(join(PROJECT_ROOT, "etc/package-files.txt"), "utf8").trim().split("\n");
  expect([...new Set(kinds)].sort()).toEqual(reviewed);
});

test("declarations are of lib/: the entries' and those that they import; what is left of deleted ones goes with rm -r dist", () => {
  const sources = readdirSync(join(PROJECT_ROOT, "lib"), { recursive: true, encoding: "utf8" });
  const compiled = sources
    .filter((path) => path.endsWith(".ts"))
    .map((path) => `dist/lib/${path.replace(/ts$/, "d.ts")}`);
  const packed = files.filter((path) => path.startsWith("dist/lib/"));
  expect(packed.filter((path) => !compiled.includes(path))).toEqual([]);
  const imported = packed.flatMap((path) =>
    ts
      .preProcessFile(readFileSync(join(PROJECT_ROOT, path), "utf8"))
      .importedFiles.filter(({ fileName }) => fileName.startsWith("."))
      .map(({ fileName }) => join(dirname(path), fileName)),
  );
  const isPacked = (path: string) => packed.includes(`${path}.d.ts`) || packed.includes(join(path, "index.d.ts"));
  expect(imported.filter((path) => !isPacked(path))).toEqual([]);
  const isImported = (path: string) =>
    imported.some((one) => `${one}.d.ts` === path || join(one, "index.d.ts") === path);
  expect(packed.filter((path) => !isImported(path))).toEqual(
    ["index", "sleepable/index", "testing/index"].map((entry) => `dist/lib/${entry}.d.ts`),
  );
});

test("small: two addons of a megabyte and a half at most, and the rest", () => {
  const addons = files
    .filter((path) => path.startsWith("prebuilds/"))
    .map((path) => statSync(join(PROJECT_ROOT, path)).size);
  for (const addon of addons) expect(addon).toBeLessThan(1.5 * MEGABYTE);
  expect(unpackedSize - addons.reduce((sum, addon) => sum + addon, 0)).toBeLessThan(4e6);
  expect(size).toBeLessThan(2.5 * MEGABYTE);
  expect(files.length).toBeLessThan(300);
});

test("nothing runs when it is installed", () => {
  const { scripts } = JSON.parse(readFileSync(join(PROJECT_ROOT, "package.json"), "utf8"));
  const hooks = ["preinstall", "install", "postinstall", "prepare", "preprepare", "postprepare"];
  expect(hooks.filter((name) => name in scripts)).toEqual([]);
  // npm would run node-gyp for a binding.gyp.
  expect(files).not.toContain("binding.gyp");
});

test.each([
  ["publint", "run", "--strict"],
  ["attw", "--no-emoji", "--no-color"],
])("%s finds nothing wrong", (command, ...args) => {
  const tool = join(PROJECT_ROOT, "node_modules/.bin", command);
  const { status, stdout } = spawnSync(tool, [...args, tarball], { encoding: "utf8" });
  expect({ status, stdout }).toEqual({ status: 0, stdout: expect.any(String) });
});
