/**
 * The native boundary with arguments that the library never passes: the call returns an errno and has no side effects.
 */
import fc from "fast-check";
import { type LoadRequest, type MapRequest, native, type OpenRequest, type ProgramRequest } from "../../lib/native";
import { BtfBuilder } from "../btf/builder";
import { memories } from "../memories";

const EBADF = -9;
const bytes = new Uint8Array(8);

/** For each call that takes a request: one that it reads, and then refuses. */
const inner = { type: 2, keySize: 4, valueSize: 4, maxEntries: 1, flags: 0 };
const none = new BigUint64Array();
const requests = {
  open: {
    bytes,
    name: "x",
    pinRoot: undefined,
    kconfig: undefined,
    btfPath: undefined,
    token: undefined,
    verbose: false,
  } satisfies OpenRequest,
  program: {
    index: 0,
    type: 1,
    attachType: 0,
    flags: 0,
    dropSection: false,
    autoload: true,
    target: undefined,
    targetFd: 0,
    logLevel: 0,
  } satisfies ProgramRequest,
  map: {
    index: 0,
    valueSize: 4,
    maxEntries: 1,
    flags: 0,
    numaNode: 0,
    mapExtra: 0n,
    autocreate: true,
    inner: undefined,
    pinPath: undefined,
    initial: undefined,
    without: new Uint32Array(),
    reuse: 0,
    exclusiveProgram: -1,
  } satisfies MapRequest,
  mapCreate: {
    ...inner,
    type: 9999,
    name: "x",
    innerFd: 0,
    mapExtra: 0n,
    numaNode: 0,
    ifindex: 0,
    vmlinuxValueType: 0,
    byteTypes: false,
    token: 0,
  },
  probe: { type: 9999, attachType: 0, flags: 0, btfId: 0, helper: 0, kfunc: 0, link: false, token: 0 },
  dump: { bytes, types: new Uint32Array(), functions: new Uint32Array() },
  run: {
    context: undefined,
    contextOutSize: 0,
    data: undefined,
    dataOutSize: 0,
    repeat: 0,
    flags: 0,
    cpu: 0,
    batchSize: 0,
  },
  cookie: { cookie: 0n },
  rawTracepoint: { name: "", cookie: 0n },
  tracepoint: { category: "", name: "", cookie: 0n },
  kprobe: { function: "", offset: 0, retprobe: false, cookie: 0n },
  kprobeMulti: { pattern: "", functions: [], addresses: none, cookies: none, retprobe: false, session: false },
  ksyscall: { function: "", retprobe: false, cookie: 0n },
  uprobe: { pid: 0, path: "", function: "", offset: 0, counter: 0, retprobe: false, cookie: 0n },
  uprobeMulti: {
    ...{ pid: 0, path: "", pattern: "", functions: [], offsets: none, counters: none, cookies: none },
    ...{ retprobe: false, session: false },
  },
  usdt: { pid: 0, path: "", provider: "", name: "", cookie: 0n },
  perfEvent: { type: 1, config: 0n, sample: 1n, frequency: false, pid: 0, cpu: -1, cookie: 0n },
  iter: { over: "", id: 0, order: 0 } as const,
  freplace: { target: -1, function: "" },
  linkCreate: { target: 0, attachType: 0, flags: 0, tail: new Uint32Array(4) },
  linkCreateMulti: { attachType: 0, ids: new Uint32Array(1), cookies: none },
  programAttach: { target: -1, attachType: 0, flags: 0, replaced: 0 },
  tc: { interface: 0, egress: false, handle: 0, priority: 0 },
  perf: { pages: 1, wakeupEvents: 1 },
  buffer: { pointer: 0, count: 4, element: 1, bytes },
};
const loads = (parts: Partial<LoadRequest>): LoadRequest => ({ ...requests.open, programs: [], maps: [], ...parts });

