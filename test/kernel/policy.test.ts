/** Policy.adoptOrReplace(): what is in force stays in force, whatever happens to the process that replaces it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { ArrayMap, createMap, HashMap, Policy } from "node-libbpf";
import { Attempts } from "../policy/attempts";
import { attached, programsOf, replaceOften, wronglyAttached } from "../policy/replacements";
import { type Name, OPTIONS, putInForce, specOf } from "../policy/versions";
import { bpffs, bpfLsm, kernelTest, PINS, since, vmKernel } from "./needs";

const FOLDER = join(PINS, "policy");
const CHILD = join(__dirname, "../policy/child.js");
const needs = [bpffs, since("5.8")];
const MINUTES = 60_000;

beforeEach(() => {
  if (bpffs.present()) mkdirSync(PINS, { recursive: true });
});
afterEach(async () => {
  // Whatever a failed test left.
  rmSync(PINS, { recursive: true, force: true });
});

async function expectAttached(names: readonly string[]): Promise<void> {
  expect(await wronglyAttached(names)).toEqual([]);
}

async function textOf(policy: Policy): Promise<string> {
  return text(policy.links.list?.read() as NodeJS.ReadableStream);
}

kernelTest("what is the same is adopted, and nothing is changed", needs, async () => {
  const first = await putInForce("old", FOLDER);
  expect(first.programs).toMatchObject({ on_task: "added", list: "added" });
  expect(Object.values(first.maps)).toEqual(Object.keys(first.maps).map(() => "created"));
  const ids = Object.values(first.links).map((link) => link.info().id);
  first.object.map("forbidden", HashMap).set(1n, 2);
  first.close();
  await expectAttached(programsOf("old"));

  using second = await putInForce("old", FOLDER);
  const outcomes = [...Object.values(second.programs), ...Object.values(second.maps)];
  expect(new Set(outcomes)).toEqual(new Set(["adopted"]));
  expect(Object.values(second.links).map((link) => link.info().id)).toEqual(ids);
  expect(second.object.map("forbidden", HashMap).get(1n)).toBe(2);
  expect(readdirSync(FOLDER)).toEqual(["current"]);
  second.unpin();
  expect(second.closed).toBe(true);
  expect(readdirSync(PINS)).toEqual([]);
  await expectAttached([]);
});

kernelTest("each program and map has its own fate", needs, async () => {
  const old = await putInForce("old", FOLDER);
  old.object.map("counts", ArrayMap).set(0, { denied: 7n });
  old.object.map("seen", HashMap).set(5, 6n);
  old.object.variables.runs = 41n;
  expect(await textOf(old)).toBe("1");
  const list = old.links.list?.info().id;
  const task = old.links.on_task?.info().id;
  old.close();

  using policy = await putInForce("new", FOLDER);
  expect(policy.maps).toEqual({
    ...{ forbidden: "adopted", denials: "adopted", counts: "migrated", seen: "migrated" },
    ...{ ".bss": "adopted", ".rodata": "adopted" },
  });
  expect(policy.programs).toMatchObject({ on_task: "adopted", list: "updated", on_rename: "added" });
  expect([policy.links.list?.info().id, policy.links.on_task?.info().id]).toEqual([list, task]);
  expect(policy.object.map("counts", ArrayMap).get(0)).toEqual({ upgrades: 0n, denied: 7n });
  expect(policy.object.map("seen", HashMap).get(5)).toBe(6n);
  expect(await textOf(policy)).toBe("2");
  await expectAttached(programsOf("new"));
  policy.close();

  using back = await putInForce("old", FOLDER);
  expect(back.programs).toMatchObject({ on_rename: "removed", list: "updated", on_task: "adopted" });
  expect(back.object.map("counts", ArrayMap).get(0)).toEqual({ denied: 7n });
  await expectAttached(programsOf("old"));
  back.unpin();
});

kernelTest("constants and variables that were set make another version", needs, async () => {
  const spec = specOf("old");
  spec.variables.limit = 3;
  (await Policy.adoptOrReplace(spec, FOLDER)).close();
  (await Policy.adoptOrReplace(spec, FOLDER)).close();
  spec.variables.limit = 4;
  using other = await Policy.adoptOrReplace(spec, FOLDER);
  expect(other.maps).toMatchObject({ ".rodata": "reset", ".bss": "adopted" });
  expect(other.programs).toMatchObject({ list: "updated", on_task: "adopted" });
  other.unpin();
});

kernelTest("state that would be lost is an error, and the old version stays in force", needs, async () => {
  (await putInForce("old", FOLDER)).close();
  await expect(putInForce("new", FOLDER, {})).rejects.toMatchObject({
    ...{ code: "ERR_BPF_MAP", map: "counts", message: expect.stringMatching(/layout of map counts changed/) },
  });
  await expectAttached(programsOf("old"));
  using policy = await putInForce("new", FOLDER, { migrate: { counts: "reset" } });
  expect(policy.maps.counts).toBe("reset");
  policy.unpin();
});

kernelTest("one owner at a time, and the error names it", needs, async () => {
  const policy = await putInForce("old", FOLDER);
  await expect(putInForce("old", FOLDER)).rejects.toMatchObject({
    ...{ code: "ERR_BPF_BUSY", message: expect.stringMatching(/in use by this process/) },
  });
  const { stderr } = await inChild("old", 0);
  expect(stderr).toMatch(new RegExp(`in use by process ${process.pid}`));
  policy.unpin();
});

kernelTest("pins of something else are left alone", needs, async () => {
  using map = createMap({ type: "array", valueSize: 4, maxEntries: 1 });
  const refused = async (what: RegExp) => {
    await expect(putInForce("old", FOLDER)).rejects.toMatchObject({
      ...{ code: "ERR_BPF_PIN", message: expect.stringMatching(what) },
    });
  };
  for (const [path, what] of [
    ["other", /other is no part of a policy/],
    ["current/other", /other is no part of a policy/],
    ["current/links/deny_open", /it is not a link/],
    ["current/maps/counts", /does not tell what is pinned there/],
    ["current/manifest", /does not tell what is pinned there/],
  ] as const) {
    map.pin(join(FOLDER, path));
    await refused(what);
    map.unpin(join(FOLDER, path));
    rmSync(FOLDER, { recursive: true });
  }
  await expect(putInForce("old", "/tmp/policy")).rejects.toMatchObject({
    ...{ code: "ERR_BPF_PIN", message: expect.stringMatching(/\/tmp is not in bpffs/) },
  });
});

kernelTest("what others removed is put in force again", needs, async () => {
  (await putInForce("old", FOLDER)).close();
  for (const pin of ["links/on_task", "programs/list", "maps/seen"]) rmSync(join(FOLDER, "current", pin));
  await wronglyAttached(programsOf("old").filter((name) => name !== "on_task"));
  using policy = await putInForce("old", FOLDER);
  expect(policy.programs).toMatchObject({ on_task: "replaced", list: "added" });
  expect(policy.maps.seen).toBe("created");
  await expectAttached(programsOf("old"));
  policy.unpin();
});

kernelTest("a failure takes back what was begun", needs, async () => {
  (await putInForce("old", FOLDER)).close();
  const fail = () => {
    throw new RangeError("no");
  };
  await expect(putInForce("new", FOLDER, { migrate: { counts: fail } })).rejects.toThrow(RangeError);
  const attach = { on_rename: { target: "no_such_tracepoint" } };
  await expect(putInForce("new", FOLDER, { ...OPTIONS, attach })).rejects.toMatchObject({ code: "ERR_BPF_ATTACH" });
  expect(readdirSync(FOLDER)).toEqual(["current"]);
  await expectAttached(programsOf("old"));
  using policy = await putInForce("old", FOLDER);
  expect(new Set(Object.values(policy.programs))).toEqual(new Set(["adopted"]));
  policy.unpin();
});

async function inChild(version: Name, killAt: number) {
  const child = spawn(process.execPath, [CHILD, FOLDER, version, String(killAt)], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const [stderr] = await Promise.all([text(child.stderr), once(child, "close")]);
  return { killed: child.signalCode === "SIGKILL", stderr };
}

/** Emulated machines take seconds for a process: there, some of the calls. */
const STEP = vmKernel === undefined ? 1 : 19;

