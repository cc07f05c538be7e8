/** Syscall programs and test runs. */
import { spawnSync } from "node:child_process";
import { codecOf } from "../../lib";
import { only } from "../bpf/objects";
import { open as openProbes } from "../bpf/probes.bpf";
import { type arguments_, open, type Syscall } from "../bpf/syscall.bpf";
import { kernelTest, since, unsanitized } from "./needs";

const load = (program: keyof Syscall["programs"]) => only(open(), program).load();

const codec = codecOf<arguments_>(open().btf.typeNamed("struct arguments"));

function bytesOf(value: arguments_): Uint8Array {
  const bytes = new Uint8Array(codec.size);
  codec.encode(value, viewOf(bytes), 0);
  return bytes;
}

const viewOf = ({ buffer, byteOffset, length }: Uint8Array) => new DataView(buffer, byteOffset, length);

kernelTest("a syscall program runs, sleeps and writes its context back", [since("5.14")], async () => {
  await using object = await load("sum_bytes");
  const { sum_bytes } = object.programs;
  expect(sum_bytes.sleepable).toBe(true);
  const run = async (args: arguments_) => {
    const { returnValue, context } = await sum_bytes.testRun({ context: bytesOf(args) });
    return { returnValue, ...codec.decode(viewOf(context), 0) };
  };
  expect(await run({ pointer: 0n, length: 1000, sum: 0 })).toMatchObject({ returnValue: 22 });
  // There is no memory: the helper fails with EFAULT.
  expect(await run({ pointer: 8n, length: 16, sum: 0 })).toMatchObject({ returnValue: 14 });
  expect(await run({ pointer: 8n, length: 0, sum: 99 })).toEqual({ returnValue: 0, pointer: 8n, length: 0, sum: 0 });
});

kernelTest("a pending test run ends before the object is disposed", [since("5.14")], async () => {
  const object = await load("sum_bytes");
  const run = object.programs.sum_bytes.testRun({ context: bytesOf({ pointer: 0n, length: 0, sum: 0 }) });
  await object[Symbol.asyncDispose]();
  expect((await run).returnValue).toBe(0);
  await expect(object.programs.sum_bytes.testRun()).rejects.toMatchObject({ code: "ERR_BPF_CLOSED" });
});

kernelTest("an XDP program runs on given data", [], async () => {
  await using object = await load("swap_first");
  const data = Uint8Array.from({ length: 64 }, (_, i) => i);
  const result = await object.programs.swap_first.testRun({ data, dataOutSize: 64, repeat: 3 });
  expect(result.returnValue).toBe(2);
  expect([...result.data.slice(0, 4)]).toEqual([1, 0, 2, 3]);
  await expect(object.programs.swap_first.testRun({ data: "x" as never })).rejects.toMatchObject({
    code: "ERR_BPF_ARGUMENT",
  });
});

kernelTest("a kind without test runs reports it", [], async () => {
  using object = await only(openProbes(), "on_uprobe").load();
  await expect(object.programs.on_uprobe.testRun()).rejects.toMatchObject({ code: "ERR_BPF_NOT_SUPPORTED" });
});

kernelTest("an XDP program attaches to an existing interface", [], async () => {
  using object = await load("swap_first");
  const { swap_first } = object.programs;
  expect(() => swap_first.attach()).toThrow(/needs a network interface/);
  expect(() => swap_first.attach({ interface: "none0" })).toThrow(
    expect.objectContaining({ code: "ERR_BPF_ATTACH", errno: "ENODEV", hint: expect.stringContaining("interface") }),
  );
});

kernelTest("an aborted run does not keep the process alive", [since("5.14")], async () => {
  const controller = new AbortController();
  await using object = await load("swap_first");
  const { swap_first } = object.programs;
  const data = new Uint8Array(64);
  const run = swap_first.testRun({ data, repeat: 10_000_000, signal: controller.signal });
  const reason = new Error("enough");
  controller.abort(reason);
  await expect(run).rejects.toBe(reason);
  await expect(swap_first.testRun({ data, signal: controller.signal })).rejects.toBe(reason);
  await expect(swap_first.testRun({ data, repeat: 10_000_001 })).rejects.toMatchObject({ code: "ERR_BPF_ARGUMENT" });

  const script = `
    const { open } = require(${JSON.stringify(require.resolve("../bpf/syscall.bpf"))});
    const spec = open();
    spec.programs.sum_bytes.autoload = false;
    spec.programs.swap_first.autoload = true;
    spec.load().then((object) => {
      const options = { data: new Uint8Array(64), repeat: 10_000_000 };
      for (let i = 0; i < 6; i++) object.programs.swap_first.testRun(options).then(() => console.log("ran"));
      // File operations do not wait for them: these have libuv's threads to themselves.
      require("node:fs").readFile("/proc/self/status", () => {
        console.log("read");
        process.exit(3);
      });
    });
  `;
  const child = spawnSync(process.execPath, ["-e", script], { encoding: "utf8", timeout: 60_000, cwd: __dirname });
  expect(child).toMatchObject({ stdout: "read\n", stderr: "", status: 3 });
});

kernelTest("many runs at the same time", [since("5.14")], async () => {
  await using object = await load("sum_bytes");
  const context = bytesOf({ pointer: 0n, length: 0, sum: 0 });
  const runs = Array.from({ length: 200 }, () => object.programs.sum_bytes.testRun({ context }));
  expect(new Set((await Promise.all(runs)).map(({ returnValue }) => returnValue))).toEqual(new Set([0]));
});

/** With little address space some runs get no memory or no thread: the error says so, and nothing else happens. */
kernelTest("runs without memory fail one by one", [unsanitized, since("5.14")], async () => {
  const script = `
    const { open } = require(${JSON.stringify(require.resolve("../bpf/syscall.bpf"))});
    const spec = open();
    spec.programs.sum_bytes.autoload = false;
    spec.programs.swap_first.autoload = true;
    spec.load().then(async (object) => {
      const options = { data: new Uint8Array(64), dataOutSize: 1 << 24, contextOutSize: 1 << 24 };
      const runs = Array.from({ length: 120 }, () => object.programs.swap_first.testRun(options));
      for (const { status, reason } of await Promise.allSettled(runs))
        if (status === "rejected" && !["ENOMEM", "EAGAIN"].includes(reason.errno)) throw reason;
      console.log("settled");
    });
  `;
  const options = { encoding: "utf8", timeout: 60_000, cwd: __dirname } as const;
  // The kilobytes that this process needs before it runs anything, and some for a few runs.
  const size = `require(${JSON.stringify(require.resolve("../bpf/syscall.bpf"))}).open(); console.log(require("node:fs").readFileSync("/proc/self/status", "utf8"))`;
  const peak = Number(/VmPeak:\s*(\d+)/.exec(spawnSync(process.execPath, ["-e", size], options).stdout)?.[1]);
  expect(peak).toBeGreaterThan(0);
  const limited = `ulimit -v ${peak + 500_000}; exec "$@"`;
  const child = spawnSync("sh", ["-c", limited, "sh", process.execPath, "-e", script], options);
  expect(child).toMatchObject({ stdout: "settled\n", stderr: "", status: 0 });
});