const calls: Record<string, (handle: never) => unknown> = {
  objectClose: (handle) => native.objectClose(handle),
  objectMap: (handle) => native.objectMap(handle, 0),
  memoryRead: (handle) => native.memoryRead(handle, 0, 0, bytes),
  memoryWrite: (handle) => native.memoryWrite(handle, 0, 0, bytes),
  programFd: (handle) => native.programFd(handle, 0),
  programId: (handle) => native.programId(handle, 0),
  programStreamRead: (handle) => native.programStreamRead(handle, 0, 1, bytes),
  attachBtf: (handle) => native.attachBtf(handle, 0, requests.cookie).status,
  attachAuto: (handle) => native.attachAuto(handle, 0).status,
  attachRawTracepoint: (handle) => native.attachRawTracepoint(handle, 0, requests.rawTracepoint).status,
  attachTracepoint: (handle) => native.attachTracepoint(handle, 0, requests.tracepoint).status,
  attachKprobe: (handle) => native.attachKprobe(handle, 0, requests.kprobe).status,
  attachUprobe: (handle) => native.attachUprobe(handle, 0, requests.uprobe).status,
  attachIter: (handle) => native.attachIter(handle, 0, requests.iter).status,
  attachKprobeMulti: (handle) => native.attachKprobeMulti(handle, 0, requests.kprobeMulti).status,
  attachKsyscall: (handle) => native.attachKsyscall(handle, 0, requests.ksyscall).status,
  attachUprobeMulti: (handle) => native.attachUprobeMulti(handle, 0, requests.uprobeMulti).status,
  attachUsdt: (handle) => native.attachUsdt(handle, 0, requests.usdt).status,
  attachPerfEvent: (handle) => native.attachPerfEvent(handle, 0, requests.perfEvent).status,
  attachFreplace: (handle) => native.attachFreplace(handle, 0, requests.freplace).status,
  attachStructOps: (handle) => native.attachStructOps(handle, 0).status,
  linkUpdate: (handle) => native.linkUpdate(handle, 0, -1),
  linkUpdateMap: (handle) => native.linkUpdateMap(handle, handle, 0),
  linkDisconnect: (handle) => native.linkDisconnect(handle),
  linkDetach: (handle) => native.linkDetach(handle),
  linkClose: (handle) => native.linkClose(handle),
  linkPin: (handle) => native.linkPin(handle, "/nowhere"),
  linkInfo: (handle) => native.linkInfo(handle, bytes, []),
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
  ringOpen: (handle) => native.ringOpen(handle, -1),
  ringMemory: (handle) => native.ringMemory(handle),
  ringTake: (handle) => native.ringTake(handle, 1),
  ringGiveBack: (handle) => native.ringGiveBack(handle, 1),
  ringPending: (handle) => native.ringPending(handle),
  ringStats: (handle) => native.ringStats(handle, new Float64Array(6)),
  ringClose: (handle) => native.ringClose(handle),
  perfOpen: (handle) => native.perfOpen(handle, requests.perf),
  perfMemory: (handle) => native.perfMemory(handle),
  perfTake: (handle) => native.perfTake(handle, 1),
  perfGiveBack: (handle) => native.perfGiveBack(handle, 1),
  perfPending: (handle) => native.perfPending(handle),
  perfStats: (handle) => native.perfStats(handle, new Float64Array(4)),
  perfClose: (handle) => native.perfClose(handle),
  userRingOpen: (handle) => native.userRingOpen(handle),
  userRingSubmit: (handle) => native.userRingSubmit(handle, bytes, new Uint32Array(1)),
  userRingClose: (handle) => native.userRingClose(handle),
  statsDisable: (handle) => native.statsDisable(handle),
};

test.each(Object.keys(calls))("%s with a handle that names nothing", (name) => {
  const handles = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(undefined, null, "1", {}, [], 1n, Number.NaN));
  fc.assert(
    fc.property(handles, (handle) => expect(calls[name]?.(handle as never)).toBe(EBADF)),
    { numRuns: 200 },
  );
});

