/** The error contains the cause that libbpf or the kernel gives for a failure, with a remedy. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BpfError } from "node-libbpf";
import { type Causes, open } from "../bpf/causes.bpf";
import { open as openKconfig } from "../bpf/kconfig.bpf";
import { only } from "../bpf/objects";
import { open as openUsdt } from "../bpf/usdt.bpf";
import { bpffs, bundled, kernelTest, type Need, since, trampolines, vmKernel } from "./needs";

/** Runs where mounts can be changed: in a mount namespace of its own. */
const machine: Need = { what: "a machine of its own", present: () => vmKernel !== undefined, expected: false };

async function failure(doing: () => unknown): Promise<BpfError> {
  try {
    await doing();
  } catch (error) {
    return error as BpfError;
  }
  throw new Error("nothing was thrown");
}

/** One of the maps, with a program that loads. */
function map(name: keyof Causes["maps"], pinPath?: string) {
  const spec = only(open(), "plain");
  for (const other of Object.values(spec.maps)) other.autocreate = other.name === name || other.name === ".rodata";
  if (pinPath !== undefined) spec.map(name).pinPath = pinPath;
  return spec;
}

kernelTest("kconfig variables", [], async () => {
  const missing = await failure(() => openKconfig().load({ precheck: "off" }));
  expect(missing).toMatchObject({ name: "LoadError", code: "ERR_BPF_LOAD" });
  // Virtual machines have no file with their kernel's configuration.
  expect(missing.message).toMatch(/'CONFIG_MADE_UP_NUMBER' \(strong\): not resolved|failed to open system Kconfig/);
  expect(missing.hint).toContain('open(path, { kconfig: "CONFIG_');
  const load = (kconfig: string) => failure(() => openKconfig({ kconfig }).load({ precheck: "off" }));
  expect((await load("CONFIG_MADE_UP_NUMBER=m\n")).message).toContain(
    "value 'm' implies bool, tristate, or char type (EINVAL)",
  );
  expect((await load("CONFIG_MADE_UP_NUMBER\n")).message).toContain("error parsing in-memory Kconfig line");
  expect((await load("CONFIG_MADE_UP_NUMBER=0x1ffffffff\n")).message).toContain("doesn't fit in 4 bytes");
  using object = await openKconfig({ kconfig: "CONFIG_MADE_UP_NUMBER=42\n" }).load();
  expect((await object.programs.run.testRun({ data: new Uint8Array(64) })).returnValue).toBe(42);
});

kernelTest("an unused struct_ops program, and an freplace program without a target", [bundled], async () => {
  const load = (program: "unused" | "replacement") =>
    failure(() => only(map("sound"), program).load({ precheck: "off" }));
  const unused = await load("unused");
  expect(unused.message).toContain("isn't referenced anywhere");
  expect(unused.hint).toContain(".struct_ops");
  const replacement = await load("replacement");
  expect(replacement.message).toContain("attach program FD is not set");
  expect(replacement.hint).toContain("freplace");
});

kernelTest("map names that the kernel refuses, and an unknown map type", [bundled], async () => {
  const name = await failure(() => map("odd$name").load());
  expect(name).toMatchObject({ code: "ERR_BPF_MAP_CREATE", map: "odd$name", errno: "EINVAL" });
  expect(name.hint).toContain("letters, digits");
  const program = await failure(() => only(map("sound"), "odd$program").load());
  expect(program).toMatchObject({ code: "ERR_BPF_VERIFIER", program: "odd$program", errno: "EINVAL" });
  expect(program.message).toContain("for its name");
  const type = await failure(() => map("odd_type").load({ precheck: "off" }));
  expect(type).toMatchObject({
    code: "ERR_BPF_MAP_CREATE",
    map: "odd_type",
    hint: "This kernel does not support the map type 999",
  });
});

kernelTest("a pin that can't be created", [bpffs], async () => {
  const outside = mkdtempSync(join(tmpdir(), "no-bpffs-"));
  try {
    const elsewhere = await failure(() => map("sound", join(outside, "pin")).load());
    expect(elsewhere).toMatchObject({ code: "ERR_BPF_MAP", map: "sound", errno: "EINVAL" });
    expect(elsewhere.message).toMatch(/is not in bpffs.*mount -t bpf/);
  } finally {
    rmdirSync(outside);
  }
  const dot = await failure(() => map("sound", "/sys/fs/bpf/a.b").load());
  expect(dot).toMatchObject({ code: "ERR_BPF_MAP", map: "sound" });
  expect(dot.message).toContain("no dot");
});

