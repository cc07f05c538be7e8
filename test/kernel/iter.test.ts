/** Iterators: their output as a stream. */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readdirSync, readlinkSync, readSync } from "node:fs";
import { text } from "node:stream/consumers";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { codecOf, codecs, createMap } from "node-libbpf";
import { type Iter, open, type task_record } from "../bpf/iter.bpf";
import { only } from "../bpf/objects";
import { open as openProbes } from "../bpf/probes.bpf";
import { before, kernelTest, since, vmKernel } from "./needs";

const load = (...programs: (keyof Iter["programs"])[]) => only(open(), ...programs).load();

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

kernelTest("records of the type that the program declares, decoded", [], async () => {
  using object = await load("record_tasks");
  using link = object.programs.record_tasks.attach();
  for (let round = 0; round < 2; round++) {
    const own: task_record[] = [];
    let count = 0;
    for await (const record of link.records<task_record>()) {
      count++;
      if (record.tgid === process.pid) own.push(record);
    }
    expect(count).toBeGreaterThan(own.length);
    expect(own).toContainEqual({ tgid: process.pid, pid: process.pid, comm: expect.stringMatching(/./) });
  }
  // A loop that is left ends the run.
  for await (const { pid } of link.records<task_record>()) {
    expect(pid).toBeGreaterThan(0);
    break;
  }
  await until(() => runs().length === 0);
  // With a codec of one's own.
  const codec = codecOf<task_record>(open().btf.typeNamed("struct task_record"));
  for await (const record of link.records(codec)) expect(Object.keys(record)).toEqual(["tgid", "pid", "comm"]);
});

kernelTest("output that ends within a record, or has no type, is an error", [], async () => {
  using object = await load("tear_records", "list_tasks");
  using link = object.programs.tear_records.attach();
  const all = async () => {
    let count = 0;
    for await (const _ of link.records()) count++;
    return count;
  };
  await expect(all()).rejects.toMatchObject({
    code: "ERR_BPF_LINK",
    operation: "link.records",
    message: expect.stringContaining("the output ends within a record, after 3 of 24 bytes"),
  });
  await until(() => runs().length === 0);
  using lines = object.programs.list_tasks.attach();
  const refused = { code: "ERR_BPF_ARGUMENT", message: expect.stringContaining("the codec of its records") };
  expect(() => lines.records()).toThrow(expect.objectContaining(refused));
  expect(() => lines.records({ ...codecs.u32, size: 0 })).toThrow(expect.objectContaining(refused));
  using other = await only(openProbes(), "on_raw_tp").load();
  using probe = other.programs.on_raw_tp.attach();
  expect(() => probe.records(codecs.u32)).toThrow(/only iter programs produce output/);
  link.close();
  expect(() => link.records()).toThrow(expect.objectContaining({ code: "ERR_BPF_CLOSED" }));
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

/** The descriptors of open iterators. */
const runs = () =>
  readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === "anon_inode:bpf_iter";
    } catch {
      return false; // the descriptor of the listing itself
    }
  });

/** Waits for the garbage collector or a thread. */
async function until(done: () => boolean): Promise<void> {
  while (!done()) {
    global.gc?.();
    await sleep(5);
  }
}

kernelTest("a stream that is abandoned during a read reads no other file's bytes", [], async () => {
  using object = await load("again");
  using link = object.programs.again.attach();
  const read = () => {
    const fd = openSync(__filename, "r");
    try {
      return readSync(fd, Buffer.alloc(4), 0, 4, null);
    } finally {
      closeSync(fd);
    }
  };
  for (let round = 0; round < 40; round++) {
    const stream = link.read().resume();
    await sleep(2);
    stream.destroy();
    for (let i = 0; i < 20; i++) {
      await nextTurn();
      expect(read()).toBe(4);
    }
  }
  await until(() => runs().length === 0);
});

kernelTest("a program that repeats an element without end causes an error", [], async () => {
  using object = await load("again");
  using link = object.programs.again.attach();
  await expect(text(link.read())).rejects.toMatchObject({
    code: "ERR_BPF_LINK",
    errno: "EAGAIN",
    operation: "link.read",
    hint: expect.stringContaining("return 0"),
  });
});

kernelTest("a stream continues when its link is closed, and fails when its object is closed", [], async () => {
  const object = await load("again", "list_tasks");
  const link = object.programs.list_tasks.attach();
  const whole = text(link.read());
  link.close();
  expect(tasks(await whole)).toContainEqual([process.pid, process.pid]);
  const waiting = text(object.programs.again.attach().read());
  const idle = object.programs.list_tasks.attach().read();
  expect(runs()).toHaveLength(2);
  object.close();
  await expect(waiting).rejects.toMatchObject({ code: "ERR_STREAM_PREMATURE_CLOSE" });
  await until(() => runs().length === 0);
  await expect(text(idle)).rejects.toMatchObject({ code: "ERR_STREAM_PREMATURE_CLOSE" });
});

