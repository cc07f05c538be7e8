/**
 * Follows docs/getting-started.md from an empty folder: its files, and its commands with every supported Node.js
 * version.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fencesOf, fileOf } from "../../scripts/fences";
import { nodes } from "../../scripts/nodes";
import { PROJECT_ROOT } from "../../scripts/places";
import { bpfLsm } from "../kernel/needs";

const fences = fencesOf("docs/getting-started.md");
const commands = fences.filter(({ language }) => language === "sh").map(({ code }) => code.trim().split("\n"));
const folder = mkdtempSync(join(tmpdir(), "node-libbpf-start-"));
const modules = join(folder, "node_modules");

function run(line: string, node = process.execPath) {
  const path = [join(folder, ".bin"), dirname(node), process.env.PATH].join(delimiter);
  const [, code = line] = /^sudo (.*)/.exec(line) ?? [];
  const { status, stdout, stderr } = spawnSync("sh", ["-ec", code], {
    cwd: folder,
    env: { ...process.env, PATH: path, npm_config_offline: "true" },
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

/** Packages as npm would install them, as links, so that nothing is downloaded. */
function install(names: readonly string[]): void {
  for (const name of names) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(name === "node-libbpf" ? PROJECT_ROOT : join(PROJECT_ROOT, "node_modules", name), join(modules, name));
  }
  const bin = join(modules, ".bin");
  mkdirSync(bin, { recursive: true });
  const programs = {
    tsc: "typescript/bin/tsc",
    tsx: "tsx/dist/cli.mjs",
    "node-libbpf": "node-libbpf/dist/bundle/main.js",
  };
  for (const [program, file] of Object.entries(programs)) {
    if (!names.includes(file.split("/", 1)[0] as string)) continue;
    writeFileSync(join(bin, program), `#!/bin/sh\nexec node ${JSON.stringify(join(modules, file))} "$@"\n`);
    chmodSync(join(bin, program), 0o755);
  }
}

beforeAll(() => {
  for (const fence of fences) {
    const file = fileOf(fence);
    if (file !== undefined) writeFileSync(join(folder, file), fence.code);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

test("the page's commands produce a compiled program", () => {
  for (const line of commands.flat()) {
    const [, packages] = /^npm install (?:--save-dev )?(.*)$/.exec(line) ?? [];
    if (packages !== undefined) install(packages.split(" "));
    else if (/^(npm|npx (node-libbpf build|tsc))/.test(line))
      expect([line, run(line)]).toMatchObject([line, { status: 0 }]);
  }
  expect(run("npx tsc --listEmittedFiles").stdout).toMatch(/policy\.js/);
});

const running = commands.flat().filter((line) => line.startsWith("sudo "));

test("the page uses tsc and tsx", () => {
  expect(running).toEqual(["sudo node policy.js", "sudo npx tsx policy.ts"]);
});

test.each(nodes().flatMap(({ version, path }) => running.map((line) => [version, line, path])))(
  "with Node %s: %s",
  (_, line, path) => {
    const { status, stdout, stderr } = run(line, path);
    // If the kernel has no BPF LSM, the example runs up to load(), which reports it.
    if (bpfLsm.present())
      expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringMatching(/^EPERM\n1n\n/) });
    else
      expect({ status, stderr }).toEqual({
        status: 1,
        stderr: expect.stringMatching(/code: 'ERR_BPF_(SLEEPABLE|PERMISSION)'/),
      });
  },
);
