/** Objects of strangers: `sha256` and `isolate` of open(). */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type OpenOptions, open } from "node-libbpf";
import { PROJECT_ROOT } from "../../scripts/places";
import { objectPath } from "../bpf/objects";

const path = objectPath("shapes");
const bytes = readFileSync(path);
const sha256 = createHash("sha256").update(bytes).digest("hex");

const outcome = (source: string | Uint8Array, options: OpenOptions): unknown => {
  try {
    const { programs, maps, variables, license } = open(source, options);
    const values = Object.keys(variables).map((name) => [name, variables[name]]);
    const sizes = Object.values(maps).map((map) => [map.name, map.type, map.maxEntries, map.mapExtra, map.inner]);
    return { license, programs: Object.keys(programs), sizes, values };
  } catch (error) {
    const { name, code, message } = error as Error & { code?: string };
    return { name, code, message };
  }
};

test("an object is opened if it has the digest, in digits of either case", () => {
  for (const source of [path, bytes])
    for (const digits of [sha256, sha256.toUpperCase()])
      expect(outcome(source, { sha256: digits })).toEqual(outcome(source, {}));
});

test("another object is refused, before anything reads it", () => {
  const refused = { name: "ObjectError", code: "ERR_BPF_OBJECT_DIGEST", message: expect.stringContaining(sha256) };
  const changed = Uint8Array.from(bytes);
  (changed[changed.length - 1] as number) ^= 1;
  for (const other of [changed, new Uint8Array(5), new Uint8Array()])
    expect(outcome(other, { sha256 })).toEqual(refused);
  expect(outcome(path, { sha256: "0".repeat(64) })).toEqual(refused);
  expect(outcome(path, { sha256: "00" })).toMatchObject({ code: "ERR_BPF_ARGUMENT" });
});

test.each(["maps", "shapes", "struct-ops", "variables", "lsm"])("%s: a child process tells the same", (name) => {
  expect(outcome(objectPath(name), { name: "alone", isolate: true })).toEqual(
    outcome(objectPath(name), { name: "other" }),
  );
});

test("a damaged object gives the same error as without a child process", () => {
  for (const length of [0, 3, 63, 1000, bytes.length - 100]) {
    const damaged = bytes.subarray(0, length);
    expect(outcome(damaged, { name: "x", isolate: true })).toEqual(outcome(damaged, { name: "x" }));
  }
});

test("the published files have the child process too", () => {
  const open = `require(${JSON.stringify(join(PROJECT_ROOT, "dist/bundle/index.js"))}).open`;
  const code = `process.stdout.write(${open}(${JSON.stringify(path)}, { isolate: true }).license)`;
  const { stdout, stderr } = spawnSync(process.execPath, ["-e", code], { encoding: "utf8" });
  expect([stdout, stderr]).toEqual(["GPL", ""]);
});
