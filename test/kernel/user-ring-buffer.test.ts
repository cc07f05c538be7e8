/** User ring buffers: this process submits records, and a program that runs on request drains them. */

import { spawnSync } from "node:child_process";
import { createMap } from "node-libbpf";
import { open } from "../bpf/user-ring.bpf";
import { kernelTest, since } from "./needs";

/** A record takes 12 bytes, aligned to 8, and a header of 8: this many fit into 4096. */
const FULL = Math.floor(4096 / 24);

const requests = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => ({ number: BigInt(from + i), value: i }));

kernelTest("a program drains what was submitted, in order", [since("6.1")], async () => {
  await using object = await open().load();
  const ring = object.maps.requests;
  ring.submit({ number: 7n, value: 40 });
  expect(
    ring.submitMany([
      { number: 8n, value: 1 },
      { number: 9n, value: 1 },
    ]),
  ).toBe(2);
  expect(() => ring.submit({ number: 10n } as never)).toThrow(expect.objectContaining({ code: "ERR_BPF_ARGUMENT" }));
  const { returnValue } = await object.programs.drain.testRun();
  expect(returnValue).toBe(3);
  expect(object.variables).toMatchObject({ taken: 3n, sum: 42n, last: 9n });
});

kernelTest("a full ring refuses records, and drained() reports free space", [since("6.1")], async () => {
  await using object = await open().load();
  const ring = object.maps.requests;
  await ring.drained(); // nothing was refused yet
  expect(ring.submitMany(requests(FULL + 30))).toBe(FULL);
  expect(ring.submitMany(requests(1))).toBe(0);
  expect(() => ring.submit({ number: 0n, value: 0 })).toThrow(
    expect.objectContaining({ code: "ERR_BPF_MAP", errno: "ENOSPC", hint: expect.stringContaining("drained()") }),
  );
  let left = requests(5 * FULL, 1000);
  const feed = async () => {
    while (left.length > 0) {
      left = left.slice(ring.submitMany(left));
      await ring.drained();
    }
  };
  const fed = feed();
  while (left.length > 0) await object.programs.drain.testRun();
  await fed;
  await object.programs.drain.testRun();
  expect(object.variables).toMatchObject({ taken: BigInt(6 * FULL), last: BigInt(999 + 5 * FULL) });
});

kernelTest("a signal ends a wait, and so does closing the map", [since("6.1")], async () => {
  await using object = await open().load();
  const ring = object.maps.requests;
  ring.submitMany(requests(FULL + 1));
  // The event loop reports once that a new ring is writable, possibly late.
  const settled = async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    ring.submitMany(requests(1));
  };
  await settled();
  const reason = new Error("enough");
  const controller = new AbortController();
  const waits = [ring.drained({ signal: controller.signal }), ring.drained()] as const;
  const outcomes = Promise.allSettled(waits);
  controller.abort(reason);
  await expect(waits[0]).rejects.toBe(reason);
  ring.close();
  await outcomes;
  await expect(waits[1]).rejects.toMatchObject({ code: "ERR_BPF_CLOSED" });
  expect(() => ring.submit({ number: 0n, value: 0 })).toThrow(expect.objectContaining({ code: "ERR_BPF_CLOSED" }));
});

kernelTest("without a type records are bytes of any length", [since("6.1")], async () => {
  using ring = createMap({ type: "user_ringbuf", maxEntries: 4096 });
  ring.submit(new Uint8Array(0));
  expect(ring.submitMany([new Uint8Array(100), new Uint8Array(4096 - 8 - 112 - 8), new Uint8Array(1)])).toBe(2);
  expect(() => ring.submit(new Uint8Array(4089))).toThrow(
    expect.objectContaining({ errno: "E2BIG", hint: expect.stringContaining("header") }),
  );
  expect(() => ring.submit("text" as never)).toThrow(expect.objectContaining({ code: "ERR_BPF_ARGUMENT" }));
});

kernelTest("drained() refuses to wait for a record that never fits", [since("6.1")], async () => {
  using ring = createMap({ type: "user_ringbuf", maxEntries: 4096 });
  ring.submitMany([]);
  await new Promise((resolve) => setTimeout(resolve, 20)); // the event loop has reported the new ring
  expect(() => ring.submit(new Uint8Array(4089))).toThrow(expect.objectContaining({ errno: "E2BIG" }));
  await ring.drained();
  expect(() => ring.submitMany("text" as never)).toThrow(expect.objectContaining({ code: "ERR_BPF_ARGUMENT" }));
});

kernelTest("an unreachable ring is collected", [since("6.1")], async () => {
  const body = `
    const { readdirSync, readlinkSync } = require("node:fs");
    const { createMap } = require("node-libbpf");
    const link = (fd) => { try { return readlinkSync("/proc/self/fd/" + fd); } catch { return ""; } };
    (() => createMap({ type: "user_ringbuf", maxEntries: 4096 }).submit(new Uint8Array(1)))();
    const timer = setInterval(() => {
      gc();
      if (!readdirSync("/proc/self/fd").some((fd) => link(fd).includes("bpf-map"))) clearInterval(timer);
    }, 20);`;
  const child = spawnSync(process.execPath, ["--expose-gc", "-e", body], { timeout: 60_000, cwd: __dirname });
  expect(child.status).toBe(0);
});
