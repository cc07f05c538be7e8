/** Handles: closed once, unusable afterwards in any thread, and never leaked. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { getHeapSpaceStatistics } from "node:v8";
import { Worker } from "node:worker_threads";
import { type BpfError, Link, openLink } from "node-libbpf";
import { open as openCycle } from "../bpf/cycle.bpf";
import { open as openEvents } from "../bpf/events.bpf";
import { open as openLsm } from "../bpf/lsm.bpf";
import { open as openMaps } from "../bpf/maps.bpf";
import { bpffs, bpfLsm, kernelTest, PINS, unsanitized, vmKernel } from "./needs";

const uprobe = { path: process.execPath, function: "uv_os_getpriority", pid: process.pid };
/** For other threads and processes. */
const EVENTS = require.resolve("../bpf/events.bpf");
const closed = expect.objectContaining({ name: "ClosedError", code: "ERR_BPF_CLOSED" });

kernelTest("every call on a closed object throws ClosedError; closing it again does not", [], async () => {
  const maps = await openMaps().load();
  const events = await openEvents().load();
  const hash = maps.maps.hash.raw;
  const { array } = maps.maps;
  const ring = events.maps.events;
  const program = events.programs.on_call;
  const link = program.attach(uprobe);
  const fresh = program.attach(uprobe);
  fresh.close();
  ring.read();
  maps.close();
  events.close();
  expect(link.closed).toBe(true);

  const key = new Uint8Array(4);
  const value = new Uint8Array(8);
  const calls: Record<string, () => unknown> = {
    "map.get": () => hash.get(key),
    "map.has": () => hash.has(key),
    "map.set": () => hash.set(key, value),
    "map.delete": () => hash.delete(key),
    "map.keys": () => [...hash.keys()],
    "map.entries": () => [...hash.entries()],
    "map.values": () => [...hash.values()],
    "map[Symbol.iterator]": () => [...hash],
    "map.fd": () => hash.fd,
    "array.get": () => array.get(0),
    "ring.read": () => ring.read(),
    "ring.onEvent": () => ring.onEvent(() => {}),
    "program.attach": () => program.attach(uprobe),
    "program.id": () => program.id,
    "variables.get": () => maps.variables.counter,
    "variables.set": () => {
      maps.variables.counter = 1n;
    },
    "link.info": () => link.info(),
    "link.pin": () => link.pin(join(PINS, "x")),
    "link.unpin": () => link.unpin(),
    "link.detach": () => link.detach(),
    "link.read": () => link.read(),
    "closed link.info": () => fresh.info(),
  };
  const results = Object.entries(calls).map(([name, call]) => {
    try {
      call();
      return [name, "did not throw"];
    } catch (error) {
      return [name, (error as BpfError).code];
    }
  });
  expect(results).toEqual(Object.keys(calls).map((name) => [name, "ERR_BPF_CLOSED"]));
  await expect(program.testRun()).rejects.toEqual(closed);
  await expect(ring.batches().next()).rejects.toEqual(closed);

  for (const thing of [maps, events, link]) {
    thing.close();
    thing[Symbol.dispose]();
  }
  await maps[Symbol.asyncDispose]();
});

kernelTest("a method on a foreign receiver throws", [], async () => {
  using object = await openMaps().load();
  const hash = object.maps.hash.raw;
  const link = Link.prototype;
  for (const call of [
    () => hash.get.call({} as never, new Uint8Array(4)),
    () => object.close.call({} as never),
    () => link.close.call({} as never),
    () => object.program.call({} as never, "x" as never),
  ]) {
    expect(call).toThrow(expect.objectContaining({ code: "ERR_BPF_ARGUMENT" }));
  }
});

