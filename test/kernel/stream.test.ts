/** The streams of a program: its stdout and stderr. */
import { text } from "node:stream/consumers";
import { open } from "../bpf/stream.bpf";
import { before, isSince, kernelTest, type Need, since, vmKernel } from "./needs";

const STDOUT = 1;
const STDERR = 2;

/** The kernel allocates a stream's memory without waiting (alloc_pages_nolock()), for which some hosts never have any. */
const streams: Need = {
  what: "a virtual machine with Linux 6.17",
  present: () => vmKernel !== undefined && isSince("6.17"),
  expected: false,
};

kernelTest("what a program prints on each stream, to the end", [streams], async () => {
  const object = await open().load();
  const { say } = object.programs;
  const print = async (stream: number, number: number, times: number) =>
    expect((await say.testRun({ context: { stream, number, times } })).returnValue).toBe(0);
  await print(STDOUT, 1, 2);
  const [out, errors] = [text(say.stream("stdout")), text(say.stream("stderr"))];
  await print(STDERR, 2, 1);
  // More than one read takes.
  await print(STDOUT, 300, 500);
  await print(STDOUT, 300, 500);
  await print(STDOUT, 300, 500);
  object.close();
  expect(await out).toBe("number 1\n".repeat(2) + "number 300\n".repeat(1500));
  expect(await errors).toBe("number 2\n");
  expect(() => say.stream("stdout")).toThrow(expect.objectContaining({ code: "ERR_BPF_CLOSED" }));
});

kernelTest("a stream that is left takes nothing more", [streams], async () => {
  using object = await open().load();
  const { say } = object.programs;
  await say.testRun({ context: { stream: STDOUT, number: 1, times: 1 } });
  for await (const chunk of say.stream("stdout").setEncoding("utf8")) {
    expect(chunk).toBe("number 1\n");
    break;
  }
  const waiting = say.stream("stdout").resume();
  waiting.destroy();
  await say.testRun({ context: { stream: STDOUT, number: 2, times: 1 } });
  for await (const chunk of say.stream("stdout").setEncoding("utf8")) {
    expect(chunk).toBe("number 2\n");
    break;
  }
});

kernelTest("another name is refused", [since("5.14")], async () => {
  const spec = open();
  using object = await spec.load();
  expect(() => object.programs.say.stream("out" as never)).toThrow(
    expect.objectContaining({
      code: "ERR_BPF_ARGUMENT",
      message: 'program say: stream\'s argument name must be "stdout" or "stderr", got "out"',
    }),
  );
  spec.programs.say.autoload = false;
  using empty = await spec.load();
  expect(() => empty.programs.say.stream("stdout")).toThrow(expect.objectContaining({ code: "ERR_BPF_NOT_LOADED" }));
});

kernelTest("streams need Linux 6.17", [since("5.14"), before("6.17")], async () => {
  using object = await open().load();
  expect(() => object.programs.say.stream("stderr")).toThrow(
    expect.objectContaining({
      code: "ERR_BPF_NOT_SUPPORTED",
      operation: "program.stream",
      errno: "EINVAL",
      message: expect.stringContaining("stderr of program say can't be read: streams of programs need Linux 6.17"),
    }),
  );
});
