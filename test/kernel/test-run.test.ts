/** testRun(): every option, for the types that have it; contexts as values. */
import { codecOf, codecs, type Program } from "node-libbpf";
import { only } from "../bpf/objects";
import { type arguments_, open, type Syscall } from "../bpf/syscall.bpf";
import { before, kernelTest, since } from "./needs";

const load = (program: keyof Syscall["programs"]) => only(open(), program).load();

/** struct xdp_md. */
const frame = (length: number) => ({
  data: 0,
  data_end: length,
  data_meta: 0,
  ingress_ifindex: 1,
  rx_queue_index: 0,
  egress_ifindex: 0,
});

const packet = new Uint8Array(64);

kernelTest("a syscall program takes and returns a value", [since("5.14")], async () => {
  await using object = await load("sum_bytes");
  const { sum_bytes } = object.programs;
  const context: arguments_ = { pointer: 8n, length: 0, sum: 99 };
  const { returnValue, context: after } = await sum_bytes.testRun({ context });
  expect([returnValue, after]).toEqual([0, { pointer: 8n, length: 0, sum: 0 }]);
  // Its type is that of what was given.
  const sum: number = after.sum;
  expect(sum).toBe(0);
  await expect(sum_bytes.testRun({ context: { pointer: 8n, length: -1, sum: 0 } })).rejects.toMatchObject({
    code: "ERR_BPF_ARGUMENT",
    message: "program sum_bytes: the context.length: expected u32, got -1",
  });
  // Bytes as before.
  const bytes = new Uint8Array(16).fill(1, 12);
  expect([...(await sum_bytes.testRun({ context: bytes })).context]).toEqual([...new Uint8Array(16)]);
});

kernelTest("with 64-bit integers as numbers", [since("5.14")], async () => {
  await using object = await only(open({ u64: "number" }), "sum_bytes").load();
  // The types were generated for bigints.
  const program: Program = object.programs.sum_bytes;
  const { context } = await program.testRun({ context: { pointer: 8, length: 0, sum: 1 } });
  expect(context).toEqual({ pointer: 8, length: 0, sum: 0 });
});

kernelTest("an XDP program's context", [since("5.15")], async () => {
  await using object = await load("measure");
  const { returnValue, context } = await object.programs.measure.testRun({ data: packet, context: frame(64) });
  expect([returnValue, context]).toEqual([64, frame(64)]);
});

kernelTest("an XDP program on live frames returns neither data nor context", [since("5.18")], async () => {
  await using object = await load("swap_first");
  const { swap_first } = object.programs;
  const result = await swap_first.testRun({
    ...{ data: packet, context: frame(64), liveFrames: true, batchSize: 4, repeat: 8 },
  });
  expect(result).toMatchObject({ returnValue: 0, data: Buffer.alloc(0), context: frame(64) });
});

kernelTest("live frames need Linux 5.18", [before("5.18")], async () => {
  await using object = await load("swap_first");
  await expect(object.programs.swap_first.testRun({ data: packet, liveFrames: true })).rejects.toMatchObject({
    code: "ERR_BPF_NOT_SUPPORTED",
    errno: "EINVAL",
    message: "test run of swap_first: liveFrames needs Linux 5.18",
  });
});

kernelTest("a packet with its context and marks", [], async () => {
  await using object = await load("add_mark");
  const { add_mark } = object.programs;
  const bytes = await add_mark.testRun({ data: packet, contextOutSize: 192, dataOutSize: 64, repeat: 2 });
  // Two runs of the program on the same packet.
  expect([
    bytes.returnValue,
    codecs.u32.decode(new DataView(bytes.context.buffer, bytes.context.byteOffset), 8),
  ]).toEqual([64, 10]);
  const codec = codecOf<Record<string, unknown>>(open().btf.typeNamed("struct __sk_buff"));
  const none = codec.decode(new DataView(new ArrayBuffer(codec.size)), 0);
  const { context } = await add_mark.testRun({ data: packet, context: { ...none, mark: 3 } });
  expect(context.mark).toBe(8);
});

kernelTest("a packet with a checksum", [since("6.11")], async () => {
  await using object = await load("add_mark");
  expect((await object.programs.add_mark.testRun({ data: packet, checksumComplete: true })).returnValue).toBe(64);
});

// 5.10 refuses the flag; Debian's 6.1.192 takes it: stable releases may have it too.
kernelTest("a checksum needs Linux 6.11", [before("6.1")], async () => {
  await using object = await load("add_mark");
  await expect(object.programs.add_mark.testRun({ data: packet, checksumComplete: true })).rejects.toMatchObject({
    code: "ERR_BPF_NOT_SUPPORTED",
    message: "test run of add_mark: checksumComplete needs Linux 6.11",
  });
});

kernelTest("a raw_tp program on a CPU", [], async () => {
  await using object = await load("on_cpu");
  const { on_cpu } = object.programs;
  const context = new Uint8Array(BigUint64Array.of(0n, 7n).buffer);
  expect((await on_cpu.testRun({ context, cpu: 0 })).returnValue).toBe(7 << 16);
  await expect(on_cpu.testRun({ context, cpu: 0x7fffffff })).rejects.toMatchObject({
    errno: "ENXIO",
    hint: "CPU 2147483647 is not online",
  });
  // struct bpf_raw_tracepoint_args has no size of its own.
  await expect(on_cpu.testRun({ context: { args: [0n, 7n] } })).rejects.toMatchObject({
    code: "ERR_BPF_ARGUMENT",
    message: expect.stringContaining("option context must be a Uint8Array"),
  });
});

kernelTest("options of other types, and options that exclude each other, are refused by name", [], async () => {
  await using object = await load("swap_first");
  const { swap_first } = object.programs;
  const refused = async (options: object, message: string) =>
    await expect(swap_first.testRun(options)).rejects.toMatchObject({
      code: "ERR_BPF_ARGUMENT",
      program: "swap_first",
      message: expect.stringContaining(message),
    });
  await refused({ cpu: 0 }, 'testRun has no option "cpu"; a xdp program has: context, contextOutSize, data');
  await refused({ checksumComplete: true }, 'testRun has no option "checksumComplete"');
  await refused({ batchSize: 4 }, "option batchSize needs liveFrames");
  await refused({ batchSize: 257, liveFrames: true }, "option batchSize must be an integer from 1 to 256");
  await refused({ dataOutSize: 64, liveFrames: true }, "option dataOutSize can't be used with liveFrames");
  await refused({ contextOutSize: 24, flags: 2 }, "option contextOutSize can't be used with liveFrames");
  await refused({ context: 5 }, "option context must be a Uint8Array or an object");
  await refused({ liveframes: true }, "Did you mean liveFrames?");

  await using sleeping = await load("on_cpu");
  for (const option of ["data", "dataOutSize", "repeat", "contextOutSize", "liveFrames"])
    await expect(sleeping.programs.on_cpu.testRun({ [option]: 1 })).rejects.toMatchObject({
      message: expect.stringContaining(`testRun has no option "${option}"; a raw_tp program has: context, cpu`),
    });
});

kernelTest("data that is longer than what is returned", [], async () => {
  await using object = await load("swap_first");
  await expect(object.programs.swap_first.testRun({ data: packet, dataOutSize: 8 })).rejects.toMatchObject({
    errno: "ENOSPC",
    hint: "The data is longer: raise dataOutSize",
  });
});
