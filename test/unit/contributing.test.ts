/**
 * Follows the steps of CONTRIBUTING.md for one small example of each: the changed sources are compiled beside the unchanged ones and
 * run.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import ts from "typescript";
import { PROJECT_ROOT } from "../../scripts/places";

const read = (path: string) => readFileSync(join(PROJECT_ROOT, path), "utf8");

/** The files that a section's steps name first, in order. */
function stepsOf(title: string): string[] {
  const [, section = ""] = new RegExp(`^## ${title}\n([\\s\\S]*?)^## `, "m").exec(read("CONTRIBUTING.md")) ?? [];
  return [...section.matchAll(/^\d\. `([^`]+)`/gm)].map(([, file = ""]) => file);
}

/** Text that is added to a source, before the line that begins so; to a new file with no line. */
interface Addition {
  readonly file: string;
  readonly before?: string;
  readonly text: string;
}

const EXAMPLES: Readonly<Record<string, readonly Addition[]>> = {
  "How to add a program kind": [
    {
      file: "lib/kinds.ts",
      before: "  lwt_in: {",
      text: `  pretend: {
    ...plain,
    readBy: "row",
    sections: ["pretend"],
    types: [ProgramType.CGROUP_SKB],
    attachType: AttachType.CGROUP_INET_INGRESS,
    since: "7.3",
    family: "pretend",
  },
`,
    },
  ],
  "How to add a map type": [
    { file: "lib/constants.ts", before: "  INSN_ARRAY: 34,", text: "  FUTURE: 36,\n" },
    {
      file: "lib/map-types.ts",
      before: "  rhash: {",
      text: `  future: {
    since: "7.4",
    class: "ArrayMap",
    create: INDEXED,
    elements: { keys: "index", values: "data", perCpu: false, maxEntries: "elements" },
    calls: { iterate: true, delete: false, batch: false, mmap: false },
    programs: { sleepable: ["7.4"], preallocated: false, holds: [], instead: "array" },
    needs: undefined,
  },
`,
    },
  ],
  "How to add a kernel rule": [
    {
      file: "lib/sleepable/rules-maps.ts",
      before: '  { flag: Flag.LINK, name: "BPF_F_LINK"',
      text: '  { flag: 1 << 30, name: "BPF_F_PRETEND", since: "7.2", commit: "0123456789ab" },\n',
    },
  ],
  "How to add a command": [
    {
      file: "lib/cli/pretend-command.ts",
      text: `import type { Command } from "commander";

export function addPretend(program: Command): void {
  program.command("pretend").action(() => {
    process.stdout.write("pretended\\n");
  });
}
`,
    },
    {
      file: "lib/cli/commands.ts",
      before: '  ["gen", async',
      text: '  ["pretend", async () => (await import("./pretend-command.js")).addPretend],\n',
    },
  ],
};

test.each(Object.keys(EXAMPLES))("%s: at most five steps, whose files are there", (title) => {
  const steps = stepsOf(title);
  expect(steps.length).toBeGreaterThan(2);
  expect(steps.length).toBeLessThanOrEqual(5);
  expect(steps.filter((file) => !file.includes("NAME") && !existsSync(join(PROJECT_ROOT, file)))).toEqual([]);
});

/** The project's compiled library with the additions, in a folder of its own. */
function compileWith(additions: readonly Addition[]): string {
  const folder = mkdtempSync(join(tmpdir(), "contributing-"));
  const sources = new Map<string, string>();
  for (const { file, before, text } of additions) {
    const path = join(PROJECT_ROOT, file);
    const source = sources.get(path) ?? (before === undefined ? "" : read(file));
    const at = before === undefined ? 0 : source.indexOf(`\n${before}`) + 1;
    if (before !== undefined && at === 0) throw new Error(`${file} has no line that begins with ${before}`);
    sources.set(path, source.slice(0, at) + text + source.slice(at));
  }
  const { config } = ts.readConfigFile(join(PROJECT_ROOT, "tsconfig.json"), ts.sys.readFile);
  config.compilerOptions.incremental = false;
  delete config.compilerOptions.tsBuildInfoFile;
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, PROJECT_ROOT);
  const changed = { ...options, outDir: join(folder, "dist") };
  const host = ts.createCompilerHost(changed);
  const readSource = host.readFile.bind(host);
  host.readFile = (path) => sources.get(path) ?? readSource(path);
  host.fileExists = (path) => sources.has(path) || ts.sys.fileExists(path);
  host.getSourceFile = (path, version) => ts.createSourceFile(path, host.readFile(path) ?? "", version);
  const roots = ["lib/index.ts", "lib/cli/main.ts", ...additions.map(({ file }) => file)];
  const program = ts.createProgram(
    roots.map((file) => join(PROJECT_ROOT, file)),
    changed,
    host,
  );
  const problems = ts.getPreEmitDiagnostics(program).map(({ messageText }) => messageText);
  expect(problems).toEqual([]);
  program.emit(undefined, (path, text) => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  });
  for (const name of ["package.json", "node_modules", "profiles"])
    symlinkSync(join(PROJECT_ROOT, name), join(folder, name));
  return folder;
}

test("the examples compile, and the library has what they add", () => {
  const folder = compileWith(Object.values(EXAMPLES).flat());
  try {
    const code = `
      const { parseSection } = require("./dist/lib/section-names");
      const { mapTypeName } = require("./dist/lib/map-types");
      const { judge, kernelProfile } = require("./dist/lib");
      const program = (flags) => ({
        name: "p", section: "xdp", kind: "xdp", type: 6, attachType: 37, sleepable: false, license: "GPL",
        maps: [{ name: "m", type: "array", flags, fields: [] }], helpers: [], kfuncs: [],
      });
      const verdicts = ["7.1", "7.2"].map((kernel) => judge(program(1 << 30), kernelProfile(kernel)).verdict);
      console.log(JSON.stringify([parseSection("pretend").kind, mapTypeName(36), verdicts]));`;
    const run = (...args: string[]) => {
      const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
      return stderr + stdout;
    };
    expect(JSON.parse(run("-e", code))).toEqual(["pretend", "future", ["refused", "allowed"]]);
    expect(run("dist/lib/cli/main.js", "pretend")).toBe("pretended\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
