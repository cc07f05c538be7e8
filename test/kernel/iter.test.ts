/** Iterators: their output as a stream. */
import { text } from "node:stream/consumers";
import { createMap } from "node-libbpf";
import { type Iter, open } from "../bpf/iter.bpf";
import { only } from "../bpf/objects";
import { before, kernelTest, since } from "./needs";

const load = (program: keyof Iter["programs"]) => only(open(), program).load();

const tasks = (output: string) =>
  output
    .trim()
    .split("\n")
    .map((line) => line.split(" ").map(Number));

kernelTest("iter/task lists this process, and again at a second read", [], async () => {
  using object = await load("list_tasks");
  using link = object.programs.list_tasks.attach();
  for (let round = 0; round < 2; round++) {
    expect(tasks(await text(link.read()))).toContainEqual([process.pid, process.pid]);
  }
});

kernelTest("iter.s/task lists this process", [since("5.18")], async () => {
  using object = await load("list_tasks_sleepable");
  expect(object.programs.list_tasks_sleepable.sleepable).toBe(true);
  using link = object.programs.list_tasks_sleepable.attach();
  expect(tasks(await text(link.read()))).toContainEqual([process.pid, process.pid]);
});

kernelTest("iter/task of one process", [since("6.1")], async () => {
  using object = await load("list_tasks");
  using link = object.programs.list_tasks.attach({ pid: process.pid });
  const own = tasks(await text(link.read()));
  expect(own.length).toBeGreaterThan(1);
  expect(own.every(([tgid]) => tgid === process.pid)).toBe(true);
});

kernelTest("a stream that is not read to its end leaves nothing open", [], async () => {
  using object = await load("list_tasks");
  using link = object.programs.list_tasks.attach();
  const stream = link.read();
  for await (const chunk of stream) {
    expect(chunk.length).toBeGreaterThan(0);
    break;
  }
  expect(stream.destroyed).toBe(true);
  await new Promise((closed) => (stream.closed ? closed(undefined) : stream.once("close", closed)));
});

kernelTest("a target that can't sleep is refused when attaching, and told why", [since("5.18")], async () => {
  const spec = only(open(), "list_maps_sleepable");
  await expect(spec.load()).rejects.toMatchObject({ code: "ERR_BPF_SLEEPABLE", reason: "ITER_NOT_SLEEPABLE" });
  using object = await spec.load({ precheck: "off" });
  expect(() => object.programs.list_maps_sleepable.attach()).toThrow(
    expect.objectContaining({ code: "ERR_BPF_ATTACH", errno: "EINVAL", hint: expect.stringContaining("iter.s/task") }),
  );
});

kernelTest("an option is for the iterator's target", [], async () => {
  using object = await load("list_tasks");
  using map = createMap({ type: "hash", keySize: 4, valueSize: 4, maxEntries: 4 });
  const { list_tasks } = object.programs;
  const refused = (message: RegExp) =>
    expect.objectContaining({ code: "ERR_BPF_ARGUMENT", message: expect.stringMatching(message) });
  expect(() => list_tasks.attach({ map })).toThrow(
    refused(/no attach option "map"; an iterator of task has: pid, tid/),
  );
  expect(() => list_tasks.attach({ cgroupFd: 0 })).toThrow(refused(/no attach option "cgroupFd"/));
  expect(() => list_tasks.attach({ pid: 1, tid: 1 })).toThrow(refused(/one of the attach options pid and tid/));
  expect(() => list_tasks.attach({ pid: 0 })).toThrow(refused(/pid must be 1 or more/));
});

kernelTest("iter/task of one process is refused by kernels that would list all", [before("6.1")], async () => {
  using object = await load("list_tasks");
  for (const options of [{ pid: process.pid }, { tid: process.pid }]) {
    expect(() => object.programs.list_tasks.attach(options)).toThrow(
      expect.objectContaining({ code: "ERR_BPF_ATTACH", hint: expect.stringContaining("6.1") }),
    );
  }
});
