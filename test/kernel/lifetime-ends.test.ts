/** docs/lifetime.md: what is freed when a block, a thread or a process ends, however it does. */
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmdirSync } from "node:fs";
import { getPriority } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { codecs, createMap, maps, openLink, openMap, openMapById, openProgramById, programs } from "node-libbpf";
import { native } from "../../lib/native";
import { open } from "../bpf/events.bpf";
import { called } from "./called";
import { bpffs, kernelTest, PINS, since, vmKernel } from "./needs";

const quoted = JSON.stringify;
/** For scripts of other threads and processes. */
const PRELUDE = `
  const libbpf = require(${quoted(require.resolve("node-libbpf"))});
  const { open } = require(${quoted(require.resolve("../bpf/events.bpf"))});
  const { called } = require(${quoted(require.resolve("./called"))});
  const { getPriority } = require("node:os");
  const print = (text) => require("node:fs").writeSync(1, text);
`;

function inProcess(script: string, ...flags: string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [...flags, "-e", PRELUDE + script], { encoding: "utf8", timeout: 100_000 });
}

const programIds = () => Array.from(programs(), ({ id }) => id);
const mapIds = () => Array.from(maps(), ({ id }) => id);

/** The kernel frees some time after the last reference is gone. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}

/** Fails by the test's timeout if the work leaves a program or a map in the kernel. */
async function leavingNothing(work: () => unknown): Promise<void> {
  const [program = 0] = programIds().slice(-1);
  const [map = 0] = mapIds().slice(-1);
  await work();
  await until(() => programIds().every((id) => id <= program) && mapIds().every((id) => id <= map));
}

kernelTest("what is closed lives on while something refers to it", [], async () => {
  await leavingNothing(async () => {
    const object = await open().load();
    const link = object.programs.on_call.attach(called);
    const { id } = object.programs.on_call;
    link.close();
    getPriority();
    expect(object.variables.sequence).toBe(0n); // detached
    expect(programIds()).toContain(id); // and still loaded
    using program = openProgramById(id);
    using map = openMapById(object.maps.events.id);
    object.close();
    expect(program.id).toBe(id);
    expect(programIds()).toContain(id);
    expect(mapIds()).toContain(map.id);
  });
});

kernelTest("using closes at the end of the block, also after an exception", [], async () => {
  const seen: { readonly closed: boolean }[] = [];
  const block = async () => {
    await using object = await open().load();
    using link = object.programs.on_call.attach(called);
    using map = createMap({ type: "hash", key: codecs.u32, value: codecs.u32, maxEntries: 1 });
    seen.push(object, link, map, object.maps.events);
    expect(seen.map(({ closed }) => closed)).toEqual([false, false, false, false]);
    throw new Error("of the block");
  };
  await expect(block()).rejects.toThrow("of the block");
  expect(seen.map(({ closed }) => closed)).toEqual([true, true, true, true]);
});

kernelTest("maps without an object stay open when an object is closed", [], async () => {
  using map = createMap({ type: "array", value: codecs.u64, maxEntries: 1 });
  const object = await open().load();
  using ring = openMapById(object.maps.events.id);
  object.close();
  map.set(0, 1n);
  expect([map.closed, ring.closed, ring.info().type]).toEqual([false, false, "ringbuf"]);
});

kernelTest("garbage collection closes objects and maps, and detaches no link", [], async () => {
  const script = `
    const { readdirSync, readlinkSync } = require("node:fs");
    const count = (pattern) => readdirSync("/proc/self/fd").filter((fd) => {
      try { return pattern.test(readlinkSync("/proc/self/fd/" + fd)); } catch { return false; }
    }).length;
    const collect = async (condition) => {
      while (!condition()) { gc(); await new Promise((turn) => setTimeout(turn, 5)); }
    };
    let second;
    (() => {
      open().loadSync();
      const map = libbpf.createMap({ type: "array", value: libbpf.codecs.u64, maxEntries: 1 });
      libbpf.openMapById(map.id);
    })();
    collect(() => count(/bpf/) === 0).then(() => {
      print("collected ");
      (() => {
        const object = open().loadSync();
        object.programs.on_call.attach(called);
        second = libbpf.openMapById(object.maps.events.id);
      })();
      return once(process, "warning");
    }).then(([{ code }]) => {
      getPriority();
      print(code + " " + second.read().length);
    });
    const { once } = require("node:events");
    const forWarning = setInterval(() => gc(), 20);
    process.once("warning", () => clearInterval(forWarning));`;
  await leavingNothing(() => {
    const child = inProcess(script, "--expose-gc", "--no-warnings");
    expect(child).toMatchObject({ stdout: "collected WARN_BPF_LINK_DROPPED 1", stderr: "", status: 0 });
  });
});

