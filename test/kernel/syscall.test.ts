/** Syscall programs and test runs. */
import { openOnly } from "../bpf/objects";
import { kernelTest, since } from "./needs";

const load = (program: string) => openOnly("syscall", program).load();

kernelTest("a syscall program runs, sleeps and writes its context back", [since("5.14")], async () => {
  await using object = await load("sum_bytes");
  expect(object.program("sum_bytes").sleepable).toBe(true);
  const context = new Uint8Array(16);
  const view = new DataView(context.buffer);
  view.setUint32(8, 1000, true);
  const tooLong = await object.program("sum_bytes").testRun({ context });
  expect(tooLong.returnValue).toBe(22);

  view.setBigUint64(0, 8n, true); // no memory there: the helper faults and says so
  view.setUint32(8, 16, true);
  expect((await object.program("sum_bytes").testRun({ context })).returnValue).toBe(14);

  view.setUint32(8, 0, true);
  view.setUint32(12, 99, true);
  const none = await object.program("sum_bytes").testRun({ context });
  expect(none.returnValue).toBe(0);
  expect(new DataView(none.context.buffer, none.context.byteOffset).getUint32(12, true)).toBe(0);
});

kernelTest("a test run in flight ends before the object is disposed of", [since("5.14")], async () => {
  const object = await load("sum_bytes");
  const run = object.program("sum_bytes").testRun({ context: new Uint8Array(16) });
  await object[Symbol.asyncDispose]();
  expect((await run).returnValue).toBe(0);
  await expect(object.program("sum_bytes").testRun()).rejects.toMatchObject({ code: "ERR_BPF_CLOSED" });
});

kernelTest("an XDP program runs on given data", [], async () => {
  await using object = await load("swap_first");
  const data = Uint8Array.from({ length: 64 }, (_, i) => i);
  const result = await object.program("swap_first").testRun({ data, dataOutSize: 64, repeat: 3 });
  expect(result.returnValue).toBe(2);
  expect([...result.data.slice(0, 4)]).toEqual([1, 0, 2, 3]);
  await expect(object.program("swap_first").testRun({ data: "x" as never })).rejects.toMatchObject({
    code: "ERR_BPF_ARGUMENT",
  });
});

kernelTest("a kind that can't be test-run says so", [], async () => {
  using object = await openOnly("probes", "on_uprobe").load();
  await expect(object.program("on_uprobe").testRun()).rejects.toMatchObject({ code: "ERR_BPF_NOT_SUPPORTED" });
});
