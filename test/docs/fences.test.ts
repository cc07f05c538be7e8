/**
 * Tests every code block of the documentation except TypeScript, which test/kernel/docs.test.ts runs on each kernel.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Fence, fencesOf, fileOf, pages, settingOf } from "../../scripts/fences";
import { PROJECT_ROOT } from "../../scripts/places";
import { makeProject, type Project } from "./project";

const fences = pages().flatMap(fencesOf);
const name = ({ page, line }: Fence) => `${page}:${line}`;
const of = (language: string, wanted: (fence: Fence) => boolean = () => true) =>
  fences.filter((fence) => fence.language === language && wanted(fence)).map((fence) => [name(fence), fence] as const);

let project: Project;
beforeAll(() => {
  project = makeProject();
  const objects = fences.map(fileOf).filter((file) => file?.endsWith(".bpf.c"));
  expect(sh(`node-libbpf build ${objects.join(" ")} -o .`)).toMatchObject({ status: 0 });
});
afterAll(() => project?.[Symbol.dispose]());

function sh(code: string) {
  const { folder: cwd, env } = project;
  const { status, stdout, stderr } = spawnSync("sh", ["-ec", code], { cwd, env, encoding: "utf8" });
  return { status, stdout, stderr };
}

test("each block has a language that a test covers", () => {
  const known = ["ts", "js", "c", "sh", "json", ""];
  expect(fences.filter(({ language }) => !known.includes(language)).map(name)).toEqual([]);
});

/** Run by another test, or only looked up, as a list of this project's own commands. */
const elsewhere = (fence: Fence) => settingOf(fence, "by") !== undefined || fence.words.includes("lookup");

test.each(of("sh", (fence) => !elsewhere(fence)))("%s runs", (_, fence) => {
  const expected = (settingOf(fence, "status") ?? "0").split(",").map(Number);
  const { status, stderr } = sh(fence.code);
  if (!expected.includes(status ?? -1)) throw new Error(`status ${status}: ${stderr}`);
});

test.each(of("sh", (fence) => settingOf(fence, "by") !== undefined))("%s is run by a test that exists", (_, fence) => {
  expect(existsSync(join(PROJECT_ROOT, settingOf(fence, "by") ?? ""))).toBe(true);
});

test.each(of("sh", ({ words }) => words.includes("lookup")))("%s names scripts that exist", (_, { code }) => {
  const { scripts } = JSON.parse(readFileSync(join(PROJECT_ROOT, "package.json"), "utf8"));
  for (const line of code.trim().split("\n")) {
    const [, script, file] = /^npm (?:run )?([\w:-]+)|^node dist\/(\S+)\.js/.exec(line) ?? [];
    const there = script !== undefined ? script in scripts : existsSync(join(PROJECT_ROOT, `${file}.ts`));
    if (!there && !/^(npx (jest|changeset)|cmake --build) /.test(line)) throw new Error(`there is no ${line}`);
  }
});

test.each(of("js"))("%s has a name, and a command runs it", (_, fence) => {
  const file = fileOf(fence) ?? "";
  expect(file).not.toBe("");
  const runs = fences.filter(
    ({ page, language, code }) => page === fence.page && language === "sh" && code.includes(file),
  );
  expect(runs.map(name)).not.toEqual([]);
});

const PRELUDE = ["linux/bpf.h", "bpf/bpf_helpers.h", "bpf/bpf_tracing.h"].map((header) => `#include <${header}>\n`);

test.each(of("c"))("%s compiles", (_, fence) => {
  const text = fence.code.includes("#include") ? fence.code : `${PRELUDE.join("")}${fence.code}`;
  writeFileSync(join(project.folder, "block.bpf.c"), text);
  expect(sh("node-libbpf build --no-types block.bpf.c -o .")).toMatchObject({ status: 0, stderr: "" });
});

test.each(of("c", (fence) => existsSync(join(PROJECT_ROOT, "test/bpf", fileOf(fence) ?? "-"))))(
  "%s is the same as in test/bpf",
  (_, fence) => {
    // Without its first comment, which names the page.
    const copy = readFileSync(join(PROJECT_ROOT, "test/bpf", fileOf(fence) ?? ""), "utf8");
    expect(copy.replace(/^\/\*.*\*\/\n/, "")).toBe(fence.code);
  },
);

test.each(of("json"))("%s is JSON", (_, { code }) => {
  JSON.parse(code);
});