const OPEN = `
  const object = open().loadSync();
  object.programs.on_call.attach(called);
  const map = libbpf.createMap({ type: "array", value: libbpf.codecs.u64, maxEntries: 1 });
  object.maps.events.unref().onEvent(() => {});
  const iter = require(${quoted(require.resolve("../bpf/iter.bpf"))}).open();
  for (const program of Object.values(iter.programs)) program.autoload = program.name === "list_tasks";
  const stream = iter.loadSync().programs.list_tasks.attach().read();
  getPriority();`;

const ENDS: readonly (readonly [name: string, script: string, result: object])[] = [
  ["its script", "", { status: 0, stderr: "" }],
  ["process.exit()", "process.exit(3)", { status: 3, stderr: "" }],
  ["an exception", "throw new Error('of the script')", { status: 1 }],
  ["SIGKILL", "process.kill(process.pid, 'SIGKILL')", { signal: "SIGKILL" }],
];

kernelTest("a process that ends leaves nothing, whatever ends it", [], async () => {
  // In a virtual machine a process takes seconds to start.
  for (const [, script, result] of vmKernel === undefined ? ENDS : ENDS.slice(1, 2)) {
    await leavingNothing(() => expect(inProcess(OPEN + script)).toMatchObject(result));
  }
});

kernelTest("a process that ends during a load leaves nothing, and does not hang", [], async () => {
  for (const end of ["process.exit(3)", "process.kill(process.pid, 'SIGKILL')"]) {
    const script = `for (let i = 0; i < 8; i++) open().load(); setImmediate(() => ${end});`;
    await leavingNothing(() => {
      const { status, signal, stderr } = inProcess(script);
      expect([status ?? signal, stderr]).toEqual([end.includes("exit") ? 3 : "SIGKILL", ""]);
    });
  }
});

kernelTest("pins outlive a process that is killed", [bpffs, since("5.15")], async () => {
  mkdirSync(PINS, { recursive: true });
  const at = (name: string) => quoted(join(PINS, name));
  // Attached to this process, not to the one that is killed.
  const script = `
    const object = open().loadSync();
    object.programs.on_call.attach({ ...called, pid: ${process.pid} }).pin(${at("link")});
    object.maps.events.pin(${at("events")});
    const map = libbpf.createMap({ type: "array", value: libbpf.codecs.u64, maxEntries: 1 });
    map.set(0, 42n);
    map.pin(${at("map")});
    process.kill(process.pid, "SIGKILL");`;
  await leavingNothing(() => {
    expect(inProcess(script)).toMatchObject({ signal: "SIGKILL", stderr: "" });
    using link = openLink(join(PINS, "link"));
    using ring = openMap(join(PINS, "events"), { type: "ringbuf" });
    using map = openMap(join(PINS, "map"), { type: "array", value: codecs.u64 });
    expect(map.get(0)).toBe(42n);
    getPriority();
    expect(ring.read()).toHaveLength(1);
    link.unpin();
    getPriority();
    expect(ring.read()).toHaveLength(1); // this process has the link open
    ring.unpin(join(PINS, "events"));
    map.unpin(join(PINS, "map"));
    link.close();
    getPriority();
    expect(ring.read()).toEqual([]);
    rmdirSync(PINS);
  });
});

/** Runs a script in a thread up to its first message, and terminates it some time after. */
async function terminated(script: string, after = 0): Promise<void> {
  const worker = new Worker(`const { parentPort } = require("node:worker_threads"); ${PRELUDE}${script}`, {
    eval: true,
  });
  await once(worker, "message");
  await sleep(after);
  await worker.terminate();
}

const ROUNDS = vmKernel === undefined ? 5 : 1;

