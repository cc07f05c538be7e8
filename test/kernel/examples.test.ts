/** The examples, run as a user would. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { ExecEvent } from "../../examples/exec-watch/event";
import { bpfLsm, isSince, kernelTest, since } from "./needs";

const example = (name: string) => join(__dirname, `../../examples/${name}/index.js`);

describe("exec-watch", () => {
  /** The events of this process's own children: a host has others. */
  const own = (lines: readonly string[]) =>
    lines.map((line) => JSON.parse(line) as ExecEvent).filter((event) => event.ppid === process.pid);

  kernelTest("prints each exec with its full arguments as NDJSON, and ends when told to", [bpfLsm], async () => {
    const watch = spawn(process.execPath, [example("exec-watch"), "--json"]);
    const ended = once(watch, "close");
    await once(watch.stderr, "data");
    const long = "x".repeat(3000);
    const execs = [
      ["true", "a b", 'c"d', ""],
      ["true", long],
      ["sh", "-c", "exit 0", "$0"],
    ];
    for (const [command = "", ...args] of execs) spawnSync(command, args);
    const lines: string[] = [];
    for await (const line of createInterface({ input: watch.stdout })) {
      lines.push(line);
      if (own(lines).length === execs.length) watch.kill("SIGTERM");
    }
    expect((await ended)[0]).toBe(0);
    const events = own(lines);
    expect(events.map((event) => event.args)).toEqual(execs);
    for (const event of events) {
      expect(event).toMatchObject({ uid: 0, fromUid: 0, comm: event.args[0] });
      expect(event.file).toMatch(/^\/.*\/(true|sh)$/);
      expect(event).not.toHaveProperty("truncated");
      if (isSince("5.11")) expect(event.from).toBe("node");
    }
  });

  kernelTest("ends by itself after --count", [bpfLsm], async () => {
    const watch = spawn(process.execPath, [example("exec-watch"), "--json", "--count", "2"]);
    const ended = once(watch, "close");
    let output = "";
    watch.stdout.on("data", (chunk) => {
      output += chunk;
    });
    await once(watch.stderr, "data");
    for (let i = 0; i < 3; i++) spawnSync("true");
    expect((await ended)[0]).toBe(0);
    expect(output.trim().split("\n")).toHaveLength(2);
  });

  kernelTest("says when arguments are cut off, and ends after --duration", [bpfLsm], async () => {
    const watch = spawn(process.execPath, [example("exec-watch"), "--json", "--duration", "3"]);
    const ended = once(watch, "close");
    let output = "";
    watch.stdout.on("data", (chunk) => {
      output += chunk;
    });
    await once(watch.stderr, "data");
    spawnSync("true", ["y".repeat(5000)]);
    expect((await ended)[0]).toBe(0);
    const [event] = own(output.trim().split("\n"));
    expect(event).toMatchObject({ truncated: true });
    expect(event?.args[1]?.length).toBeGreaterThan(4000);
  });

  kernelTest("usage errors end with status 2", [], async () => {
    const { status, stderr } = spawnSync(process.execPath, [example("exec-watch"), "--count", "none"], {
      encoding: "utf8",
    });
    expect(status).toBe(2);
    expect(stderr).toContain("usage: exec-watch");
  });
});

kernelTest("exec-guard denies a path, and its list changes while it runs", [bpfLsm, since("5.11")], async () => {
  const directory = mkdtempSync(join(tmpdir(), "node-libbpf-"));
  const [one, two] = [join(directory, "one"), join(directory, "two")];
  for (const path of [one, two]) copyFileSync("/bin/busybox", path);
  /** busybox does nothing under a strange name, but it runs. */
  const runs = (path: string) => spawnSync(path, ["--help"]).error === undefined;
  const guard = spawn(process.execPath, [example("exec-guard"), one]);
  const ended = once(guard, "close");
  const lines = createInterface({ input: guard.stdout })[Symbol.asyncIterator]();
  const next = async () => (await lines.next()).value as string;
  const tell = async (line: string) => {
    guard.stdin.write(`${line}\n`);
    return next();
  };
  try {
    expect(await next()).toBe("guarding");
    expect([runs(one), runs(two)]).toEqual([false, true]);
    expect(await tell(`deny ${two}`)).toBe(`ok deny ${two}`);
    expect(await tell(`allow ${one}`)).toBe(`ok allow ${one}`);
    expect([runs(one), runs(two)]).toEqual([true, false]);
    expect(await tell("list")).toMatch(new RegExp(`^${two} denied [1-9]`));
    expect(await next()).toBe("ok list");
    expect(await tell("nonsense")).toMatch(/^error/);
    guard.stdin.end();
    expect((await ended)[0]).toBe(0);
    expect([runs(one), runs(two)]).toEqual([true, true]);
  } finally {
    guard.kill();
    rmSync(directory, { recursive: true });
  }
});
