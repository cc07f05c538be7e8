/** The errors that users see when the kernel, or the host, refuses. */
import type { SleepableError, VerifierError } from "node-libbpf";
import { open as openExecWatch } from "../../examples/exec-watch/exec-watch.bpf";
import { open as openFlags } from "../bpf/flags.bpf";
import { open as openHugeMap } from "../bpf/huge-map.bpf";
import { open as openLsm } from "../bpf/lsm.bpf";
import { open as openMaps } from "../bpf/maps.bpf";
import { only } from "../bpf/objects";
import { open, type Refused } from "../bpf/refused.bpf";
import { open as openTracing } from "../bpf/tracing.bpf";
import {
  architectureWithoutTrampolines,
  before,
  bpfLsm,
  kernelTest,
  kprobes,
  noTrampolines,
  since,
  trampolines,
} from "./needs";

/** Loads one program of an object whose programs are refused. */
const refused = (program: keyof Refused["programs"]) => only(open(), program);

async function failure<T extends Error>(load: Promise<unknown>): Promise<T> {
  try {
    await load;
  } catch (error) {
    return error as T;
  }
  throw new Error("nothing was thrown");
}

kernelTest("a verifier log of more than a mebibyte is complete", [], async () => {
  const error = await failure<VerifierError>(refused("long_log").load());
  expect(error).toMatchObject({
    name: "VerifierError",
    code: "ERR_BPF_VERIFIER",
    operation: "load",
    errno: "EACCES",
    program: "long_log",
    section: "raw_tp/sys_enter",
    target: "sys_enter",
  });
  expect(error.log.join("\n").length).toBeGreaterThan(1 << 20);
  // The log is complete: from the first instruction to the statistics at the end.
  expect(error.log.slice(0, 5).some((line) => /^0: /.test(line))).toBe(true);
  expect(error.log.some((line) => /^processed \d+ insns/.test(line))).toBe(true);
  expect(error.message.length).toBeLessThan(500);
  expect(error.message).toMatch(/invalid bpf_context access|access/);
  expect(Object.keys(error)).not.toContain("log");
});

kernelTest("loadSync throws the same", [], async () => {
  expect(() => refused("long_log").loadSync()).toThrow(
    expect.objectContaining({ code: "ERR_BPF_VERIFIER", errno: "EACCES" }),
  );
});

kernelTest("the error of a hook that can't sleep has the kernel's message", [trampolines], async () => {
  const error = await failure<VerifierError>(refused("no_sleep").load({ precheck: "off" }));
  expect(error).toMatchObject({
    code: "ERR_BPF_VERIFIER",
    errno: "EINVAL",
    program: "no_sleep",
    section: "lsm.s/task_free",
    target: "task_free",
  });
  expect(error.message).toContain("bpf_lsm_task_free is not sleepable");
});

kernelTest("the kernel accepts the same program as a plain one", [trampolines], async () => {
  const spec = refused("no_sleep");
  spec.programs.no_sleep.sleepable = false;
  using object = await spec.load();
  expect(object.programs.no_sleep.sleepable).toBe(false);
});

kernelTest("a program's hook can be set before the load", [trampolines], async () => {
  const spec = refused("no_sleep");
  spec.programs.no_sleep.attachTarget = "bprm_committed_creds";
  using object = await spec.load();
  expect(object.programs.no_sleep).toMatchObject({ sleepable: true, attachTarget: "bprm_committed_creds" });
});

kernelTest(
  "without BPF trampolines, the precheck reports it, and the kernel only at attach",
  [architectureWithoutTrampolines],
  async () => {
    const spec = only(openFlags(), "lsm_plain");
    const error = await failure<SleepableError>(spec.load());
    expect(error).toMatchObject({ code: "ERR_BPF_SLEEPABLE", reason: "NO_TRAMPOLINES" });
    expect(error.message).toContain(
      "has no BPF trampolines to kernel functions on aarch64, which lsm programs need; require Linux 6.4",
    );
    using object = await spec.load({ precheck: "off" });
    const { lsm_plain } = object.programs;
    expect(() => lsm_plain.attach()).toThrow(
      expect.objectContaining({ code: "ERR_BPF_ATTACH", reason: "NO_TRAMPOLINES" }),
    );
  },
);

kernelTest("a kernel that refuses trampolines is distinguished from missing privilege", [noTrampolines], async () => {
  for (const [program, spec] of [
    ["on_exec", only(openLsm(), "on_exec")],
    ["plain_entry", only(openTracing(), "plain_entry")],
  ] as const) {
    const error = await failure(spec.load());
    expect(error).toMatchObject({ name: "PermissionError", code: "ERR_BPF_PERMISSION", errno: "EPERM", program });
    expect(error.message).toContain("this kernel refuses BPF trampolines");
  }
});