kernelTest("a worker that is terminated during loads leaves nothing", [], async () => {
  const script = `
    const load = () => open().load().then((object) => { object.programs.on_call.attach(called); load(); });
    for (let i = 0; i < 4; i++) load();
    parentPort.postMessage("loads");`;
  for (let round = 0; round < ROUNDS; round++) await leavingNothing(() => terminated(script, 7 * round));
});

kernelTest("a worker that is terminated while it reads leaves nothing", [], async () => {
  // Each record causes the next one: there is always something to read.
  const script = `
    const object = open().loadSync();
    object.programs.on_call.attach(called);
    object.maps.events.onEvent(() => getPriority());
    getPriority();
    setTimeout(() => parentPort.postMessage("reads"), 5);`;
  for (let round = 0; round < ROUNDS; round++) await leavingNothing(() => terminated(script, 3 * round));
});

kernelTest("a handle is of one thread, nothing can be transferred, and ids are shared", [], async () => {
  using map = createMap({ type: "array", value: codecs.u64, maxEntries: 1 });
  expect(() => structuredClone(map, { transfer: [map as never] })).toThrow();
  const handle = native.mapOfId(map.id);
  const worker = new Worker(
    `const { parentPort, workerData } = require("node:worker_threads");
     const { native } = require(${quoted(require.resolve("../../lib/native"))});
     const { codecs, openMapById } = require(${quoted(require.resolve("node-libbpf"))});
     openMapById(workerData.id, { value: codecs.u64 }).set(0, 42n);
     parentPort.postMessage(native.mapFd(workerData.handle));`,
    { eval: true, workerData: { handle, id: map.id } },
  );
  const [answer] = await once(worker, "message");
  await once(worker, "exit");
  expect(native.mapFd(handle)).toBeGreaterThan(0);
  native.mapClose(handle);
  expect(answer).toBe(-9); // EBADF
  expect(map.get(0)).toBe(42n);
});

kernelTest("while libuv's threads are all busy a load waits, and rings and streams go on", [], async () => {
  // A FIFO that nobody writes to holds the only thread.
  const script = `
    const fs = require("node:fs");
    const folder = fs.mkdtempSync(require("node:os").tmpdir() + "/node-libbpf-");
    const fifo = folder + "/fifo";
    require("node:child_process").execFileSync("mkfifo", [fifo]);
    const object = open().loadSync();
    object.programs.on_call.attach(called);
    const busy = fs.promises.readFile(fifo);
    let loaded = false;
    const load = open().load().then((second) => { loaded = true; second.close(); });
    (async () => {
      getPriority();
      for await (const batch of object.maps.events) { print(batch.length + " "); break; }
      const iter = require(${quoted(require.resolve("../bpf/iter.bpf"))}).open();
      for (const program of Object.values(iter.programs)) program.autoload = program.name === "list_tasks";
      const tasks = iter.loadSync();
      let bytes = 0;
      for await (const chunk of tasks.programs.list_tasks.attach().read()) bytes += chunk.length;
      print((bytes > 0) + " " + loaded + " ");
      fs.closeSync(fs.openSync(fifo, "w"));
      await busy;
      await load;
      print(loaded + "");
      fs.rmSync(folder, { recursive: true });
      object.close();
      tasks.close();
    })();`;
  const child = spawnSync(process.execPath, ["-e", PRELUDE + script], {
    encoding: "utf8",
    env: { ...process.env, UV_THREADPOOL_SIZE: "1" },
  });
  expect(child).toMatchObject({ stdout: "1 true false true", stderr: "", status: 0 });
});

kernelTest("a child process gets no descriptor", [], async () => {
  await using object = await open().load();
  object.programs.on_call.attach(called);
  using map = createMap({ type: "array", value: codecs.u64, maxEntries: 1 });
  map.set(0, 1n);
  const waiting = object.maps.events.batches().next(); // opens the poller
  const list = "for fd in /proc/self/fd/*; do readlink $fd; done";
  const { stdout } = spawnSync("sh", ["-c", list], { encoding: "utf8" });
  expect(stdout).toMatch(/^(pipe|socket):/m);
  expect(stdout).not.toMatch(/bpf|perf|eventpoll|btf/);
  object.maps.events.close();
  expect(await waiting).toMatchObject({ done: true });
});
