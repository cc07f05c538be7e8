/** The files of a project that a machine gets. */
import { mkdirSync, mkdtempSync, readlinkSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { VmError } from "node-libbpf/testing";
import { projectFiles, projectOf } from "../../lib/testing/project";
import { itemsOf } from "../../lib/testing/tree";

const root = realpathSync(mkdtempSync(join(tmpdir(), "node-libbpf-project-")));
afterAll(() => rmSync(root, { recursive: true }));

function write(...paths: string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), "{}");
  }
}

function link(path: string, target: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  symlinkSync(target, join(root, path));
}

/** The copied files, relative to the root; links with their targets. */
function put(project: string): string[] {
  const items = projectFiles(join(root, project)).flatMap((tree) => [...itemsOf(tree)]);
  expect(items.map(({ to }) => to)).toEqual(items.map(({ from }) => from));
  return items
    .filter(({ stats }) => !stats.isDirectory())
    .map(({ to, target }) => [to, ...(target ? [target] : [])].map((path) => path.replace(`${root}/`, "")).join(" -> "))
    .sort();
}

test("everything except .git; links stay, also dead ones", () => {
  write("plain/package.json", "plain/lib/a.js", "plain/.git/HEAD", "plain/sub/.git", "outside.txt");
  link("plain/data", "../outside.txt");
  link("plain/gone", "nowhere");
  expect(put("plain")).toEqual([
    "plain/data -> outside.txt",
    "plain/gone -> nowhere",
    "plain/lib/a.js",
    "plain/package.json",
  ]);
});

test("npm link: the linked package is included, through whatever links", () => {
  write("app/package.json", "other/package.json", "other/index.js", "other/node_modules/dep/index.js");
  link("prefix/node_modules/other", join(root, "other"));
  link("app/node_modules/other", join(root, "prefix/node_modules/other"));
  link("app/node_modules/.bin/other", "../other/index.js");
  expect(put("app")).toEqual([
    "app/node_modules/.bin/other -> other/index.js",
    "app/node_modules/other -> other",
    "app/package.json",
    "other/index.js",
    "other/node_modules/dep/index.js",
    "other/package.json",
  ]);
});

test("a workspace: its linked siblings, and the root's node_modules", () => {
  write("mono/package.json", "mono/node_modules/dep/index.js", "mono/packages/a/package.json");
  write("mono/packages/b/package.json", "mono/packages/c/package.json");
  link("mono/node_modules/b", "../packages/b");
  expect(put("mono/packages/a")).toEqual([
    "mono/node_modules/b -> mono/packages/b",
    "mono/node_modules/dep/index.js",
    "mono/packages/a/package.json",
    "mono/packages/b/package.json",
  ]);
});

test("pnpm: the store in node_modules, with its links", () => {
  write("pnpm/package.json", "pnpm/node_modules/.pnpm/x@1/node_modules/x/index.js");
  write("pnpm/node_modules/.pnpm/y@1/node_modules/y/index.js");
  link("pnpm/node_modules/x", ".pnpm/x@1/node_modules/x");
  link("pnpm/node_modules/.pnpm/x@1/node_modules/y", "../../y@1/node_modules/y");
  expect(put("pnpm")).toHaveLength(5);
  expect(put("pnpm")).toContain("pnpm/node_modules/x -> pnpm/node_modules/.pnpm/x@1/node_modules/x");
});

test("packages that link to each other are copied once", () => {
  write("left/package.json", "right/package.json");
  link("left/node_modules/right", "../../right");
  link("right/node_modules/left", "../../left");
  expect(put("left")).toHaveLength(4);
  expect(readlinkSync(join(root, "left/node_modules/right"))).toBe("../../right");
});

test("the nearest folder with a package.json, or the given one", () => {
  write("near/package.json", "near/a/b/file");
  expect(projectOf(join(root, "near/a/b"))).toBe(join(root, "near"));
  expect(projectOf("/proc")).toBe("/proc");
});

test.each(["/", "/none", "/etc/passwd"])("%s is not a project", (folder) => {
  expect(() => projectFiles(folder)).toThrow(VmError);
});