test("a test run with an invalid handle", async () => {
  const outcome = await native.programTestRun(12345, 0, requests.run);
  expect(outcome.status).toBe(EBADF);
});

test("a read with an invalid iterator", async () => {
  expect(await native.iterRead(12345, 16)).toBe(EBADF);
});

describe.each(Object.entries(memories))("memory that is %s", (_, make) => {
  const memory = () => make() as never;
  /** Expects the call to fail: with an errno, or with a TypeError where the field is no Uint8Array. */
  const expectRefusal = async (field: string, call: () => unknown) => {
    const said = async () => await call();
    if ((make() as object) instanceof Uint8Array) expect(await said()).toBeLessThan(0);
    else await expect(said()).rejects.toThrow(`field '${field}' has the wrong type`);
  };

  test("for calls that make no system call", async () => {
    await expectRefusal("bytes", () => native.btfDumpC({ ...requests.dump, bytes: memory() }));
    await expectRefusal("bytes", () => native.describe({ ...requests.open, bytes: memory() }).status);
    await expectRefusal("bytes", () => native.loadSync(loads({ bytes: memory() })).status);
    for (const call of Object.values(calls)) call(12345 as never);
    expect(native.memoryRead(1, 0, 0, memory())).toBe(EBADF);
    expect(native.memoryWrite(1, 0, 0, memory())).toBe(EBADF);
    expect(native.linkInfo(1, memory(), [])).toBe(EBADF);
    expect(native.mapInfo(1, memory())).toBe(EBADF);
    expect(native.ringStats(1, memory())).toBe(EBADF);
    expect(native.perfStats(1, memory())).toBe(EBADF);
    expect(native.userRingSubmit(1, memory(), memory())).toBe(EBADF);
    expect(native.mapReadBatch(1, 1, memory(), memory(), true, 0)).toBe(EBADF);
  });

  test("for calls on a thread", async () => {
    await expectRefusal("bytes", async () => (await native.load(loads({ bytes: memory() }))).status);
    const run = { ...requests.run, context: memory(), data: memory() };
    await expectRefusal("context", async () => (await native.programTestRun(12345, 0, run)).status);
  });
});

test("BTF of invalid bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint32Array(), (of, ids) => {
      expect(native.btfDumpC({ bytes: of, types: ids, functions: ids })).toBeLessThan(0);
    }),
  );
  const builder = new BtfBuilder();
  builder.int();
  expect(native.btfDumpC({ ...requests.dump, bytes: builder.bytes(), types: Uint32Array.of(2) })).toBe(-22);
  for (const id of [undefined, "1", {}, -1]) expect(native.btfById(id as never)).toBeLessThan(0);
});

test("memory for the kernel lies within the struct, and its size is not what the caller says", () => {
  const info = new Uint8Array(16);
  const EINVAL = -22;
  for (const wrong of [{ pointer: 9 }, { count: 13 }, { element: 0 }, { pointer: 2 ** 32 - 1 }])
    expect(native.infoOfFd(-1, info, [{ ...requests.buffer, ...wrong }])).toBe(EINVAL);
  expect(native.infoOfFd(-1, new Uint8Array(), [])).toBe(EINVAL);
  expect(native.infoOfFd(-1, info, [{ pointer: 0, count: 8, element: 2, bytes }])).toBeLessThan(0);
  expect(info[8]).toBe(bytes.length / 2);
  for (const kind of ["", "token", undefined]) {
    expect(native.nextId(kind as never, 0)).toBe(EINVAL);
    expect(native.infoOfId(kind as never, 1, info, [])).toBe(EINVAL);
  }
});

