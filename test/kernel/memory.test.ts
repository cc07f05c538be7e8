/**
 * Native calls with every kind of memory: the call uses memory that has the bytes, and refuses other memory without
 * side effects.
 */
import { createMap } from "node-libbpf";
import { MapType } from "../../lib/constants";
import { native } from "../../lib/native";
import { only } from "../bpf/objects";
import { open as openSyscall } from "../bpf/syscall.bpf";
import { memories } from "../memories";
import { kernelTest, since } from "./needs";

const ERANGE = -34;
const kinds = Object.entries(memories);

const map = {
  ...{ name: "memory", type: MapType.ARRAY, keySize: 4, valueSize: 8, maxEntries: 4, flags: 0, innerFd: 0 },
  ...{ mapExtra: 0n, numaNode: 0, ifindex: 0, vmlinuxValueType: 0, byteTypes: false, token: 0 },
};

kernelTest("map calls", [], async () => {
  const handle = native.mapCreate(map);
  expect(native.mapScratch(handle)).toBeInstanceOf(ArrayBuffer);
  for (const [, make] of kinds) {
    const memory = () => make() as Uint8Array;
    const has = (size: number) => memory() instanceof Uint8Array && memory().byteLength >= size;
    for (const count of [0, 1, 4, 0xffffffff]) {
      // Keys that are zero exist.
      const fits = count === 0 || (count <= 4 && has(count * 8));
      const outcome = fits ? expect.any(Number) : ERANGE;
      const one = fits ? 0 : ERANGE;
      expect(native.mapReadBatch(handle, count, memory(), memory(), true, 0)).toEqual(outcome);
      expect(native.mapLookupMany(handle, count, memory(), memory(), memory(), 0)).toBe(one);
      expect(native.mapUpdateMany(handle, count, memory(), memory(), 0)).toBe(one);
      expect(native.mapDeleteMany(handle, count, memory(), memory())).toEqual(expect.any(Number));
    }
    expect(native.mapInfo(handle, memory())).toBeLessThan(0);
    expect(native.mapInfo(handle, new Uint8Array(256))).toBeGreaterThan(0);
  }
  expect(native.mapClose(handle)).toBe(0);
});

kernelTest("test runs", [since("5.14")], async () => {
  using object = await only(openSyscall(), "sum_bytes").load();
  const { sum_bytes } = object.programs;
  for (const [, make] of kinds) {
    const context = make();
    const run = sum_bytes.testRun({ context: context as Uint8Array });
    // The program reads 16 bytes of it.
    if (!(context instanceof Uint8Array)) await expect(run).rejects.toMatchObject({ name: "ArgumentError" });
    else if (context.byteLength < 16) await expect(run).rejects.toMatchObject({ code: "ERR_BPF_TEST_RUN" });
    else expect((await run).context).toEqual(Buffer.from(context));
  }
});

kernelTest("records for a program", [since("6.1")], async () => {
  using ring = createMap({ type: "user_ringbuf", maxEntries: 4096 });
  for (const [, make] of kinds) {
    const record = make() as Uint8Array;
    if (record instanceof Uint8Array) ring.submit(record);
    else expect(() => ring.submit(record)).toThrow(expect.objectContaining({ name: "ArgumentError" }));
  }
});