kernelTest("a hook that does not exist", [], async () => {
  const missing = {
    code: "ERR_BPF_TARGET_NOT_FOUND",
    program: "no_hook",
    section: "lsm/no_such_hook",
    target: "no_such_hook",
  };
  const error = await failure(refused("no_hook").load({ precheck: "off" }));
  expect(error).toMatchObject(missing);
  expect(error.message).toContain("this kernel has no LSM hook no_such_hook");
  expect(await failure(refused("no_hook").load())).toMatchObject({
    code: "ERR_BPF_SLEEPABLE",
    reason: "HOOK_NOT_FOUND",
    program: "no_hook",
  });

  const spec = refused("no_sleep");
  spec.programs.no_sleep.attachTarget = "nor_this_one";
  expect(await failure(spec.load({ precheck: "off" }))).toMatchObject({
    code: "ERR_BPF_TARGET_NOT_FOUND",
    program: "no_sleep",
    target: "nor_this_one",
  });
});

kernelTest("a section that libbpf does not know, and a program without a target", [], async () => {
  expect(await failure(refused("unknown_section").load())).toMatchObject({
    code: "ERR_BPF_SECTION_UNKNOWN",
    section: "my/section",
    hint: expect.stringContaining("autoload"),
  });
  expect(await failure(refused("no_target").load())).toMatchObject({
    code: "ERR_BPF_TARGET_MISSING",
    section: "fentry",
    hint: expect.stringContaining("attachTarget"),
  });
});

kernelTest("a map that is too large", [], async () => {
  const error = await failure(openHugeMap().load());
  expect(error).toMatchObject({
    name: "MapError",
    code: "ERR_BPF_MAP_CREATE",
    map: "huge",
    hint: expect.stringContaining("maxEntries"),
  });
});

kernelTest("a map's size can be set before the load", [], async () => {
  const spec = openHugeMap();
  spec.maps.huge.maxEntries = 2;
  using object = await spec.load();
  expect(object.maps.huge).toMatchObject({ maxEntries: 2 });
});

kernelTest("a second load at the same time", [], async () => {
  const spec = openMaps();
  const first = spec.load();
  await expect(spec.load()).rejects.toMatchObject({ code: "ERR_BPF_BUSY" });
  expect(() => spec.loadSync()).toThrow(expect.objectContaining({ code: "ERR_BPF_BUSY" }));
  (await first).close();
  (await spec.load()).close();
});

kernelTest("libbpf's messages reach onLog, and nothing else", [], async () => {
  const messages: [string, string][] = [];
  const spec = open({ onLog: (level, message) => messages.push([level, message]) });
  await failure(only(spec, "long_log").load());
  expect(messages.some(([level, text]) => level === "warn" && text.includes("BPF program load failed"))).toBe(true);
  expect(messages.some(([level]) => level === "debug")).toBe(true);
});

kernelTest("an attach target that does not exist", [kprobes], async () => {
  using object = await refused("plain_kprobe").load();
  expect(() => object.programs.plain_kprobe.attach({ function: "no_such_function" })).toThrow(
    expect.objectContaining({
      name: "AttachError",
      code: "ERR_BPF_ATTACH",
      operation: "program.attach",
      program: "plain_kprobe",
    }),
  );
  expect(() => object.programs.plain_kprobe.attach({ pid: 1 } as never)).toThrow(
    /attach has no option "pid"; a kprobe program has: cookie, function, offset/,
  );
  expect(() => object.programs.plain_kprobe.attach({ offset: -1 })).toThrow(/non-negative/);
  expect(() => object.programs.no_hook.attach()).toThrow(expect.objectContaining({ code: "ERR_BPF_NOT_LOADED" }));
});

kernelTest(
  "Linux 5.10 refuses a sleepable program with a ring buffer, and the error has its log",
  [bpfLsm, before("5.12")],
  async () => {
    const spec = only(openExecWatch(), "on_exec");
    expect(await failure(spec.load())).toMatchObject({ code: "ERR_BPF_SLEEPABLE", reason: "MAP_TYPE_NOT_SLEEPABLE" });
    const error = await failure<VerifierError>(spec.load({ precheck: "off" }));
    expect(error.message).toContain("Sleepable programs can only use array and hash maps");
  },
);

kernelTest(
  "a helper that sleeps is refused in a program that is not sleepable",
  [trampolines, since("5.11")],
  async () => {
    const spec = only(openLsm(), "on_exec");
    spec.programs.on_exec.sleepable = false;
    const error = await failure<VerifierError>(spec.load({ precheck: "off" }));
    expect(error.code).toBe("ERR_BPF_VERIFIER");
    expect(error.message).toMatch(
      /might sleep in a non-sleepable prog|sleepable helper|unknown func|cannot use helper/,
    );
  },
);
