/** Global variables of all forms, and sections that grow. */
import { Flag, libbpf, openMapById } from "node-libbpf";
import { open as openStatics } from "../bpf/statics.bpf";
import { type config, open } from "../bpf/variables.bpf";
import { kernelTest, since } from "./needs";

const compiled: config = {
  ...{ uid: 1, on: false, level: 5, state: "BUSY", both: 7n, half: [7, 0] },
  list: [
    { port: 80, name: "http" },
    { port: 443, name: "https" },
  ],
};

kernelTest("variables have the values of their C types, before and after the load", [], async () => {
  const spec = open();
  expect(spec.variables).toMatchObject({ config: compiled, ratio: 0.5, sums: [0n, 0n, 0n], pointer: 0n });
  const { both, half, ...rest } = compiled;
  spec.variables.config = { ...rest, half: [1, 2], state: "IDLE", on: true };
  spec.variables.grows = [42n, 0n];
  using object = await spec.load();
  const config: config = { ...compiled, half: [1, 2], both: 0x2_0000_0001n, state: "IDLE", on: true };
  expect(object.variables.config).toEqual(config);
  const run = await object.programs.sum.testRun({ data: new Uint8Array(64) });
  expect(run.returnValue).toBe(42);
  expect(object.variables).toMatchObject({ config: { ...config, uid: 2 }, sums: [1n, 0n, 0n] });
  expect(object.variables.pointer).toBeGreaterThan(0n);
  expect(() => {
    object.variables.config = {
      ...config,
      list: [
        { port: 80, name: "http" },
        { port: 65536, name: "" },
      ],
    };
  }).toThrow("variable config.list[1].port: expected u16, got 65536");
  expect(object.variables.config).toEqual({ ...config, uid: 2 });
});

kernelTest("a load has the settings of its call, whatever is set before it ends", [], async () => {
  const spec = open();
  spec.variables.sums = [1n, 2n, 3n];
  const loading = spec.load();
  spec.variables.sums = [4n, 5n, 6n];
  spec.programs.sum.autoload = false;
  using object = await loading;
  expect(object.variables.sums).toEqual([1n, 2n, 3n]);
  expect(object.programs.sum.fd).toBeGreaterThan(0);
  // And the next one has those.
  using second = await spec.load();
  expect(second.variables.sums).toEqual([4n, 5n, 6n]);
  expect(() => second.programs.sum.fd).toThrow();
});

kernelTest("a map that is given to a load can be closed after the call", [], async () => {
  using first = await open().load();
  const spec = open();
  const given = openMapById(first.maps[".data.grows"].id);
  spec.maps[".data.grows"].reuse = given;
  const loading = spec.load();
  given.close();
  using object = await loading;
  expect(object.maps[".data.grows"].id).toBe(first.maps[".data.grows"].id);
});

kernelTest("a section grows, and its last variable with it", [], async () => {
  const spec = open();
  spec.maps[".data.grows"].valueSize = 8 * 1000;
  expect(spec.variables.grows.length).toBe(1000);
  const [major, minor] = libbpf.version.split(".").map(Number) as [number, number];
  if (major === 1 && minor < 3) {
    await expect(spec.load()).rejects.toMatchObject({ errno: "EOPNOTSUPP" });
    return;
  }
  spec.variables.grows = Array.from({ length: 1000 }, (_, index) => BigInt(index + 9));
  using object = await spec.load();
  expect(object.maps[".data.grows"].valueSize).toBe(8000);
  expect(object.variables.grows[999]).toBe(1008n);
  object.variables.grows = new Array(1000).fill(3n);
  expect((await object.programs.sum.testRun({ data: new Uint8Array(64) })).returnValue).toBe(3);
});

kernelTest("a section that only grows keeps the compiled values", [], async () => {
  const [major, minor] = libbpf.version.split(".").map(Number) as [number, number];
  if (major === 1 && minor < 3) return;
  const spec = open();
  spec.maps[".data.grows"].valueSize = 4096 * 3;
  using object = await spec.load();
  expect(new Set(object.variables.grows)).toEqual(new Set([0n]));
  expect(() => {
    spec.maps[".bss"].valueSize = 1;
  }).toThrow(expect.objectContaining({ code: "ERR_BPF_ARGUMENT", operation: "map.valueSize" }));
});

kernelTest("variables of a map that was not created have no memory, and report it", [], async () => {
  const spec = open();
  spec.programs.sum.autoload = false;
  for (const map of Object.values(spec.maps)) map.autocreate = false;
  using object = await spec.load();
  const none = expect.objectContaining({ code: "ERR_BPF_MAP", errno: "ENOENT" });
  for (const name of ["config", "ratio", "sums", "grows"] as const) expect(() => object.variables[name]).toThrow(none);
  expect(() => {
    object.variables.sums = [1n, 2n, 3n];
  }).toThrow(none);
});

kernelTest("static variables are read and written like others, mapped or not", [], async () => {
  const start = { level: 3, mode: 2, first: 1, second: 2, calls: 0 };
  for (const mapped of [true, false]) {
    const spec = openStatics();
    expect(spec.variables).toMatchObject(start);
    spec.variables.mode = 5;
    if (!mapped)
      for (const section of [".data.level", ".data.pair", ".rodata"] as const)
        spec.maps[section].flags &= ~Flag.MMAPABLE;
    using object = await spec.load();
    expect({ ...object.variables }).toMatchObject({ ...start, mode: 5 });
    object.variables.level = 7;
    const setSecond = () => {
      object.variables.second = 4;
    };
    if (mapped) setSecond();
    // The program may write the section's other variable at the same time.
    else expect(setSecond).toThrow(expect.objectContaining({ hint: expect.stringContaining("BPF_F_MMAPABLE") }));
    const run = await object.programs.run.testRun({ data: new Uint8Array(64) });
    expect(run.returnValue).toBe(70 + 5 + 1 + (mapped ? 4 : 2));
    expect(object.variables).toMatchObject({ level: 7, calls: 1 });
    expect(() => {
      (object.variables as { mode: number }).mode = 1;
    }).toThrow(/constant/);
  }
});

kernelTest(
  "static variables beside a lock, whose memory the kernel does not map, are read",
  [since("6.2")],
  async () => {
    const spec = openStatics();
    expect(spec.maps[".bss.locked"].flags & Flag.MMAPABLE).toBe(0);
    spec.programs.lock_and_count.autoload = true;
    using object = await spec.load();
    for (const count of [1, 2]) {
      const run = await object.programs.lock_and_count.testRun({ data: new Uint8Array(64) });
      expect(run.returnValue).toBe(count);
      expect(object.variables.locked).toBe(count);
    }
    expect(() => {
      object.variables.locked = 0;
    }).toThrow(expect.objectContaining({ hint: expect.stringContaining("move the variable into another") }));
  },
);