kernelTest("a link is pinned, survives its object, and is opened from the pin", [bpfLsm, bpffs], async () => {
  mkdirSync(PINS, { recursive: true });
  const path = join(PINS, "link");
  try {
    const spec = openLsm();
    spec.variables.watched = 1;
    const object = await spec.load();
    const link = object.programs.on_exec.attach();
    const { id } = link.info();
    expect(() => link.pin("/tmp/not-bpffs")).toThrow(
      expect.objectContaining({ code: "ERR_BPF_LINK", hint: expect.stringContaining("bpffs") }),
    );
    link.pin(path);
    expect(link.pinPath).toBe(path);
    object.close();

    using back = openLink(path);
    expect(back.info()).toMatchObject({ id, type: "tracing" });
    back.detach();
    expect(back.closed).toBe(true);
    expect(readdirSync(PINS)).toEqual([]);
    expect(() => openLink(path)).toThrow(expect.objectContaining({ code: "ERR_BPF_LINK", errno: "ENOENT" }));
  } finally {
    rmdirSync(PINS);
  }
});

kernelTest("a pinned map is reused by the next object", [bpffs], async () => {
  mkdirSync(PINS, { recursive: true });
  const path = join(PINS, "map");
  const load = () => {
    const spec = openMaps();
    spec.maps.hash.pinPath = path;
    return spec.load();
  };
  try {
    {
      using first = await load();
      first.maps.hash.set(0, 5n);
    }
    using second = await load();
    expect(second.maps.hash.get(0)).toBe(5n);
  } finally {
    unlinkSync(path);
    rmdirSync(PINS);
  }
});

kernelTest("an unreachable link stays attached, and a warning reports it", [], async () => {
  const script = `
    const { open } = require(${JSON.stringify(EVENTS)});
    process.on("warning", (warning) => console.log(warning.code));
    const object = open().loadSync();
    object.programs.on_call.attach({ path: process.execPath, function: "uv_os_getpriority", pid: process.pid });
  `;
  // The object is unreachable when the function returns; the test requests collections until one has run.
  const body = `(() => {${script}})(); const t = setInterval(() => gc(), 20); process.once("warning", () => clearInterval(t));`;
  const child = spawnSync(process.execPath, ["--expose-gc", "-e", body], {
    encoding: "utf8",
    timeout: 60_000,
    cwd: __dirname,
  });
  expect(child).toMatchObject({ stdout: "WARN_BPF_LINK_DROPPED\n", status: 0 });
});

/** Under emulation a thread takes seconds to start. */
const ROUNDS = vmKernel === undefined ? 3 : 1;

kernelTest("worker threads load, read, and can be terminated at any time", [], async () => {
  const body = `
    const { parentPort } = require("node:worker_threads");
    const { open } = require(${JSON.stringify(EVENTS)});
    const os = require("node:os");
    (async () => {
      const object = await open().load();
      object.programs.on_call.attach({ path: process.execPath, function: "uv_os_getpriority", pid: process.pid });
      os.getPriority();
      for await (const batch of object.maps.events) parentPort.postMessage(batch.length > 0);
    })();
  `;
  for (let round = 0; round < ROUNDS; round++) {
    const workers = [0, 1].map(() => new Worker(body, { eval: true }));
    await Promise.all(
      workers.map((worker) => new Promise((seen, failed) => worker.once("message", seen).once("error", failed))),
    );
    // Both now wait for their rings, with open links and pollers.
    await Promise.all(workers.map((worker) => worker.terminate()));
    const early = new Worker(body, { eval: true });
    await sleep(round * 30);
    await early.terminate();
  }
});

/** Under emulation a tenth of the rounds takes as long. */
const CYCLES = vmKernel === undefined ? 1000 : 150;

kernelTest(
  `${CYCLES} open, load, attach and close cycles leave descriptors and memory flat`,
  [unsanitized],
  async () => {
    const cycle = async () => {
      const object = await openCycle().load();
      object.programs.on_task.attach();
      object.maps.events.read();
      object.close();
    };
    const state = () => {
      globalThis.gc?.();
      // V8 doubles its young generation, up to 32 MiB, if there is much garbage: this is not a leak.
      const young =
        getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space")?.physical_space_size ?? 0;
      return { fds: readdirSync("/proc/self/fd").length, rss: process.memoryUsage.rss() - young };
    };
    for (let i = 0; i < CYCLES / 5; i++) await cycle();
    const early = state();
    for (let i = CYCLES / 5; i < CYCLES; i++) await cycle();
    const late = state();
    expect(late.fds).toBe(early.fds);
    expect((late.rss - early.rss) / (1 << 20)).toBeLessThan(16);
  },
);
