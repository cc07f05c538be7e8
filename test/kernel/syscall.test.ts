/** Syscall programs and test runs. */
import { only } from "../bpf/objects";
import { open as openProbes } from "../bpf/probes.bpf";
import { type arguments_, open, type Syscall } from "../bpf/syscall.bpf";
import { kernelTest, since } from "./needs";

const load = (program: keyof Syscall["programs"]) => only(open(), program).load();

const codec = open().btf.codec<arguments_>("struct arguments");

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
  // No memory there: the helper faults and says so.
  expect(await run({ pointer: 8n, length: 16, sum: 0 })).toMatchObject({ returnValue: 14 });
  expect(await run({ pointer: 8n, length: 0, sum: 99 })).toEqual({ returnValue: 0, pointer: 8n, length: 0, sum: 0 });
});

kernelTest("a test run in flight ends before the object is disposed of", [since("5.14")], async () => {
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

kernelTest("a kind that can't be test-run says so", [], async () => {
  using object = await only(openProbes(), "on_uprobe").load();
  await expect(object.programs.on_uprobe.testRun()).rejects.toMatchObject({ code: "ERR_BPF_NOT_SUPPORTED" });
});

kernelTest("an XDP program is attached to an interface that there is", [], async () => {
  using object = await load("swap_first");
  const { swap_first } = object.programs;
  expect(() => swap_first.attach()).toThrow(/needs a network interface/);
  expect(() => swap_first.attach({ interface: "none0" })).toThrow(
    expect.objectContaining({ code: "ERR_BPF_ATTACH", errno: "ENODEV", hint: expect.stringContaining("interface") }),
  );
});
