/** The package that npm would publish: its files, its size, and whether tools resolve its types and entries. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT_ROOT } from "../../scripts/places";
import { Project } from "./project";

const MEGABYTE = 1 << 20;
/** Folders with many files, which the list names by kind. */
const MANY = /^(dist\/lib|binding|profiles|schemas|docs|\.deps\/include)\//;

const project = new Project();
afterAll(() => project.remove());
const { files, size, unpackedSize, tarball } = project.packed;

test("files are those of etc/package-files.txt", () => {
  const kinds = files.map((path) => (MANY.test(path) ? path.replace(/[^/]*?(\.d\.ts|\.\w+)$/, "*$1") : path));
  const reviewed = readFileSync(join(PROJECT_ROOT, "etc/package-files.txt"), "utf8").trim().split("\n");
  expect([...new Set(kinds)].sort()).toEqual(reviewed);
});

test("compiled files are those of lib/; what is left of deleted ones goes with rm -r dist", () => {
  const sources = readdirSync(join(PROJECT_ROOT, "lib"), { recursive: true, encoding: "utf8" });
  const compiled = sources.flatMap((path) =>
    path.endsWith(".ts") ? ["js", "d.ts"].map((suffix) => path.replace(/ts$/, suffix)) : [],
  );
  const packed = files.flatMap((path) => (path.startsWith("dist/lib/") ? path.slice("dist/lib/".length) : []));
  const without = (all: string[], others: string[]) => all.filter((path) => !others.includes(path));
  expect({ left: without(packed, compiled), missing: without(compiled, packed) }).toEqual({ left: [], missing: [] });
});

test("small: two addons of a megabyte and a half at most, and the rest", () => {
  expect(size).toBeLessThan(2.5 * MEGABYTE);
  expect(unpackedSize).toBeLessThan(6.5 * MEGABYTE);
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
