/** The examples: run as a user would where the command line matters, otherwise in this process. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  copyFileSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writevSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { ExecEvent } from "../../examples/exec-watch/event";
import { watchExecs } from "../../examples/exec-watch/watch";
import { auditOpens, type FileOpen } from "../../examples/file-audit/audit";
import { tourMaps } from "../../examples/map-tour/tour";
import { profileWrites } from "../../examples/sleep-profile/profile";
import { openPorts } from "../../examples/syscall-prog/ports";
import { listProcesses } from "../../examples/task-iter/list";
import type { Count } from "../../examples/xdp-count/count";
import { runInOwnNamespace } from "../../examples/xdp-count/namespace";
import { before, bpfLsm, isSince, kernelTest, since } from "./needs";

const example = (name: string) => join(__dirname, `../../examples/${name}/index.js`);

describe("exec-watch", () => {
  /** The events of this process's own children: a host has others. */
  const own = (lines: readonly string[]) =>
    lines.map((line) => JSON.parse(line) as ExecEvent).filter((event) => event.ppid === process.pid);

  kernelTest(
    "prints each exec with its full arguments as NDJSON, and ends at the requested count",
    [bpfLsm],
    async () => {
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
    },
  );

  kernelTest("reports that arguments are truncated", [bpfLsm], async () => {
    await using watch = await watchExecs();
    spawnSync("true", ["y".repeat(5000)]);
    for await (const batch of watch.events) {
      const event = batch.find(({ ppid }) => ppid === process.pid);
      if (event === undefined) continue;
      expect(event.truncated).toBe(true);
      expect(event.args[1]?.length).toBeGreaterThan(4000);
      break;
    }
    expect(watch.dropped).toBe(0n);
  });
});

kernelTest("exec-guard denies a path, and its list changes while it runs", [bpfLsm, since("5.11")], async () => {
  const directory = mkdtempSync(join(tmpdir(), "node-libbpf-"));
  const [one, two] = [join(directory, "one"), join(directory, "two")];
  for (const path of [one, two]) copyFileSync("/bin/busybox", path);
  /** Under an unknown name busybox does nothing, but it runs. */
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
    guard.kill("SIGINT");
    expect((await ended)[0]).toBe(0);
    expect([runs(one), runs(two)]).toEqual([true, true]);
  } finally {
    guard.kill();
    rmSync(directory, { recursive: true });
  }
});

describe("file-audit", () => {
  kernelTest("reports who opens which file under a directory, and how", [bpfLsm, since("5.12")], async () => {
    const directory = mkdtempSync(join(tmpdir(), "node-libbpf-"));
    const [inside, link, outside] = [join(directory, "inside"), join(directory, "link"), `${directory}-outside`];
    try {
      symlinkSync(inside, link);
      await using audit = await auditOpens(directory);
      const script = `echo 1 >${outside}; echo 1 >${inside}; echo 2 >>${link}; read line <${inside}`;
      const shell = spawnSync("sh", ["-c", script]);
      expect(shell.status).toBe(0);
      const seen: FileOpen[] = [];
      for await (const batch of audit.events) {
        seen.push(...batch);
        if (seen.length >= 3) break;
      }
      const one = { pid: shell.pid, uid: 0, comm: "sh", path: inside, args: ["sh", "-c", script] };
      expect(seen).toEqual([
        { ...one, flags: ["O_WRONLY", "O_CREAT", "O_TRUNC"] },
        { ...one, flags: ["O_WRONLY", "O_CREAT", "O_APPEND"] },
        { ...one, flags: ["O_RDONLY"] },
      ]);
    } finally {
      rmSync(directory, { recursive: true });
      rmSync(outside, { force: true });
    }
  });
});

kernelTest("a missing kernel feature is reported before anything is loaded", [before("5.11")], async () => {
  for (const [run, series] of [
    [() => auditOpens("/"), "5.12"],
    [profileWrites, "6.0"],
    [listProcesses, "5.18"],
    [openPorts, "5.14"],
  ] as const) {
    await expect(run()).rejects.toThrow(new RegExp(`require Linux ${series}`));
  }
});

kernelTest("sleep-profile sees this process's own writes", [since("6.0")], async () => {
  const file = openSync("/dev/null", "w");
  using profile = await profileWrites();
  for (let i = 0; i < 5; i++) writevSync(file, [Buffer.alloc(1000), Buffer.alloc(100)]);
  writevSync(file, [Buffer.alloc(1 << 20)]);
  closeSync(file);
  const time = expect.any(Number);
  const buckets = profile.buckets();
  expect(buckets).toContainEqual({ bytes: 1024, writes: 5, microseconds: time });
  expect(buckets).toContainEqual({ bytes: 1 << 20, writes: 1, microseconds: time });
});

kernelTest("task-iter reads the command lines of other processes", [since("5.18")], async () => {
  const child = spawn("sleep", ["1000"], { stdio: "ignore" });
  const processes = await listProcesses();
  child.kill();
  await once(child, "close");
  const of = (wanted: number | undefined) => processes.find(({ pid }) => pid === wanted);
  expect(of(child.pid)).toMatchObject({ ppid: process.pid, uid: 0, args: ["sleep", "1000"] });
  const [own] = readFileSync("/proc/self/cmdline", "utf8").split("\0");
  expect(of(process.pid)?.args[0]).toBe(own);
  expect(of(2)).toEqual({ pid: 2, ppid: 0, uid: 0, comm: "kthreadd", args: [] });
});

kernelTest("syscall-prog replaces a list as a whole, and leaves no descriptor", [since("5.14")], async () => {
  const descriptors = () => readdirSync("/proc/self/fd").length;
  await using ports = await openPorts();
  await ports.replace([22, 80]);
  const open = descriptors();
  expect(ports.list()).toEqual(
    new Map([
      [22, 1],
      [80, 1],
    ]),
  );
  await Promise.all([ports.replace([8080]), ports.replace([443])]);
  expect(ports.list()).toEqual(new Map([[443, 3]]));
  await expect(ports.replace(new Array(257).fill(1))).rejects.toThrow("at most 256");
  expect(descriptors()).toBe(open);
});

kernelTest("xdp-count counts in a network namespace of its own", [], async () => {
  const counting = [process.execPath, example("xdp-count"), "--json", "--send", "lo"];
  const { stdout, status } = runInOwnNamespace(counting, "pipe");
  expect(status).toBe(0);
  const counts = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Count);
  // Ten datagrams: 14 bytes of Ethernet, 20 of IP, 8 of UDP, and "hello".
  expect(counts).toContainEqual({ protocol: "udp", packets: 10, bytes: 470 });
  expect(counts.find(({ protocol }) => protocol === "tcp")?.packets).toBeGreaterThan(4);
});

kernelTest("map-tour shows each family that this kernel has", [], async () => {
  const stops = new Map((await tourMaps()).map(({ type, result }) => [type, result]));
  // The arena's object is closed after V8 has released the arena's memory.
  await new Promise(setImmediate);
  expect(stops).toEqual(
    new Map<string, unknown>([
      ["hash", [["https", 443]]],
      ["array", 5n],
      ["percpu_array", 3n],
      ["lpm_trie", [2, 1, undefined]],
      ["hash_of_maps", 5],
      ["prog_array", 1],
      ["queue", [1, 2]],
      ["bloom_filter", isSince("5.16") ? true : undefined],
      ["task_storage", isSince("5.11") ? 5n : undefined],
      ["ringbuf", [{ number: 7 }]],
      ["user_ringbuf", isSince("6.1") ? 2 : undefined],
      ["arena", isSince("6.9") ? 7 : undefined],
    ]),
  );
});
