/** The command node-libbpf on a real kernel. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { BpfMap, codecs, createMap, open, readProfile } from "node-libbpf";
import { type ExecEvent, toExecEvent } from "../../examples/exec-watch/event";
import type { exec_event } from "../../examples/exec-watch/exec-watch.bpf";
import { COMMAND } from "../../scripts/places";
import { open as openMaps } from "../bpf/maps.bpf";
import { objectPath } from "../bpf/objects";
import { documentOf } from "../schemas";
import {
  bpffs,
  bpfLsm,
  isSince,
  kernelTest,
  noTrampolines,
  PINS,
  since,
  systemCallTracepoints,
  trampolines,
} from "./needs";

const EXEC_WATCH = join(__dirname, "../../examples/exec-watch/exec-watch.bpf.o");

function cli(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...args], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  return { status, stdout, stderr };
}

kernelTest("doctor reports that sleepable LSM programs run here", [bpfLsm], async () => {
  const { status, stdout, stderr } = cli("doctor");
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toContain("ok       a sleepable program on bprm_committed_creds was loaded");
  expect(stdout).toMatch(/^This host can load and attach sleepable LSM programs\.$/m);
});

kernelTest("doctor recognizes a kernel that refuses trampolines", [noTrampolines], async () => {
  const { status, stdout } = cli("doctor");
  expect(status).toBe(1);
  expect(stdout).toMatch(/bad {6}this kernel refuses BPF trampolines.*\[EPERM: BPF_PROG_LOAD\]/);
  const probed = cli("profile", "--probe", "-o", "/dev/null");
  expect(probed).toMatchObject({ status: 0, stderr: expect.stringContaining("lsm, fentry, fexit, fmod_ret") });
});

kernelTest("check and hooks agree with the kernel's answers", [bpfLsm], async () => {
  expect(cli("check", objectPath("lsm"), "--precheck", "probe").status).toBe(0);
  expect(cli("hooks", "--probe", "bprm_committed_creds", "file_mprotect").status).toBe(1);
  const { stdout } = cli("hooks", "--probe", "--kind", "lsm", "--sleepable", "--json");
  const { hooks } = documentOf("hooks", stdout) as { hooks: { name: string; verdicts: object }[] };
  expect(hooks.map(({ name }) => name)).toContain("bprm_committed_creds");
  expect(hooks.some(({ name }) => name === "file_open")).toBe(isSince("5.11"));
  expect(hooks[0]?.verdicts).toMatchObject({ host: { verdict: "allowed" } });
});

kernelTest("a profile has the kernel's answers", [trampolines], async () => {
  const directory = mkdtempSync(join(tmpdir(), "node-libbpf-"));
  const path = join(directory, "host.json");
  try {
    expect(cli("profile", "--probe", "-o", path)).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(readProfile(path).probed).toMatchObject({
      value: { lsm: { accepted: expect.arrayContaining(["bprm_committed_creds"]) } },
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
});

kernelTest("without privilege, the output says what is missing", [], async () => {
  const nobody = (...args: string[]) =>
    spawnSync(process.execPath, [COMMAND, ...args], { encoding: "utf8", uid: 65534, gid: 65534 });
  const asked = nobody("profile", "--probe");
  expect(asked).toMatchObject({ status: 2, stdout: "" });
  expect(asked.stderr).toMatch(
    /^node-libbpf: can't probe the kernel: this process lacks CAP_BPF and CAP_PERFMON \(EPERM\)\./,
  );
  const { status, stdout } = nobody("doctor");
  expect(status).toBe(1);
  expect(stdout).toMatch(/^ {2}bad {6}this process lacks CAP_BPF and CAP_PERFMON/m);
});

describe("map", () => {
  /** The command's output on a map, by its id or pin. */
  const map = (...args: string[]) => cli("map", ...args);

  kernelTest("elements are read and written by the types of the object", [], async () => {
    using object = await openMaps().load();
    const { hash, lru, percpu_array, queue } = object.maps;
    const id = String(hash.id);
    expect(map("set", id, "5", "18446744073709551615")).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(hash.get(5)).toBe(2n ** 64n - 1n);
    expect(map("get", id, "0x5").stdout).toBe("18446744073709551615\n");
    expect(map("dump", id).stdout).toBe('{"key":5,"value":18446744073709551615}\n');
    const document = `{\n  "version": 1,\n  "map": {"id":${id},"name":"hash","type":"hash"},\n`;
    const got = map("get", id, "5", "--json").stdout;
    expect(got).toBe(`${document}  "value": 18446744073709551615\n}\n`);
    documentOf("map-get", got);
    documentOf("map-dump", map("dump", id, "--json").stdout);
    expect(map("set", id, "5", "1", "--mode", "noexist")).toMatchObject({
      status: 2,
      stderr: expect.stringMatching("EEXIST"),
    });
    expect(map("delete", id, "5").status).toBe(0);
    for (const command of ["get", "delete"]) {
      expect(map(command, id, "5")).toEqual({ status: 1, stdout: "", stderr: "node-libbpf: map hash has no key 5\n" });
    }
    expect(map("dump", id, "--json").stdout).toBe(`${document}  "elements": []\n}\n`);

    expect(map("set", String(lru.id), "12", "two words").status).toBe(0);
    expect(lru.get("12")).toBe("two words");
    percpu_array.set(1, percpu_array.get(0)?.map((_, cpu) => cpu + 1) ?? []);
    const each = JSON.stringify(percpu_array.get(1));
    expect(map("get", String(percpu_array.id), "1").stdout).toBe(`${each}\n`);

    const data = String(object.map(".data", BpfMap).id);
    expect(map("get", data, "0").stdout).toBe('{"port":443,"level":-3}\n');
    expect(map("set", data, "0", '{"port":80,"level":-1}').status).toBe(0);
    expect([object.variables.port, object.variables.level]).toEqual([80, -1]);

    expect(map("get", String(queue.id), "1").stderr).toBe(
      "node-libbpf: queue map queue: it has no keys. A hash or an array has\n",
    );
    expect(map("dump", String(queue.id)).stderr).toMatch(/user space can't list its elements/);
    expect(map("set", id, "5", "word").stderr).toBe('node-libbpf: hash.value: expected u64, got "word"\n');
    expect(map("set", id, "-1", "1").stderr).toBe("node-libbpf: hash.key: expected u32, got -1\n");
  });

  kernelTest("structs, and maps by pin", [bpffs], async () => {
    const spec = open(EXEC_WATCH);
    for (const program of Object.values(spec.programs)) program.autoload = false;
    using object = await spec.load();
    const pin = join(PINS, "callers");
    object.map("callers", BpfMap).pin(pin);
    try {
      expect(map("set", pin, "7", '{"comm":"bash","uid":1000}')).toEqual({ status: 0, stdout: "", stderr: "" });
      expect(map("dump", pin).stdout).toBe('{"key":7,"value":{"uid":1000,"comm":"bash"}}\n');
      expect(map("set", pin, "7", '{"com":"bash"}').stderr).toMatch(/did you mean "comm"\?/);
      const { map: shown } = documentOf("map-show", map("show", pin, "--json").stdout);
      expect(shown).toMatchObject({ name: "callers", type: "hash", keySize: 4, valueSize: 20, maxEntries: 4096 });
      expect(map("show", pin).stdout).toMatch(/^maxEntries +4096$/m);
      expect(map("dump", String(object.map("events", BpfMap).id)).stderr).toMatch(/ringbuf map events: user space/);
    } finally {
      rmSync(PINS, { recursive: true });
    }
  });

  kernelTest("maps of maps: an inner map is named by its id", [], async () => {
    using inner = createMap({ type: "array", value: codecs.u64, maxEntries: 1 });
    using outer = createMap({ type: "hash_of_maps", key: codecs.u32, maxEntries: 4, inner });
    const id = String(outer.id);
    expect(map("set", id, "3", String(inner.id))).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(outer.idOf(3)).toBe(inner.id);
    expect(map("get", id, "3").stdout).toBe(`${inner.id}\n`);
    expect(map("dump", id).stdout).toMatch(new RegExp(`"value":${inner.id}}$`, "m"));
    expect(map("set", id, "3", "4000000000").stderr).toMatch(/map 4000000000 can't be opened: there is none/);
  });

  kernelTest("list, and maps by name", [bpffs], async () => {
    using map = createMap({ type: "hash", key: codecs.u32, value: codecs.u64, maxEntries: 4, name: "named_for_tests" });
    using other = createMap({ type: "array", value: codecs.u64, maxEntries: 1, name: "shared_name" });
    using third = createMap({ type: "array", value: codecs.u64, maxEntries: 1, name: "shared_name" });
    const pin = join(PINS, "listed");
    map.pin(pin);
    try {
      const { maps } = documentOf("map-list", cli("map", "list", "--json").stdout);
      const shown = maps.find(({ id }: { id: number }) => id === map.id);
      expect(shown).toMatchObject({
        type: "hash",
        name: "named_for_tests",
        pins: [pin],
        owners: [{ pid: process.pid }],
      });
      // The info is that of the library.
      const info = { ...map.info(), mapExtra: "0" };
      expect(shown).toEqual({ ...info, pins: shown.pins, owners: shown.owners });
      expect(cli("map", "list").stdout).toMatch(
        new RegExp(`^${map.id} +hash +named_for_tests +4 +8 +4 +\\d+ +${pin} +\\S+\\(${process.pid}\\)$`, "m"),
      );
      expect(cli("map", "set", "named_for_tests", "1", "2").status).toBe(0);
      // It was made without BTF.
      expect(cli("map", "get", "named_for_tests", "1").stdout).toBe("[2,0,0,0,0,0,0,0]\n");
      const { stderr } = cli("map", "show", "shared_name");
      expect(stderr).toBe(
        `node-libbpf: 2 maps have the name shared_name. Name one by its id: ${other.id}, ${third.id}\n`,
      );
      expect(cli("map", "show", "named_for_test").stderr).toMatch(
        /no map has the name named_for_test\. Did you mean named_for_tests\?/,
      );
    } finally {
      rmSync(PINS, { recursive: true });
    }
  });

  kernelTest("a map that is not there", [], async () => {
    expect(map("show", "/nowhere").stderr).toMatch(/^node-libbpf: \/nowhere can't be opened: nothing is pinned there/);
    expect(map("show", "4000000000").stderr).toMatch(/^node-libbpf: map 4000000000 can't be opened: /);
  });
});

describe("run", () => {
  const SESSION = objectPath("session");
  /** The mask that the tests set, so that records of other processes are left out. */
  const MASK = 0o465;

  const children: ChildProcess[] = [];
  // Of a test that failed; jest would wait for them.
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
  });

  /** Starts the command, and returns when its programs are attached. */
  async function start(...args: string[]) {
    const child = spawn(process.execPath, args);
    children.push(child);
    const ended = once(child, "close");
    const stdout = textOf(child.stdout);
    const stderr = textOf(child.stderr);
    await Promise.race([once(child.stderr, "data"), ended]);
    return {
      child,
      /** Waits for output. */
      async until(isThere: (stdout: string) => boolean) {
        while (!isThere(stdout())) await once(child.stdout, "data");
      },
      async end(signal?: NodeJS.Signals) {
        if (signal !== undefined) child.kill(signal);
        const [status] = await ended;
        return { status, stdout: stdout(), stderr: stderr() };
      },
    };
  }

  function textOf(stream: Readable): () => string {
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    return () => Buffer.concat(chunks).toString();
  }

  /** Two calls of the system call that the program watches. */
  const call = () => spawnSync("sh", ["-c", `umask ${MASK.toString(8)}`]);
  const wanted = `wanted=${MASK}`;
  const linesOf = (text: string) => text.trimEnd().split("\n");
  const documents = (text: string) => linesOf(text).map((line) => documentOf("run", line));

  kernelTest("prints records and, at the end, maps and variables", [systemCallTracepoints, since("5.8")], async () => {
    const run = await start(COMMAND, "run", SESSION, "--set", wanted, "--set", "label=five", "--json", "--dump");
    call();
    await run.until((text) => text.includes('"map":"calls"') && text.includes('"map":"numbers"'));
    const { status, stdout, stderr } = await run.end("SIGINT");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "node-libbpf: attached on_umask\n" });
    const all = documents(stdout);
    const version = 1;
    expect(all.filter(({ record }) => record)).toEqual(
      expect.arrayContaining([
        { version, map: "calls", record: { number: 1, mask: MASK, comm: "sh" } },
        { version, map: "numbers", record: expect.arrayContaining([1, 0]) },
      ]),
    );
    expect(all).toEqual(
      expect.arrayContaining([
        { version, map: "masks", key: MASK, value: 1 },
        { version, variable: "seen", value: 1 },
        { version, variable: "label", value: "five" },
      ]),
    );
  });

  kernelTest("ends after a number of records", [systemCallTracepoints, since("5.8")], async () => {
    const run = await start(
      COMMAND,
      "run",
      SESSION,
      "--set",
      wanted,
      "--event",
      "numbers=struct umask_call",
      "--count",
      "1",
    );
    call();
    const { status, stdout } = await run.end();
    expect(status).toBe(0);
    expect(linesOf(stdout)).toEqual([expect.stringMatching(/^(calls|numbers) /)]);
  });

  kernelTest("ends when nobody reads, and when its time is over", [systemCallTracepoints, since("5.8")], async () => {
    const run = await start(COMMAND, "run", SESSION, "--set", wanted);
    run.child.stdout.destroy();
    // That the pipe is closed is noticed when a record is written.
    const timer = setInterval(call, 50);
    const { status } = await run.end();
    clearInterval(timer);
    expect(status).toBe(0);
    expect(cli("run", SESSION, "--set", wanted, "--duration", "1")).toMatchObject({ status: 0, stdout: "" });
  });

  kernelTest("--pin leaves it running, and unpin ends it", [systemCallTracepoints, bpffs, since("5.15")], async () => {
    const folder = join(PINS, "session");
    try {
      const pinned = cli("run", SESSION, "--set", wanted, "--pin", folder, "--json");
      expect(pinned.status).toBe(0);
      const { pins } = documentOf("run", pinned.stdout);
      expect(pins).toEqual(expect.arrayContaining([join(folder, "links/on_umask"), join(folder, "maps/masks")]));
      call();
      const masks = join(folder, "maps/masks");
      expect(cli("map", "get", masks, String(MASK)).stdout).toBe("1\n");
      expect(cli("run", SESSION, "--pin", folder)).toMatchObject({
        status: 2,
        stderr: expect.stringContaining("EEXIST"),
      });
      const removed = cli("unpin", folder, "--json");
      expect(removed.status).toBe(0);
      expect(documentOf("unpin", removed.stdout).pins.toSorted()).toEqual(pins.toSorted());
      expect(existsSync(folder)).toBe(false);
      expect(cli("unpin", folder)).toMatchObject({ status: 2, stderr: expect.stringContaining("nothing is pinned") });
    } finally {
      rmSync(PINS, { recursive: true, force: true });
    }
  });

  kernelTest("a folder with another pin is left as it is", [bpffs], async () => {
    using map = createMap({ type: "array", value: codecs.u64, maxEntries: 1 });
    const path = join(PINS, "other/links/map");
    map.pin(path);
    try {
      const { status, stderr } = cli("unpin", join(PINS, "other"));
      expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining("it is not a link") });
      expect(existsSync(path)).toBe(true);
    } finally {
      rmSync(PINS, { recursive: true });
    }
  });

  kernelTest("what can't be attached, and what is refused", [], async () => {
    expect(cli("run", SESSION, "--programs", "elsewhere").stderr).toMatch(
      /^node-libbpf: nothing of .* can be attached: /,
    );
    expect(cli("run", objectPath("refused")).status).toBe(2);
  });

  kernelTest("exec-watch's object gives the same events as the example", [bpfLsm, since("5.12")], async () => {
    const run = await start(COMMAND, "run", EXEC_WATCH, "--json");
    const example = await start(join(EXEC_WATCH, "../index.js"), "--json");
    const execs = [
      ["true", "a b", 'c"d', ""],
      ["true", "x".repeat(3000)],
      ["sh", "-c", "exit 0", "$0"],
    ];
    for (const [command = "", ...args] of execs) spawnSync(command, args);
    const isOwn = (event: { ppid: number }) => event.ppid === process.pid;
    const own = (text: string) =>
      linesOf(text)
        .map((line) => JSON.parse(line) as ExecEvent)
        .filter(isOwn);
    const events = (text: string) =>
      documents(text)
        .map(({ record }) => toExecEvent({ ...record, args: Uint8Array.from(record.args) } as exec_event))
        // The example's own exec is one too.
        .filter((event) => isOwn(event) && event.file !== process.execPath);
    const isWhole = (text: string) => text.endsWith("\n");
    await run.until((text) => isWhole(text) && events(text).length === execs.length);
    await example.until((text) => isWhole(text) && own(text).length === execs.length);
    const [ours, theirs] = await Promise.all([run.end("SIGTERM"), example.end("SIGTERM")]);
    expect([ours.status, theirs.status]).toEqual([0, 0]);
    expect(events(ours.stdout)).toEqual(own(theirs.stdout));
    expect(events(ours.stdout).map(({ args }) => args)).toEqual(execs);
  });
});
