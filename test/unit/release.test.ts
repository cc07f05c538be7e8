/** The release's checklist, the workflows and the changesets. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { PROJECT_ROOT } from "../../scripts/places";
import { changelogEntry, kernelProblems, manifestProblems, sourceProblems } from "../../scripts/release-facts";
import { PINNED, type Source } from "../../scripts/sources";

const read = (path: string) => readFileSync(join(PROJECT_ROOT, path), "utf8");

test("the changelog's section of a version", () => {
  const changelog = "# Changelog\n\n## 0.2.0\n\n- new\n\n## 0.1.0\n\n- first\n";
  expect(changelogEntry(changelog, "0.2.0")).toBe("- new");
  expect(changelogEntry(changelog, "0.1.0")).toBe("- first");
  expect(changelogEntry(changelog, "0.1")).toBe("");
  expect(changelogEntry("## 1.0.0\n\n## 0.9.0\n", "1.0.0")).toBe("");
});

test("a release is built from the pinned sources, and the notices name them", () => {
  const notices = read("THIRD_PARTY_NOTICES.md");
  expect(sourceProblems(PINNED, PINNED, notices)).toEqual([]);
  const [zlib, ...others] = PINNED as [Source, ...Source[]];
  const newer = { ...zlib, version: "1.3.2", sha256: "0".repeat(64) };
  expect(sourceProblems(PINNED, [newer, ...others], notices)).toEqual(["zlib 1.3.2 is built in, but 1.3.1 is pinned"]);
  expect(sourceProblems(PINNED, PINNED, "| zlib 1.3.1 |")).toEqual([
    "the notices do not name elfutils 0.192",
    "the notices do not name libbpf 1.7.0",
  ]);
  expect(sourceProblems(PINNED, undefined, notices)).toEqual([expect.stringContaining("npm run prebuild")]);
});

test("a release has the project's URLs", () => {
  expect(manifestProblems({ repository: { url: "x" }, homepage: "x", bugs: "x" })).toEqual([]);
  expect(manifestProblems({ homepage: "", bugs: "x" })).toEqual([
    "package.json has no repository",
    "package.json has no homepage",
  ]);
});

test("a release is tested on kernels that exist", () => {
  const missing = (kernel: string) => (kernel === "7.3" ? "Debian has no kernel 7.3" : undefined);
  expect(kernelProblems(["6.12", "7.3"], missing)).toEqual([
    expect.stringMatching(/^7\.3: Debian has no kernel 7\.3; /),
  ]);
});

interface Workflow {
  permissions: Record<string, string>;
  jobs: Record<
    string,
    { permissions?: Record<string, string>; needs?: string; steps: { uses?: string; run?: string }[] }
  >;
}

const WORKFLOWS = ".github/workflows";
const workflows = readdirSync(join(PROJECT_ROOT, WORKFLOWS)).map(
  (name) => [name, parse(read(join(WORKFLOWS, name))) as Workflow] as const,
);

test.each(workflows)("%s pins its actions, and no job has a permission that it does not name", (name, workflow) => {
  expect(workflow.permissions).toEqual({});
  for (const [job, { permissions = {}, steps }] of Object.entries(workflow.jobs)) {
    for (const { uses } of steps) if (uses !== undefined) expect(uses).toMatch(/^actions\/[\w-]+@[0-9a-f]{40}$/);
    const wanted = name === "release.yml" && job === "publish" ? { "id-token": "write" } : { contents: "read" };
    expect(permissions).toEqual(wanted);
  }
});

test("each pinned action names its version", () => {
  for (const [name] of workflows) {
    const lines = read(join(WORKFLOWS, name)).split("\n");
    const uses = lines.filter((line) => line.includes("uses:"));
    for (const line of uses) expect(line).toMatch(/ # v\d+\.\d+\.\d+$/);
  }
});

test("both run .ci/run, and a release runs its checklist before it publishes", () => {
  const [ci, release] = ["ci.yml", "release.yml"].map((name) => new Map(workflows).get(name)?.jobs);
  const commands = (steps: { run?: string }[] = []) => steps.map(({ run }) => run ?? "").join("\n");
  expect(commands(ci?.test?.steps)).toContain(".ci/run");
  expect(commands(release?.build?.steps)).toMatch(/\.ci\/run[\s\S]*npm run release:check[\s\S]*npm pack/);
  expect(release?.publish?.needs).toBe("build");
  expect(commands(release?.publish?.steps)).toMatch(/npm publish \S+ --provenance/);
});

test("every script that a workflow calls exists", () => {
  const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
  const called = workflows.flatMap(([name]) => [...read(join(WORKFLOWS, name)).matchAll(/npm run ([\w:-]+)/g)]);
  expect(called.map(([, script = ""]) => script).filter((script) => !(script in scripts))).toEqual([]);
});

test("changesets have the format of the changelog", async () => {
  const { changelog } = JSON.parse(read(".changeset/config.json")) as { changelog: string };
  const { getReleaseLine } = require(join(PROJECT_ROOT, ".changeset", changelog));
  expect(await getReleaseLine({ summary: "a line\nand another\n" })).toBe("- a line\n  and another");
});
