/** A service that loads and attaches as root, and then becomes an ordinary user: what works, and what does not. */
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { readPermissionFacts } from "../../lib/kernel/permission";
import { objectPath } from "../bpf/objects";
import { bpffs, bundled, isSince, kernelTest, PINS } from "./needs";

const PIN = join(PINS, "dropped", "link");

/** Prints what became of each act: undefined for success, or the error's code and message. */
const SCRIPT = `
  const { createMap, Flag, openLink, openMapById, open, programs } = require(${JSON.stringify(require.resolve("../../lib"))});
  const [path, other, pin] = process.argv.slice(1);
  (async () => {
    const object = await open(path).load();
    const link = object.program("on_task").attach();
    const hash = createMap({ type: "hash", keySize: 4, valueSize: 4, maxEntries: 4 });
    const array = createMap({ type: "array", valueSize: 8, maxEntries: 4, flags: Flag.MMAPABLE });
    const { id } = hash;
    const mapped = array.mmap();
    const tasks = await open(other).load();
    const iterator = tasks.program("list_tasks").attach();
    const ring = object.maps.events;
    ring.read();
    // Linux 5.10 attaches a program to a tracepoint once.
    const [second, third] = [await open(path).load(), await open(path).load()];
    const pinned = second.program("on_task").attach();
    pinned.pin(pin);
    process.setgroups([]);
    process.setgid(65534);
    process.setuid(65534);
    const [key, value] = [new Uint8Array(4), new Uint8Array(4)];
    const acts = {
      "read the ring": () => {
        ring.read();
        require("node:child_process").spawnSync("/bin/true");
        if (ring.read().length === 0) throw new Error("nothing was reported");
      },
      "mapped memory": () => { mapped[0] = 7; },
      "set an element": () => hash.raw.set(key, value),
      "get an element": () => hash.raw.get(key),
      "read an iterator": async () => { for await (const _ of iterator.read()); },
      "info of a link": () => link.info(),
      "a new map": () => createMap({ type: "array", valueSize: 8, maxEntries: 4 }),
      "load": () => open(path).load(),
      "an object by its id": () => openMapById(id),
      "the list of programs": () => [...programs()],
      "remove root's pin": () => pinned.unpin(),
      "attach again": () => third.program("on_task").attach().close(),
      "close": () => { for (const one of [link, iterator, pinned, hash, array, object, second, third, tasks]) one.close(); },
    };
    const told = {};
    for (const [name, act] of Object.entries(acts))
      told[name] = await Promise.resolve().then(act).then(() => "ok", (error) => error.code + ": " + error.message);
    console.log(JSON.stringify(told));
    process.exit();
  })();
`;

kernelTest("what a service can do after it has dropped all privileges", [bpffs, bundled], async () => {
  mkdirSync(join(PINS, "dropped"), { recursive: true, mode: 0o700 });
  try {
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ["-e", SCRIPT, objectPath("cycle"), objectPath("iter"), PIN],
      { encoding: "utf8", cwd: "/" },
    );
    expect(stderr).toBe("");
    // Until c8644cd0efe7.
    const asksAlways = !isSince("5.19") && !readPermissionFacts().unprivileged;
    const lacks = (...names: string[]) =>
      expect.stringMatching(new RegExp(`^ERR_BPF_\\w+: .*lacks ${names.join(" and ")}\\b`));
    const use = asksAlways ? lacks("CAP_BPF") : "ok";
    expect(JSON.parse(stdout)).toEqual({
      ...{ "read the ring": "ok", "mapped memory": "ok", close: "ok" },
      ...{ "set an element": use, "get an element": use, "read an iterator": use, "info of a link": use },
      "attach again": use,
      "a new map": lacks("CAP_BPF"),
      load: lacks("CAP_BPF"),
      ...{ "an object by its id": lacks("CAP_SYS_ADMIN"), "the list of programs": lacks("CAP_SYS_ADMIN") },
      "remove root's pin": expect.stringMatching(/^ERR_BPF_(LINK|PERMISSION): .*(EACCES|EPERM)/),
    });
  } finally {
    rmSync(join(PINS, "dropped"), { recursive: true });
  }
});
