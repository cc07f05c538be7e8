/**
 * Maps, rings and pins under Bun and Deno, where uv_poll_init() can't be used: binding/poller.cc waits with a thread
 * there.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { PROJECT_ROOT } from "../../scripts/places";
import { runtime } from "../../scripts/runtimes";
import { kernelTest } from "../kernel/needs";

const FILES = ["maps", "variables", "pins", "ring-buffer", "user-ring-buffer", "perf-buffer", "trace-pipe"];
const paths = FILES.map((name) => `dist/test/kernel/${name}.test.js`);

function run(program: string, args: readonly string[]) {
  const { status, signal, stderr } = spawnSync(program, args, { cwd: PROJECT_ROOT, encoding: "utf8" });
  return { status, signal, stderr };
}

kernelTest(
  "Bun",
  [],
  async () => {
    const { status, signal, stderr } = run(runtime("bun"), ["test", ...paths.map((path) => `./${path}`)]);
    expect(stderr).toMatch(/^ 0 fail$/m);
    expect(Number(/^ (\d+) pass$/m.exec(stderr)?.[1])).toBeGreaterThan(50);
    expect([status, signal]).toEqual([0, null]);
  },
  300_000,
);

kernelTest(
  "Deno",
  [],
  async () => {
    const jest = join(PROJECT_ROOT, "node_modules/jest/bin/jest.js");
    const { status, signal, stderr } = run(runtime("deno"), ["run", "-A", jest, "--runInBand", ...paths]);
    expect(stderr).not.toMatch(/●/);
    expect(Number(/^Tests: .*?(\d+) passed/m.exec(stderr)?.[1])).toBeGreaterThan(50);
    expect([status, signal]).toEqual([0, null]);
  },
  300_000,
);
