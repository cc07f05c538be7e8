/** fentry.multi, fexit.multi and fsession.multi: one program for many functions. */
import { getPriority } from "node:os";
import { only } from "../bpf/objects";
import { open, type TracingMulti } from "../bpf/tracing-multi.bpf";
import { before, kernelTest, since, systemCall, trampolines } from "./needs";

async function load(program: keyof TracingMulti["programs"]) {
  const spec = only(open(), program);
  spec.variables.watched = process.pid;
  return spec.load();
}

const needs = [since("7.2"), trampolines];
const FUNCTIONS = ["getpriority", "setpriority"].map(systemCall);

kernelTest("functions by name, each with a cookie", needs, async () => {
  using object = await load("on_entries");
  const { on_entries } = object.programs;
  const link = on_entries.attach({ functions: FUNCTIONS, cookies: [5n, 6n] });
  getPriority();
  expect(object.variables.hits).toBe(1n);
  expect(object.variables.cookie).toBe(5n);
  link.close();
  getPriority();
  expect(object.variables.hits).toBe(1n);
});

kernelTest("functions by pattern", needs, async () => {
  using object = await load("on_entries");
  object.programs.on_entries.attach({ pattern: systemCall("?etpriority") });
  getPriority();
  expect(object.variables.hits).toBe(1n);
});

kernelTest("a sleepable program on the section's function", needs, async () => {
  using object = await load("on_exits");
  expect(object.programs.on_exits.sleepable).toBe(true);
  expect(Object.keys(object.attach().links)).toEqual(["on_exits"]);
  getPriority();
  expect(object.variables.hits).toBe(1n);
});

kernelTest("a session runs at the entry and at the return", needs, async () => {
  using object = await load("on_session");
  object.programs.on_session.attach({ functions: FUNCTIONS });
  getPriority();
  expect(object.variables.hits).toBe(2n);
});

kernelTest("a function that the kernel does not have, and lists that do not fit", needs, async () => {
  using object = await load("on_entries");
  const { on_entries } = object.programs;
  expect(() => on_entries.attach({ functions: ["no_such_function"] })).toThrow(
    expect.objectContaining({ code: "ERR_BPF_ATTACH", errno: "ENOENT", target: "no_such_function" }),
  );
  expect(() => on_entries.attach({ functions: FUNCTIONS, cookies: [1n] })).toThrow(/a value for each place: 2, got 1/);
  expect(() => on_entries.attach({ functions: FUNCTIONS, pattern: "do_*" })).toThrow(/pattern and functions/);
  expect(() => on_entries.attach()).toThrow(/needs functions/);
});

kernelTest("older kernels refuse it, and the error says since when", [before("7.2"), trampolines], async () => {
  await expect(load("on_entries")).rejects.toMatchObject({ message: expect.stringContaining("7.2") });
});