kernelTest("a bpffs that is mounted read-only", [machine], async () => {
  const folder = mkdtempSync(join(tmpdir(), "bpffs-"));
  execFileSync("mount", ["-t", "bpf", "-o", "ro,mode=700", "bpf", folder]);
  try {
    const error = await failure(() => map("sound", join(folder, "pin")).load());
    expect(error).toMatchObject({ code: "ERR_BPF_MAP_CREATE", map: "sound", errno: "EROFS" });
    expect(error.hint).toContain("read-only");
  } finally {
    execFileSync("umount", [folder]);
    rmdirSync(folder);
  }
});

kernelTest("a kernel without BTF", [machine, trampolines], async () => {
  const empty = mkdtempSync(join(tmpdir(), "empty-"));
  execFileSync("mount", ["--bind", empty, "/sys/kernel/btf"]);
  try {
    const spec = only(open(), "plain");
    const program = spec.program("plain");
    // TRACING, TRACE_FENTRY
    [program.type, program.attachType, program.attachTarget] = [26, 24, "vfs_read"];
    for (const other of Object.values(spec.maps)) other.autocreate = other.name === ".rodata";
    const error = await failure(() => spec.load({ precheck: "off" }));
    expect(error).toMatchObject({ name: "ObjectError", code: "ERR_BPF_OBJECT_NO_BTF", operation: "load" });
    expect(error.hint).toContain("CONFIG_DEBUG_INFO_BTF");
  } finally {
    execFileSync("umount", ["/sys/kernel/btf"]);
    rmdirSync(empty);
  }
});

kernelTest("a misspelt function of a library, and a misspelt library", [], async () => {
  const spec = only(open(), "misspelt_symbol", "misspelt_path");
  for (const one of Object.values(spec.maps)) one.autocreate = one.name === ".rodata";
  using object = await spec.load();
  const symbol = await failure(() => object.programs.misspelt_symbol.attach());
  expect(symbol).toMatchObject({ code: "ERR_BPF_ATTACH", errno: "ENOENT" });
  expect(symbol.message).toMatch(/failed to find symbol 'getadrrinfo' in '\S*libc.so.6'.*Did you mean getaddrinfo\?$/);
  const path = await failure(() => object.programs.misspelt_path.attach());
  expect(path.message).toMatch(/failed to resolve full path for 'nowhere.so' \(ENOENT\).*absolute path/);
});

kernelTest(
  "USDT probes: the suggested name, and a link that consists of several kernel links",
  [bpffs, since("5.15")],
  async () => {
    using object = await only(openUsdt(), "found", "misspelt").load();
    const misspelt = await failure(() => object.programs.misspelt.attach());
    expect(misspelt.message).toMatch(/Did you mean libstdc\+\+\.so\.6:libstdcxx:throw\?$/);
    using link = object.programs.found.attach();
    expect((await failure(() => link.info())).message).toMatch(/several kernel links.*\(EOPNOTSUPP\)/);
    expect((await failure(() => link.pin("/sys/fs/bpf/usdt"))).message).toMatch(/several kernel links/);
    expect((await failure(() => link.read())).message).toContain("only iter programs produce output");
    link.detach();
    expect(link.closed).toBe(true);
  },
);

kernelTest("an iterator that requires an order", [since("6.1")], async () => {
  const spec = only(open(), "plain");
  for (const one of Object.values(spec.maps)) one.autocreate = one.name === ".rodata";
  const program = spec.program("plain");
  // TRACING, TRACE_ITER
  [program.type, program.attachType, program.attachTarget] = [26, 28, "cgroup"];
  using object = await spec.load();
  const error = await failure(() => object.programs.plain.attach());
  expect(error.message).toContain("an order");
  expect(error.hint).toMatch(/Attach it with an order/);
});

kernelTest("no error contains its errno twice", [], async () => {
  const errors = [
    await failure(() => openKconfig().load()),
    await failure(() => map("odd$name").load()),
    await failure(() => map("odd_type").load({ precheck: "off" })),
    await failure(() => only(map("sound"), "replacement").load({ precheck: "off" })),
  ];
  for (const { message } of errors) expect(message).not.toMatch(/(E[A-Z]+) \(\1\)|errno \d/);
});