kernelTest("streams that have no reader, or no reader any more, are garbage-collected", [], async () => {
  using object = await load("list_tasks");
  using link = object.programs.list_tasks.attach();
  await (async () => {
    link.read();
    const stream = link.read();
    await once(stream, "readable");
    stream.read(1);
  })();
  await until(() => runs().length === 0);
});

/** Reads as many iterators as there are threads for it, for some time. */
const READER = `
  const { parentPort } = require("node:worker_threads");
  const { open } = require(${JSON.stringify(require.resolve("../bpf/iter.bpf"))});
  const spec = open();
  for (const program of Object.values(spec.programs)) program.autoload = program.name === "again";
  const object = spec.loadSync();
  for (let i = 0; i < 16; i++) object.programs.again.attach().read().resume();
  setTimeout(() => parentPort.postMessage("reads"), 5);`;
/** The reads end while the environment does, each time at other moments of it. */
const ENDS = vmKernel === undefined ? 12 : 2;

kernelTest("an environment that ends during reads leaks no descriptor", [], async () => {
  for (let round = 0; round < ENDS; round++) {
    const worker = new Worker(READER, { eval: true });
    await once(worker, "message");
    await sleep(round);
    await worker.terminate();
    await until(() => runs().length === 0);
  }
});

kernelTest("nor does it end the process, if no other thread has loaded the addon", [], async () => {
  const script = `
    const { Worker } = require("node:worker_threads");
    const start = (rounds) => {
      const worker = new Worker(${JSON.stringify(READER)}, { eval: true });
      worker.once("message", () => worker.terminate()).once("exit", () => rounds > 1 && start(rounds - 1));
    };
    start(${ENDS});`;
  // glibc overwrites what is freed.
  const env = { ...process.env, MALLOC_PERTURB_: "165" };
  const child = spawnSync(process.execPath, ["-e", script], { encoding: "utf8", timeout: 100_000, env });
  expect(child).toMatchObject({ status: 0, signal: null, stderr: "" });
});

kernelTest("a target that can't sleep is refused at attach, with the reason", [since("5.18")], async () => {
  const spec = only(open(), "list_maps_sleepable");
  await expect(spec.load()).rejects.toMatchObject({
    code: "ERR_BPF_SLEEPABLE",
    reason: "ITER_NOT_SLEEPABLE",
    message: expect.stringContaining("would be loaded by this kernel, but refused when attached"),
    hint: expect.stringContaining('precheck: "off"'),
  });
  using object = await spec.load({ precheck: "off" });
  expect(() => object.programs.list_maps_sleepable.attach()).toThrow(
    expect.objectContaining({ code: "ERR_BPF_ATTACH", errno: "EINVAL", hint: expect.stringContaining("iter.s/task") }),
  );
});

kernelTest("numbers that the kernel would truncate to 32 bits are refused", [], async () => {
  using object = await load("list_tasks");
  using probes = await only(openProbes(), "on_uprobe").load();
  const { list_tasks } = object.programs;
  const refused = expect.objectContaining({ code: "ERR_BPF_ARGUMENT", operation: "program.attach" });
  for (const number of [2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + process.pid, -1, 0.5, Number.NaN]) {
    for (const option of ["pid", "tid", "pidfd"]) {
      expect(() => list_tasks.attach({ [option]: number } as never)).toThrow(refused);
    }
    const place = { path: process.execPath, function: "uv_os_getpriority", pid: number };
    expect(() => probes.programs.on_uprobe.attach(place)).toThrow(refused);
  }
});

kernelTest("options of another iterator target are refused", [], async () => {
  using object = await load("list_tasks");
  using map = createMap({ type: "hash", keySize: 4, valueSize: 4, maxEntries: 4 });
  const { list_tasks } = object.programs;
  const refused = (message: RegExp) =>
    expect.objectContaining({ code: "ERR_BPF_ARGUMENT", message: expect.stringMatching(message) });
  expect(() => list_tasks.attach({ map })).toThrow(
    refused(/no attach option "map"; an iterator of task has: pid, tid/),
  );
  expect(() => list_tasks.attach({ cgroup: 0 })).toThrow(refused(/no attach option "cgroup"/));
  expect(() => list_tasks.attach({ pid: 1, tid: 1 })).toThrow(refused(/one of the attach options pid and tid/));
  expect(() => list_tasks.attach({ pid: 0 })).toThrow(refused(/pid must be 1 or more/));
});

kernelTest("iter/task of one process is refused by kernels that would list all", [before("6.1")], async () => {
  using object = await load("list_tasks");
  for (const options of [{ pid: process.pid }, { tid: process.pid }]) {
    expect(() => object.programs.list_tasks.attach(options)).toThrow(
      expect.objectContaining({ code: "ERR_BPF_NOT_SUPPORTED", message: expect.stringContaining("needs Linux 6.1") }),
    );
  }
});