const requested: Record<string, [request: object, call: (request: never) => unknown]> = {
  describe: [requests.open, (request) => native.describe(request)],
  load: [loads({}), (request) => native.load(request)],
  loadSync: [loads({}), (request) => native.loadSync(request)],
  "loadSync, a program": [requests.program, (request) => native.loadSync(loads({ programs: [request] }))],
  "loadSync, a map": [requests.map, (request) => native.loadSync(loads({ maps: [request] }))],
  "loadSync, an inner map": [
    inner,
    (request) => native.loadSync(loads({ maps: [{ ...requests.map, inner: request }] })),
  ],
  mapCreate: [requests.mapCreate, (request) => native.mapCreate(request)],
  probeLoad: [requests.probe, (request) => native.probeLoad(request)],
  btfDumpC: [requests.dump, (request) => native.btfDumpC(request)],
  programTestRun: [requests.run, (request) => native.programTestRun(1, 0, request)],
  attachBtf: [requests.cookie, (request) => native.attachBtf(1, 0, request)],
  attachRawTracepoint: [requests.rawTracepoint, (request) => native.attachRawTracepoint(1, 0, request)],
  attachTracepoint: [requests.tracepoint, (request) => native.attachTracepoint(1, 0, request)],
  attachKprobe: [requests.kprobe, (request) => native.attachKprobe(1, 0, request)],
  attachUprobe: [requests.uprobe, (request) => native.attachUprobe(1, 0, request)],
  attachIter: [requests.iter, (request) => native.attachIter(1, 0, request)],
  attachKprobeMulti: [requests.kprobeMulti, (request) => native.attachKprobeMulti(1, 0, request)],
  attachKsyscall: [requests.ksyscall, (request) => native.attachKsyscall(1, 0, request)],
  attachUprobeMulti: [requests.uprobeMulti, (request) => native.attachUprobeMulti(1, 0, request)],
  attachUsdt: [requests.usdt, (request) => native.attachUsdt(1, 0, request)],
  attachPerfEvent: [requests.perfEvent, (request) => native.attachPerfEvent(1, 0, request)],
  attachFreplace: [requests.freplace, (request) => native.attachFreplace(1, 0, request)],
  linkCreate: [requests.linkCreate, (request) => native.linkCreate(-1, request)],
  linkCreateMulti: [requests.linkCreateMulti, (request) => native.linkCreateMulti(-1, request)],
  programAttach: [requests.programAttach, (request) => native.programAttach(-1, request)],
  tcAttach: [requests.tc, (request) => native.tcAttach(-1, request)],
  perfOpen: [requests.perf, (request) => native.perfOpen(1, request)],
  infoOfFd: [requests.buffer, (request) => native.infoOfFd(-1, new Uint8Array(16), [request])],
};

describe.each(Object.entries(requested))("the request of %s", (_, [request, call]) => {
  const names = Object.keys(request) as (keyof typeof request)[];

  test("is read by name, and all of it is", async () => {
    const read = new Set<string | symbol>();
    const watched = new Proxy(request, {
      get(target, name) {
        read.add(name);
        return Reflect.get(target, name);
      },
    });
    await call(watched as never);
    expect([...read].sort()).toEqual([...names].sort());
  });

  test.each(names)("without %s", (name) => {
    const { [name]: _, ...others } = request;
    expect(() => call(others as never)).toThrow(`field '${name}' is missing`);
  });

  test.each(names)("with %s of another type", (name) => {
    const wrong = () => call({ ...request, [name]: Symbol() } as never);
    expect(wrong).toThrow(`field '${name}' has the wrong type`);
    const without = () => call({ ...request, [name]: undefined } as never);
    if (request[name] === undefined) expect(without).not.toThrow();
    else expect(without).toThrow(`field '${name}' has the wrong type`);
  });

  test.each([null, 1, "request"])("that is %j", (value) => {
    expect(() => call(value as never)).toThrow(/^(the request is not an object|field 'inner' has the wrong type)$/);
  });
});

test("libbpf's messages have a level and a text", () => {
  const { messages } = native.describe(requests.open);
  expect(messages).toContainEqual({ level: 0, text: expect.stringMatching(/^libbpf: /) });
});
