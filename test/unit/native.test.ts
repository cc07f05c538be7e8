/**
 * The native boundary with arguments that the library never passes: the call returns an errno and has no side effects.
 */
import fc from "fast-check";
import { native } from "../../lib/native";
import { BtfBuilder } from "../btf/builder";
import { memories } from "../memories";

const EBADF = -9;
const bytes = new Uint8Array(8);

const calls: Record<string, (handle: never) => unknown> = {
  objectClose: (handle) => native.objectClose(handle),
  objectMap: (handle) => native.objectMap(handle, 0),
  memoryRead: (handle) => native.memoryRead(handle, 0, 0, bytes),
  memoryWrite: (handle) => native.memoryWrite(handle, 0, 0, bytes),
  programFd: (handle) => native.programFd(handle, 0),
  programId: (handle) => native.programId(handle, 0),
  attachBtf: (handle) => native.attachBtf(handle, 0, 0n).status,
  attachAuto: (handle) => native.attachAuto(handle, 0).status,
  attachUprobe: (handle) => native.attachUprobe(handle, 0, 0, "", "", 0, false, 0n).status,
  attachIter: (handle) => native.attachIter(handle, 0, "", 0).status,
  linkDetach: (handle) => native.linkDetach(handle),
  linkClose: (handle) => native.linkClose(handle),
  linkPin: (handle) => native.linkPin(handle, "/nowhere"),
  linkInfo: (handle) => native.linkInfo(handle, bytes),
  iterCreate: (handle) => native.iterCreate(handle),
  iterClose: (handle) => native.iterClose(handle),
  mapOfObject: (handle) => native.mapOfObject(handle, 0),
  mapClose: (handle) => native.mapClose(handle),
  mapFd: (handle) => native.mapFd(handle),
  mapLookup: (handle) => native.mapLookup(handle, 0),
  mapUpdate: (handle) => native.mapUpdate(handle, 0),
  mapDelete: (handle) => native.mapDelete(handle, 0),
  mapNextKey: (handle) => native.mapNextKey(handle, true),
  mapScratch: (handle) => native.mapScratch(handle),
  mapTake: (handle) => native.mapTake(handle, 0),
  mapReadBatch: (handle) => native.mapReadBatch(handle, 1, bytes, bytes, true, 0),
  mapLookupMany: (handle) => native.mapLookupMany(handle, 1, bytes, bytes, bytes, 0),
  mapUpdateMany: (handle) => native.mapUpdateMany(handle, 1, bytes, bytes, 0),
  mapDeleteMany: (handle) => native.mapDeleteMany(handle, 1, bytes, bytes),
  mapInfo: (handle) => native.mapInfo(handle, bytes),
  mapFreeze: (handle) => native.mapFreeze(handle),
  mapPin: (handle) => native.mapPin(handle, "/nowhere"),
  mapMemory: (handle) => native.mapMemory(handle, handle, 0),
  mapUnmap: (handle) => native.mapUnmap(handle),
  ringOpen: (handle) => native.ringOpen(handle),
  ringMemory: (handle) => native.ringMemory(handle),
  ringTake: (handle) => native.ringTake(handle, 1),
  ringGiveBack: (handle) => native.ringGiveBack(handle, 1),
  ringPending: (handle) => native.ringPending(handle),
  ringStats: (handle) => native.ringStats(handle, new Float64Array(6)),
  ringClose: (handle) => native.ringClose(handle),
  perfOpen: (handle) => native.perfOpen(handle, 1, 1),
  perfMemory: (handle) => native.perfMemory(handle),
  perfTake: (handle) => native.perfTake(handle, 1),
  perfGiveBack: (handle) => native.perfGiveBack(handle, 1),
  perfPending: (handle) => native.perfPending(handle),
  perfStats: (handle) => native.perfStats(handle, new Float64Array(4)),
  perfClose: (handle) => native.perfClose(handle),
  userRingOpen: (handle) => native.userRingOpen(handle),
  userRingSubmit: (handle) => native.userRingSubmit(handle, bytes, new Uint32Array(1)),
  userRingClose: (handle) => native.userRingClose(handle),
};

test.each(Object.keys(calls))("%s with a handle that names nothing", (name) => {
  const handles = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(undefined, null, "1", {}, [], 1n, Number.NaN));
  fc.assert(
    fc.property(handles, (handle) => expect(calls[name]?.(handle as never)).toBe(EBADF)),
    { numRuns: 200 },
  );
});

test("a test run with an invalid handle", async () => {
  const outcome = await native.programTestRun(12345, 0, undefined, 0, undefined, 0, 0, 0);
  expect(outcome.status).toBe(EBADF);
});

test("a read with an invalid iterator", async () => {
  expect(await native.iterRead(12345, 16)).toBe(EBADF);
});

describe.each(Object.entries(memories))("memory that is %s", (_, make) => {
  const memory = () => make() as never;

  test("for calls that make no system call", () => {
    expect(native.btfDumpC(memory(), memory(), memory())).toBeLessThan(0);
    const request = { bytes: memory(), name: "x", verbose: false };
    expect(native.describe(request).status).toBeLessThan(0);
    expect(native.loadSync({ ...request, programs: [], maps: [] }).status).toBeLessThan(0);
    for (const call of Object.values(calls)) call(12345 as never);
    expect(native.memoryRead(1, 0, 0, memory())).toBe(EBADF);
    expect(native.memoryWrite(1, 0, 0, memory())).toBe(EBADF);
    expect(native.linkInfo(1, memory())).toBe(EBADF);
    expect(native.mapInfo(1, memory())).toBe(EBADF);
    expect(native.ringStats(1, memory())).toBe(EBADF);
    expect(native.perfStats(1, memory())).toBe(EBADF);
    expect(native.userRingSubmit(1, memory(), memory())).toBe(EBADF);
    expect(native.mapReadBatch(1, 1, memory(), memory(), true, 0)).toBe(EBADF);
  });

  test("for calls on a thread", async () => {
    const request = { bytes: memory(), name: "x", verbose: false };
    expect((await native.load({ ...request, programs: [], maps: [] })).status).toBeLessThan(0);
    expect((await native.programTestRun(12345, 0, memory(), 0, memory(), 0, 0, 0)).status).toBe(EBADF);
  });
});

test("BTF of invalid bytes", () => {
  const anything = fc.oneof(fc.uint8Array(), fc.constantFrom(undefined, null, 1, "bytes", {}));
  fc.assert(
    fc.property(anything, anything, (of, ids) => {
      expect(native.btfDumpC(of as never, ids as never, ids as never)).toBeLessThan(0);
    }),
  );
  const builder = new BtfBuilder();
  builder.int();
  expect(native.btfDumpC(builder.bytes(), Uint32Array.of(2), new Uint32Array())).toBe(-22);
  for (const id of [undefined, "1", {}, -1]) expect(native.btfById(id as never)).toBeLessThan(0);
});
