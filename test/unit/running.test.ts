/** What the kernel's structs become, and the commands' help. test/kernel/running.test.ts compares with a kernel. */
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { targetOf } from "../../lib/cli/link-text";
import { LinkType, ProgramType } from "../../lib/constants";
import { decodeLinkInfo } from "../../lib/link/link-info";
import { KernelInfo, readKernelInfo } from "../../lib/native/kernel-info";
import { decodeProgramInfo } from "../../lib/program/program-info";
import { kindOfType } from "../../lib/section-names";
import { COMMAND } from "../../scripts/places";

/** A struct with 32-bit words at offsets. */
function structOf(size: number, words: Readonly<Record<number, number>>): KernelInfo {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  for (const [offset, value] of Object.entries(words)) view.setUint32(Number(offset), value, true);
  return new KernelInfo(bytes);
}

test("fields of a program that the kernel does not have are undefined", () => {
  // The sizes of struct bpf_prog_info in Linux 5.10, 5.12, 5.16 and 6.0. attach_btf_obj_id was padding before.
  const words = { 4: 7, 208: 3, 216: 99, 220: 1, 224: 55 };
  const at = (size: number) => {
    const { recursionMisses, verifiedInstructions, attachBtfObjectId, attachBtfId } = decodeProgramInfo(
      structOf(size, cut(words, size)),
      [],
    );
    return [recursionMisses, verifiedInstructions, attachBtfObjectId, attachBtfId];
  };
  expect(at(208)).toEqual([undefined, undefined, undefined, undefined]);
  expect(at(216)).toEqual([3, undefined, undefined, undefined]);
  expect(at(224)).toEqual([3, 99, undefined, undefined]);
  expect(at(232)).toEqual([3, 99, 1, 55]);
});

const cut = (words: Readonly<Record<number, number>>, size: number) =>
  Object.fromEntries(Object.entries(words).filter(([offset]) => Number(offset) + 4 <= size));

test("a type has a kind if all its programs have the same", () => {
  expect(kindOfType(ProgramType.XDP)).toBe("xdp");
  expect(kindOfType(ProgramType.RAW_TRACEPOINT)).toBe("raw_tp");
  expect(kindOfType(ProgramType.RAW_TRACEPOINT_WRITABLE)).toBe("raw_tp.w");
  for (const type of [ProgramType.TRACING, ProgramType.LSM, ProgramType.KPROBE, ProgramType.SCHED_CLS, 9999])
    expect(kindOfType(type)).toBeUndefined();
});

test("each type of link of the kernel's header is decoded, and described in words", () => {
  for (const [name, type] of Object.entries(LinkType)) {
    if (name === "UNSPEC") continue;
    const link = decodeLinkInfo(structOf(64, { 0: type, 4: 5, 8: 6 }), {});
    expect(link).toMatchObject({ type: name.toLowerCase(), id: 5, programId: 6 });
    expect(typeof targetOf(link)).toBe("string");
  }
  expect(decodeLinkInfo(structOf(16, { 0: 999 }), {})).toEqual({ type: "type 999", id: 0, programId: 0 });
});

test("a link of a kernel that tells less has less", () => {
  const decoded = (size: number, words: Readonly<Record<number, number>>) => decodeLinkInfo(structOf(size, words), {});
  // Before Linux 5.13.
  expect(decoded(32, { 0: LinkType.TRACING, 16: 24 })).toMatchObject({
    ...{ attachType: "trace_fentry", targetObjectId: undefined, targetBtfId: undefined },
  });
  expect(decoded(32, { 0: LinkType.PERF_EVENT })).toMatchObject({ target: undefined });
  expect(decoded(48, { 0: LinkType.KPROBE_MULTI })).toMatchObject({ functions: undefined });
  // Linux 6.6 has no count of missed runs.
  expect(decoded(48, { 0: LinkType.KPROBE_MULTI, 24: 2, 28: 1 })).toMatchObject({
    functions: { count: 2, isReturn: true, missed: undefined },
  });
  expect(decoded(64, { 0: LinkType.UPROBE_MULTI })).toMatchObject({ places: undefined });
  expect(decoded(64, { 0: LinkType.NETFILTER, 16: 2, 20: 1, 24: 0xffffffff })).toMatchObject({ priority: -1 });
});

test("any bytes are decoded", () => {
  const bytes = fc.uint8Array({ minLength: 16, maxLength: 96 });
  fc.assert(
    fc.property(bytes, fc.integer({ min: 0, max: 16 }), (of, type) => {
      of.set([type, 0, 0, 0]);
      expect(typeof targetOf(decodeLinkInfo(new KernelInfo(of), {}))).toBe("string");
    }),
  );
});

test("the kernel's error is passed on", () => {
  expect(readKernelInfo(() => -2)).toBe(-2);
});

test.each(["ps", "prog show", "prog pin", "prog detach", "link show", "link pin", "link detach"])(
  "%s --help has an example",
  (command) => {
    const { status, stdout } = spawnSync(process.execPath, [COMMAND, ...command.split(" "), "--help"], {
      encoding: "utf8",
    });
    expect(status).toBe(0);
    expect(stdout).toContain(`Examples:\n  sudo node-libbpf ${command}`);
  },
);

test("wrong arguments", () => {
  for (const args of [
    ["ps", "--interval", "0"],
    ["ps", "--interval", "x"],
    ["ps", "x"],
    ["prog"],
    ["link", "pin", "7"],
  ]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...args], { encoding: "utf8" });
    expect({ args, status, stdout }).toEqual({ args, status: 2, stdout: "" });
    expect(stderr).not.toBe("");
  }
});
