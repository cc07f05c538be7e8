/** Every public function that takes an object of options refuses a misspelt one: those that the reports of the API have. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as api from "node-libbpf";
import { runInVm, vmTest } from "node-libbpf/testing";
import ts from "typescript";
import { MapType } from "../../lib/constants";
import { MapCore } from "../../lib/map/core";
import { HashMap } from "../../lib/map/hash";
import { bytesOf } from "../../lib/map/map-codec";
import { PerfBuffer } from "../../lib/map/perf-buffer";
import { QueueMap } from "../../lib/map/queue";
import { RingBuffer } from "../../lib/map/ring-buffer";
import { SkStorageMap } from "../../lib/map/storage";
import { UserRingBuffer } from "../../lib/map/user-ring-buffer";
import { Lifetime } from "../../lib/native/lifetime";
import { BpfObject } from "../../lib/object/object";
import { Program } from "../../lib/program/program";
import { PROJECT_ROOT } from "../../scripts/places";
import { objectPath } from "../bpf/objects";

/** What a report of the API has: "open", "KeyedMap.get". */
function takersOfOptions(report: string): string[] {
  const text = readFileSync(join(PROJECT_ROOT, "etc", report), "utf8");
  const [, code = ""] = text.split(/^```(?:ts)?\s*$/m);
  const source = ts.createSourceFile(report, code, ts.ScriptTarget.Latest, true);
  const takes = ({ parameters }: ts.SignatureDeclarationBase) =>
    parameters.some(
      ({ name, type }) => /^(options|input)$/.test(name.getText()) || /Options\b/.test(type?.getText() ?? ""),
    );
  return source.statements.flatMap((statement) => {
    if (ts.isFunctionDeclaration(statement)) return takes(statement) ? [statement.name?.text ?? ""] : [];
    if (!ts.isClassDeclaration(statement)) return [];
    const methods = statement.members.filter(ts.isMethodDeclaration).filter(takes);
    return methods.map(({ name }) => `${statement.name?.text}.${name.getText()}`);
  });
}

/** Nothing of these is in the kernel: options are looked at first. */
const lifetime = new Lifetime(-1, "nothing", undefined);

function core(type: number): MapCore {
  const identity = { name: "counts", type, keySize: 4, valueSize: 4, maxEntries: 1, flags: 0 };
  return new MapCore(lifetime, identity, { handle: -1 });
}

const codecs = bytesOf("counts", 4, 4);
const key = new Uint8Array(4);
const hash = new HashMap(core(MapType.HASH), codecs);
const ring = new RingBuffer(core(MapType.RINGBUF), codecs);
const storage = new SkStorageMap(core(MapType.SK_STORAGE), codecs);
const spec = api.open(objectPath("guard"));
const [given] = Object.values(spec.programs).map((program) => program.given());
const program = new Program(lifetime, given as NonNullable<typeof given>, 0);
const object = new BpfObject(-1, "nothing", [], [], [], () => undefined as never, new Map(), "bigint", undefined);
const anInt = api.readBtf(objectPath("maps")).typeNamed("int");

const CALLS: Readonly<Record<string, (options: never) => unknown>> = {
  captureProfile: api.captureProfile,
  codecOf: (options) => api.codecOf(anInt, options),
  createMap: (options: object) => api.createMap({ type: "hash", ...options }),
  open: (options) => api.open(objectPath("maps"), options),
  openMap: (options) => api.openMap("/sys/fs/bpf/none", options),
  openMapById: (options) => api.openMapById(1, options),
  openProgram: (options) => api.openProgram("/sys/fs/bpf/none", options),
  openProgramById: (options) => api.openProgramById(1, options),
  readBtf: (options) => api.readBtf(objectPath("maps"), options),
  tracePipe: api.tracePipe,
  attachedTo: (options: object) => api.attachedTo({ netns: "/proc/self/ns/net", attachType: "sk_lookup", ...options }),
  "BpfObject.attach": (options) => object.attach(options),
  "BpfObject.pin": (options) => object.pin("/sys/fs/bpf/none", options),
  "KeyedMap.get": (options) => hash.get(key, options),
  "KeyedMap.getMany": (options) => hash.getMany([], options),
  "KeyedMap.getView": (options) => hash.getView(key, options),
  "KeyedMap.set": (options) => hash.set(key, key, options),
  "KeyedMap.setMany": (options) => hash.setMany([], options),
  "KeyedMap.take": (options) => hash.take(key, options),
  "ObjectSpec.check": (options) => spec.check(options),
  "ObjectSpec.load": (options) => spec.load(options),
  "ObjectSpec.loadSync": (options) => spec.loadSync(options),
  "PerfBuffer.open": (options) => new PerfBuffer(core(MapType.PERF_EVENT_ARRAY), codecs).open(options),
  "Policy.adoptOrReplace": (options: object) => api.Policy.adoptOrReplace(spec, "/sys/fs/bpf/none", options),
  "Program.attach": (options) => program.attach(options),
  "Program.testRun": (options) => program.testRun(options),
  "QueueMap.push": (options) => new QueueMap(core(MapType.QUEUE), codecs).push(key, options),
  "RecordMap.batches": (options) => ring.batches(options),
  "RecordMap.columns": (options) => ring.columns(options),
  "RecordMap.onBatch": (options) => ring.onBatch(() => {}, options),
  "RecordMap.onEvent": (options) => ring.onEvent(() => {}, options),
  "StorageMap.get": (options) => storage.get(0, options),
  "StorageMap.set": (options) => storage.set(0, key, options),
  "UserRingBuffer.drained": (options) => new UserRingBuffer(core(MapType.USER_RINGBUF), codecs).drained(options),
  runInVm: (options: object) => runInVm({ kernel: "6.12", command: ["true"], ...options }),
  vmTest: (options: object) => vmTest("none", { kernels: ["6.12"], command: ["true"], ...options }),
};

const reports = ["node-libbpf.api.md", "node-libbpf-sleepable.api.md", "node-libbpf-testing.api.md"];

test("they are all here", () => {
  expect(Object.keys(CALLS).sort()).toEqual([...new Set(reports.flatMap(takersOfOptions))].sort());
});

test.each(Object.keys(CALLS))("%s", async (name) => {
  const call = CALLS[name] as (options: object) => unknown;
  const refused = expect.objectContaining({
    code: "ERR_BPF_ARGUMENT",
    operation: expect.any(String),
    message: expect.stringMatching(new RegExp(`${name.replace(/.*\./, "")} has no option "misspelt"; .* has: `)),
  });
  await expect((async () => call({ misspelt: true }))()).rejects.toEqual(refused);
});

test("fields of what is set and explained too", () => {
  const { declared } = api.open(objectPath("map-options")).maps;
  expect(() => Object.assign(declared ?? {}, { inner: { valuSize: 4 } })).toThrow(
    /inner has no field "valuSize"; it has: .*Did you mean valueSize\?/,
  );
  expect(() => api.explain({ errno: "EINVAL", log: [], stge: "load" } as api.Refusal)).toThrow(
    'explain\'s argument refusal has no field "stge"; it has: errno, log, program, stage. Did you mean stage?',
  );
});
