/** The compiled code that the command keeps: only where no other user could change it. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import * as nodeModule from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { COMMAND } from "../../scripts/places";

const offered = "enableCompileCache" in nodeModule;
const cache = mkdtempSync(join(tmpdir(), "node-libbpf-"));
const kept = join(cache, "compiled");

afterAll(() => rmSync(cache, { recursive: true }));
beforeEach(() => rmSync(kept, { recursive: true, force: true }));

function run(env: NodeJS.ProcessEnv = {}): void {
  const { NODE_COMPILE_CACHE: _, ...others } = process.env;
  const { status, stderr } = spawnSync(process.execPath, [COMMAND, "hooks", "--help"], {
    env: { ...others, NODE_LIBBPF_CACHE: cache, ...env },
    encoding: "utf8",
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
}

const files = () => (existsSync(kept) ? readdirSync(kept, { recursive: true }) : []);

test("it is kept in the cache folder, where Node.js can", () => {
  run();
  run();
  expect(files().length > 0).toBe(offered);
});

test.each([
  ["the cache folder", () => cache],
  ["its own folder", () => kept],
])("it is not kept if others can write to %s", (_, folder) => {
  if (folder() === kept) mkdirSync(kept);
  chmodSync(folder(), 0o777);
  run();
  chmodSync(folder(), 0o700);
  expect(files()).toEqual([]);
});

test("another place can be named, and none", () => {
  const other = join(cache, "other");
  run({ NODE_COMPILE_CACHE: other });
  run({ NODE_DISABLE_COMPILE_CACHE: "1" });
  expect([existsSync(other), files()]).toEqual([offered, []]);
});
