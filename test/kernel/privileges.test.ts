/** What operations on maps, pins, ids and records need, and how their errors name it. For kinds of programs see kinds.ts. */
import { chmodSync, chownSync, mkdirSync, readFileSync, rmdirSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  attachedTo,
  BpfError,
  type BpfMap,
  type BpfObject,
  createMap,
  enableStats,
  Flag,
  kernelBtf,
  type Link,
  links,
  maps,
  open,
  openLink,
  openLinkById,
  openMap,
  openMapById,
  openProgram,
  openProgramById,
  programs,
  tracePipe,
} from "node-libbpf";
import { isErrno } from "../../lib/errors";
import { loadRow } from "../../lib/kernel/privileges";
import { tryProgram } from "../../lib/kernel/probe";
import { subjectsByKind } from "../../lib/kernel/probe-subjects";
import { whyRefused } from "../../lib/kernel/refusal";
import { mapTypes } from "../../lib/map-types";
import { programTypeName } from "../../lib/program-types";
import { objectPath, only } from "../bpf/objects";
import { cases, isBuilt } from "./map-types";
import { bpffs, bundled, isSince, kernelTest, PINS } from "./needs";
import { having, measured, NAMES, type Operation, privileges, reportPrivileges } from "./privilege";

afterAll(() => reportPrivileges("operations"));

const close = (made: { close(): void }) => made.close();
const closing = { undo: close, release: close };
const closed = { undo: close, release: () => {} };
const operation =
  <S, T>(row: string, rest: Omit<Operation<S, T>, "row">) =>
  () =>
    privileges({ row, ...rest });

for (const [type, { config, options }] of cases)
  if (isSince(mapTypes[type].since) && isBuilt(config))
    kernelTest(`creating a map of type ${type}`, [measured], async () =>
      privileges({ row: `create ${type}`, prepare: options, act: (given): BpfMap => createMap(given), ...closed }),
    );

/** The first program of each type that can be loaded without another. */
const subjects = new Map([...subjectsByKind(kernelBtf()).values()].flat().map((subject) => [subject.type, subject]));
for (const [type, subject] of subjects)
  kernelTest(`loading a program of type ${programTypeName(type)}`, [measured], async () =>
    privileges({
      row: loadRow(type),
      act() {
        const { status } = tryProgram(subject);
        if (!isErrno(status, "EPERM") && !isErrno(status, "EACCES")) return;
        throw new BpfError("ERR_BPF_LOAD", whyRefused({ operation: "load", types: [type] }).cause, {
          operation: "load",
        });
      },
    }),
  );

const NOBODY = 65534;
const BPFFS = "/sys/fs/bpf";
const FOLDER = join(PINS, "nobody");
const CGROUP = /^\S+ (\S+) cgroup2 /m.exec(readFileSync("/proc/mounts", "utf8"))?.[1] ?? "/";

let object: BpfObject;
let link: Link;
let map: ReturnType<typeof hash>;
let bpffsMode: number;
const hash = () => createMap({ type: "hash", keySize: 4, valueSize: 4, maxEntries: 4 });
const program = () => object.program("list_tasks");

beforeAll(() => {
  if (!measured.present()) return;
  bpffsMode = statSync(BPFFS).mode;
  chmodSync(BPFFS, 0o755);
  map = hash();
  object = only(open(objectPath("iter")), "list_tasks").loadSync();
  link = program().attach();
  mkdirSync(FOLDER, { recursive: true });
  chownSync(FOLDER, NOBODY, NOBODY);
});
afterAll(() => {
  if (!measured.present()) return;
  for (const made of [map, link, object]) made.close();
  rmdirSync(FOLDER);
  chmodSync(BPFFS, bpffsMode);
});

/** Pins of the user's own. */
function pinned(
  name: string,
  pin: (path: string) => void,
  unpin: (path: string) => void,
  opened: (path: string) => { close(): void },
) {
  const path = join(FOLDER, name);
  const prepare = () => having(NAMES, () => pin(path));
  const release = () => having(NAMES, () => unpin(path));
  return {
    [`pinning a ${name}`]: operation("use", { act: () => pin(path), undo: release }),
    [`unpinning a ${name}`]: operation("use", { prepare, act: () => unpin(path), release }),
    [`opening a pinned ${name}`]: operation("use", {
      ...{ prepare, release, act: () => opened(path) },
      undo(made) {
        made.close();
        release();
      },
    }),
  };
}