kernelTest(
  "a crash before any call leaves a version in force, and the next start finishes",
  needs,
  async () => {
    const first = await putInForce("old", FOLDER);
    using attempts = bpfLsm.present() ? new Attempts(first) : undefined;
    first.object.map("counts", ArrayMap).set(0, { denied: 7n });
    first.close();
    let killed = true;
    let count = 0;
    for (let at = 1; killed; at += STEP) {
      const result = await inChild("new", at);
      killed = result.killed;
      if (!killed) expect(result.stderr).toBe("");
      // What is attached is the old version, the new one, or both.
      const names = new Set(attached());
      expect([...programsOf("old")].filter((name) => !names.has(name))).toEqual([]);
      const policy = await putInForce("new", FOLDER);
      expect(readdirSync(FOLDER)).toEqual(["current"]);
      expect(policy.object.map("counts", ArrayMap).get(0)).toMatchObject({ denied: expect.anything() });
      expect(await textOf(policy)).toBe("2");
      policy.close();
      await expectAttached(programsOf("new"));
      (await putInForce("old", FOLDER)).close();
      await expectAttached(programsOf("old"));
      count = at;
    }
    // Kernels differ in what libbpf asks them for.
    expect(count).toBeGreaterThan(20);
    if (attempts !== undefined) expect(await attempts.tally()).toMatchObject({ opened: 0 });
    using policy = await putInForce("old", FOLDER);
    expect((policy.object.map("counts", ArrayMap).get(0) as { denied: bigint }).denied).toBeGreaterThanOrEqual(7n);
    policy.unpin();
  },
  20 * MINUTES,
);

// More by hand: test/policy/replacements.ts.
kernelTest(
  "forbidden opens never succeed while the policy is replaced by processes that are killed",
  [...needs, bpfLsm],
  async () => {
    const { replaced, killed, refused, opened, orphans } = await replaceOften(FOLDER, 12, 3);
    expect({ opened, orphans, killed }).toEqual({ opened: 0, orphans: [], killed: 3 });
    expect(replaced).toBeGreaterThanOrEqual(12);
    expect(refused).toBeGreaterThan(50);
  },
  20 * MINUTES,
);
