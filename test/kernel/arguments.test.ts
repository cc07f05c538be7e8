/** Every public method, called as none should be: each call succeeds or throws an error of the library with a code. */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import * as api from "node-libbpf";
import { type BpfMap, type BpfObject, codecs, createMap, type Program } from "node-libbpf";
import { abuse, KERNEL_FUNCTIONS, type Made, publicMembers, type Subject, still } from "../abuse";
import { open as openEvents } from "../bpf/events.bpf";
import { open as openMaps } from "../bpf/maps.bpf";
import { open as openStructOps } from "../bpf/struct-ops.bpf";
import { putInForce } from "../policy/versions";
import { cases, isBuilt } from "./map-types";
import { bpffs, isSince, kernelTest, PINS, vmKernel } from "./needs";

/** An object that is loaded for a subject, which is part of it. */
const partOf = (load: () => Promise<BpfObject>, part: (object: BpfObject) => object) => async (): Promise<Made> => {
  const object = await load();
  return { of: part(object), close: () => object.close() };
};
const closable = (make: () => Disposable & object) => (): Made => {
  const of = make();
  return { of, close: () => of[Symbol.dispose]() };
};
const self = { path: process.execPath, function: "uv_os_getpriority", pid: process.pid };
const events = () => openEvents().load() as unknown as Promise<BpfObject>;
const attached = () => {
  const object = openEvents().loadSync();
  const link = object.programs.on_call.attach(self);
  return { of: link, close: () => object.close() };
};

function openedProgram(): Made {
  const object = openEvents().loadSync();
  const of = api.openProgramById(object.programs.on_call.id);
  object.close();
  return { of, close: () => of.close() };
}
async function structOps(): Promise<Made> {
  const object = (await openStructOps().load()) as unknown as BpfObject;
  const of = Object.values(object.maps).find((map) => map instanceof api.StructOpsMap) as BpfMap;
  return { of, close: () => object.close() };
}
afterAll(() => rmSync(PINS, { recursive: true, force: true }));

let policies = 0;
async function policy(): Promise<Made> {
  mkdirSync(PINS, { recursive: true });
  // One that is closed still has its folder.
  const folder = join(PINS, `policy-${policies++}`);
  const of = await putInForce("old", folder);
  return { of, close: () => (of.closed ? rmSync(folder, { recursive: true, force: true }) : of.unpin()) };
}
/** Classes that need no kernel: test/unit/arguments.test.ts. */
const IN_UNIT = /^(Btf|MapSpec|ProgramSpec)\./;

/** What is undone only by the end of what the test made. */
const LASTING = ["freeze", "detach", "disconnect", "update"];
const ENDS = ["close", "[Symbol.dispose]", "[Symbol.asyncDispose]"];
const WAITS = ["drained"];
const not = [...LASTING, ...ENDS, ...WAITS];

/** Those of each type of map that this kernel makes. */
const ofMaps = (): Subject[] =>
  [...cases].flatMap(([type, { options, config }]): Subject[] => {
    if (!isBuilt(config)) return [];
    try {
      createMap(options()).close();
    } catch {
      return []; // map-types.test.ts tests which kernels have it
    }
    const made = closable(() => createMap(options()));
    const raw = closable(() => createMap({ type: "hash", keySize: 4, valueSize: 8, maxEntries: 4 }).raw);
    const before = [[1], [1, 1n], [new Uint8Array(4), new Uint8Array(8)]];
    return [
      { name: type, make: made, not, before },
      ...(type === "hash" ? [{ name: "raw", make: raw, not, before }] : []),
    ];
  });

kernelTest(
  "every public method: invalid arguments, other receivers, after close(), and closed while its arguments are read",
  [],
  async () => {
    // What the arguments meet is the same on every kernel: an emulated one takes a share.
    const subjects: Subject[] = [
      ...Object.entries(api).flatMap(([name, of]) =>
        (KERNEL_FUNCTIONS as string[]).includes(name) ? [still(name, of, [[{ type: "hash" }]])] : [],
      ),
      still("features", api.features),
      ...ofMaps(),
      {
        name: "BpfObject",
        make: partOf(
          () => openMaps().load() as never,
          (object) => object,
        ),
        not,
        before: [["hash"]],
      },
      { name: "RingBuffer", make: partOf(events, ({ maps }) => maps.events as BpfMap), not },
      still("ObjectSpec", openMaps()),
      { name: "Program", make: partOf(events, ({ programs }) => programs.on_call as Program), not },
      { name: "OpenedProgram", make: openedProgram, not },
      { name: "Link", make: attached, not },
      ...(bpffs.present() && isSince("5.8") ? [{ name: "Policy", make: policy, not: [...not, "unpin"] }] : []),
      ...(isSince("6.0") ? [{ name: "StructOpsMap", make: structOps, not: [...not, "attach"] }] : []),
    ];
    const { wrong, cells, met } = await abuse(subjects, vmKernel === undefined ? 1 : 30);
    process.stdout.write(`${cells} calls of ${met.size} members\n`);
    expect([...wrong]).toEqual([]);
    if (isSince("6.9") && vmKernel === undefined)
      expect(publicMembers().filter((member) => !met.has(member) && !IN_UNIT.test(member))).toEqual([]);
  },
  300_000,
);

kernelTest("a list that grows while it is written is written with its original length", [], async () => {
  using map = createMap({ type: "hash", key: codecs.u32, value: codecs.u64, maxEntries: 1000 });
  const list: [number, bigint][] = [];
  for (let i = 0; i < 3; i++) {
    list.push(
      Object.defineProperty([i, 0n] as [number, bigint], 1, {
        get: () => {
          list.push([100 + list.length, 1n]);
          return 7n;
        },
      }),
    );
  }
  map.setMany(list);
  expect(
    map
      .getAll()
      .map(([key]) => key)
      .sort(),
  ).toEqual([0, 1, 2]);
});