/** What holds a descriptor may use it. */
const uses = {
  "elements of a map": operation("use", {
    act() {
      const key = new Uint8Array(4);
      map.raw.set(key, key);
      map.raw.get(key);
      map.raw.getAll();
      map.raw.delete(key);
    },
  }),
  "the info of a map": operation("use", { act: () => map.info() }),
  "the info of a program": operation("use", { act: () => program().info() }),
  "the info of a link": operation("use", { act: () => link.info() }),
  "freezing a map": operation("freeze", {
    prepare: hash,
    act(made) {
      made.freeze();
      return made;
    },
    ...closing,
  }),
  "starting an iterator": operation("use", { act: () => link.read(), undo: (stream) => stream.destroy() }),
  "reading a ring": operation("memory", {
    prepare: () => createMap({ type: "ringbuf", maxEntries: 4096 }),
    act(ring) {
      ring.read();
      return ring;
    },
    ...closing,
  }),
  "mapping an array": operation("memory", {
    prepare: () => createMap({ type: "array", valueSize: 8, maxEntries: 4, flags: Flag.MMAPABLE }),
    act(array) {
      array.mmap(Uint8Array);
      return array;
    },
    ...closing,
  }),
  ...pinned(
    "map",
    (path) => map.pin(path),
    (path) => map.unpin(path),
    openMap,
  ),
  ...pinned(
    "link",
    (path) => link.pin(path),
    () => link.unpin(),
    openLink,
  ),
  ...pinned(
    "program",
    (path) => program().pin(path),
    (path) => program().unpin(path),
    openProgram,
  ),
};

const others = {
  "the list of programs": operation("by-id", { act: () => [...programs()] }),
  "the list of maps": operation("by-id", { act: () => [...maps()] }),
  "the list of links": operation("by-id", { act: () => [...links()] }),
  "a map by its id": operation("by-id", { act: () => openMapById(map.id), ...closed }),
  "a program by its id": operation("by-id", { act: () => openProgramById(program().id), ...closed }),
  "a link by its id": operation("by-id", { prepare: () => link.info().id, act: openLinkById, ...closed }),
  statistics: operation("by-id", { act: enableStats, ...closed }),
  "the programs of a network namespace": operation("query", {
    act: () => attachedTo({ netns: "/proc/self/ns/net", attachType: "sk_lookup" }),
  }),
  "the programs of a cgroup": operation("query", {
    act: () => attachedTo({ cgroup: CGROUP, attachType: "cgroup_inet_ingress" }),
  }),
  "the XDP program of an interface": operation("query xdp", {
    act: () => attachedTo({ interface: "lo", attachType: "xdp" }),
  }),
  ...(isSince("6.6") && {
    "the tcx programs of an interface": operation("query", {
      act: () => attachedTo({ interface: "lo", attachType: "tcx_ingress" }),
    }),
  }),
  "the kernel's BTF": operation("kernel BTF", { act: kernelBtf }),
  "the addresses of kernel functions": operation("kernel addresses", {
    explained: false,
    act() {
      if (!/^(?!0{16})[0-9a-f]{16} /m.test(readFileSync("/proc/kallsyms", "latin1")))
        throw new Error("they are hidden");
    },
  }),
  "the trace pipe": operation("trace-pipe", {
    async act() {
      const controller = new AbortController();
      const line = tracePipe({ signal: controller.signal }).next();
      controller.abort();
      await line.catch((error: Error) => {
        if (error.name !== "AbortError") throw error;
      });
    },
  }),
  "a perf buffer": operation("perf-buffer", {
    prepare: () => createMap({ type: "perf_event_array", maxEntries: 64 }),
    act(buffer) {
      buffer.read();
      return buffer;
    },
    ...closing,
  }),
};

for (const [name, look] of Object.entries({ ...uses, ...others })) kernelTest(name, [measured, bpffs, bundled], look);
