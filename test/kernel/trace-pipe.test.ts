/** The output of programs, from the kernel's trace pipe. */

import { existsSync, readdirSync, readlinkSync, writeFileSync } from "node:fs";
import { getPriority } from "node:os";
import { type TraceEntry, tracePipe } from "node-libbpf";
import { open } from "../bpf/buffers.bpf";
import { only } from "../bpf/objects";
import { called } from "./called";
import { kernelTest, type Need, vmKernel } from "./needs";

const tracefs: Need = {
  what: "a mounted tracefs",
  present: () => existsSync("/sys/kernel/tracing/trace_pipe"),
  expected: vmKernel !== undefined,
};

/** The switch is the whole system's. */
const ownTracing: Need = { what: "a machine of its own", present: () => vmKernel !== undefined, expected: false };

const noTracefs: Need = { what: "no tracefs", present: () => !tracefs.present(), expected: false };

const pipes = () =>
  readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).endsWith("trace_pipe");
    } catch {
      return false; // the descriptor of the listing itself
    }
  });

kernelTest("a program's lines are read, and a signal ends it", [tracefs], async () => {
  using object = await only(open(), "print").load();
  object.programs.print.attach(called);
  const print = (value: number) => {
    object.variables.length = value;
    getPriority();
  };
  const controller = new AbortController();
  const seen: TraceEntry[] = [];
  print(1);
  const reading = (async () => {
    for await (const entry of tracePipe({ pid: process.pid, signal: controller.signal })) {
      if (entry.event !== "bpf_trace_printk") continue;
      seen.push(entry);
      if (seen.length === 1) setTimeout(print, 10, 2);
      if (seen.length === 2) controller.abort(new Error("enough"));
    }
  })();
  await expect(reading).rejects.toThrow("enough");
  expect(seen.map(({ message }) => message)).toEqual(["node-libbpf prints 1", "node-libbpf prints 2"]);
  expect(seen[0]).toMatchObject({ pid: process.pid, cpu: expect.any(Number), task: expect.stringMatching(/./) });
  expect(seen[1]?.timestamp).toBeGreaterThan(seen[0]?.timestamp ?? Number.POSITIVE_INFINITY);
  expect(pipes()).toEqual([]);
});

kernelTest("without tracefs the error says what to mount", [noTracefs], async () => {
  await expect(tracePipe().next()).rejects.toMatchObject({
    code: "ERR_BPF_NOT_SUPPORTED",
    hint: expect.stringContaining("mount -t tracefs"),
  });
});

kernelTest("an invalid pid is refused", [], async () => {
  expect(() => tracePipe({ pid: -1 })).toThrow(expect.objectContaining({ code: "ERR_BPF_ARGUMENT" }));
});

kernelTest("with tracing off the process is warned", [tracefs, ownTracing], async () => {
  const ON = "/sys/kernel/tracing/tracing_on";
  const warn = jest.spyOn(process, "emitWarning").mockImplementation(() => {});
  writeFileSync(ON, "0");
  try {
    const next = tracePipe({ signal: AbortSignal.timeout(1000) }).next();
    await expect(next).rejects.toMatchObject({ name: "TimeoutError" });
    expect(warn.mock.calls).toEqual([[expect.stringContaining(ON), { code: "WARN_BPF_TRACING_OFF" }]]);
  } finally {
    writeFileSync(ON, "1");
    warn.mockRestore();
  }
});
