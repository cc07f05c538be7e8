/** TypeScript signatures of binding/. Only this file loads the addon. */
import { BpfError } from "../errors";
import { PACKAGE_ROOT } from "../package-root";
import { loadFile, places } from "./binary";
import { type Attempt, helpPage, isSupported } from "./help-page";
import { readHost } from "./host";

/** A message of libbpf. */
export interface Message {
  /** enum libbpf_print_level. */
  level: number;
  text: string;
}

/** The result of an operation that reports details: a status, libbpf's messages, the verifier's log. */
export interface Outcome {
  /** 0, a handle or a count; a negative value is -errno. */
  status: number;
  /** The stage that failed: "open", "configure", "target", "exclusive", "features", "load"; "" if none. */
  stage: string;
  /** The index of the program that failed, or -1. */
  program: number;
  messages: readonly Message[];
  /** The verifier's log, if any. */
  log?: Uint8Array | undefined;
  /** Verifier logs by program index, for programs that requested theirs. */
  logs?: Readonly<Record<number, Uint8Array | undefined>>;
}

/**
 * A request. The addon reads the fields of requests by name, and throws a TypeError if a field is missing or has the wrong type. An
 * optional field is present too, with the value undefined: so neither side can misspell a name.
 */
export interface OpenRequest {
  bytes: Uint8Array;
  name: string;
  pinRoot: string | undefined;
  kconfig: string | undefined;
  btfPath: string | undefined;
  /** The path of a bpffs, or "" for no token; undefined: as libbpf finds it. */
  token: string | undefined;
  /** Whether to collect debug messages too. */
  verbose: boolean;
}

export interface ProgramRequest {
  index: number;
  type: number;
  attachType: number;
  flags: number;
  dropSection: boolean;
  autoload: boolean;
  target: string | undefined;
  /** The descriptor of the program that has the target; 0: the kernel. */
  targetFd: number;
  logLevel: number;
}

export interface MapRequest {
  index: number;
  valueSize: number;
  maxEntries: number;
  flags: number;
  numaNode: number;
  mapExtra: bigint;
  autocreate: boolean;
  /** The inner map of a map of maps, if it was changed. */
  inner: InnerRequest | undefined;
  pinPath: string | undefined;
  initial: Uint8Array | undefined;
  /** For a struct_ops map: offsets of members that get no program. */
  without: Uint32Array;
  /** A descriptor of the map to use instead of a new one; 0 for none. */
  reuse: number;
  /** The index of the only program that may use the map; -1 for none. */
  exclusiveProgram: number;
}

export interface InnerRequest {
  type: number;
  keySize: number;
  valueSize: number;
  maxEntries: number;
  flags: number;
}

export interface MapCreateRequest extends InnerRequest {
  name: string;
  /** For a map of maps: fd of the template for inner maps; 0 if none. */
  innerFd: number;
  mapExtra: bigint;
  numaNode: number;
  ifindex: number;
  vmlinuxValueType: number;
  /** Whether to give the kernel BTF for keys and values: an int, and bytes. */
  byteTypes: boolean;
  /** A token's descriptor; 0 for none. */
  token: number;
}

export interface LoadRequest extends OpenRequest {
  programs: ProgramRequest[];
  maps: MapRequest[];
}

export interface ProgramDescription {
  name: string;
  section: string;
  type: number;
  attachType: number;
  flags: number;
  autoload: boolean;
  autoattach: boolean;
}

export interface MapDescription {
  name: string;
  type: number;
  keySize: number;
  valueSize: number;
  maxEntries: number;
  flags: number;
  numaNode: number;
  mapExtra: bigint;
  autocreate: boolean;
  internal: boolean;
  pinPath?: string;
  /**
   * BTF ids in the object; 0 if none. Also 0 after load: some versions of libbpf drop them if the kernel rejects BTF.
   */
  keyTypeId: number;
  valueTypeId: number;
  /** Initial contents of a map of variables; absent if zero (.bss). */
  initial?: Uint8Array;
  /** The inner map of a map of maps, if the object defines it. */
  inner?: MapDescription;
}

export interface VariableDescription {
  /**
   * The unique name. For a static variable of a linked object that shares its name, prefixed with its origin
   * (lib/elf/unique-names.ts).
   */
  name: string;
  /** The name shared with other variables, if any. */
  shared?: string;
  section: string;
  sectionId: number;
  offset: number;
  size: number;
  /** BTF id of its type. */
  typeId: number;
}

export interface Description extends Outcome {
  programs: ProgramDescription[];
  maps: MapDescription[];
  variables: VariableDescription[];
  /** False if the object's BTF is damaged: libbpf then ignores it. */
  hasBtf: boolean;
}

export interface ProbeRequest {
  type: number;
  attachType: number;
  flags: number;
  btfId: number;
  /** A helper to call; 0 for none. */
  helper: number;
  /** The BTF id of a kernel function to call; 0 for none. */
  kfunc: number;
  /** Whether to try a link that names no target. */
  link: boolean;
  /** A token's descriptor; 0 for none. */
  token: number;
}

/** The kernel's answers: 0 or -errno, and the verifier's log. */
export interface ProbeAnswer {
  status: number;
  log: string;
  linkStatus: number;
}

export interface DumpRequest {
  bytes: Uint8Array;
  /** Ids of types. */
  types: Uint32Array;
  /** Ids of functions of the kernel, whose prototypes are wanted. */
  functions: Uint32Array;
}

interface Cookie {
  cookie: bigint;
}

export interface RawTracepointRequest extends Cookie {
  name: string;
}

export interface TracepointRequest extends Cookie {
  category: string;
  name: string;
}

export interface KprobeRequest extends Cookie {
  function: string;
  offset: number;
  retprobe: boolean;
}

export interface KprobeMultiRequest {
  pattern: string;
  functions: readonly string[];
  addresses: BigUint64Array;
  cookies: BigUint64Array;
  retprobe: boolean;
  session: boolean;
}

export interface KsyscallRequest extends Cookie {
  function: string;
  retprobe: boolean;
}

export interface UprobeRequest extends KprobeRequest {
  pid: number;
  path: string;
  /** Offset in the file of a reference counter; 0 if none. */
  counter: number;
}

export interface UprobeMultiRequest {
  pid: number;
  path: string;
  pattern: string;
  functions: readonly string[];
  offsets: BigUint64Array;
  counters: BigUint64Array;
  cookies: BigUint64Array;
  retprobe: boolean;
  session: boolean;
}

export interface UsdtRequest extends Cookie {
  pid: number;
  path: string;
  provider: string;
  name: string;
}

export interface PerfEventRequest extends Cookie {
  type: number;
  config: bigint;
  /** A period, or a frequency in Hz. */
  sample: bigint;
  frequency: boolean;
  pid: number;
  cpu: number;
}

export interface IterRequest {
  over: "" | "map" | "cgroup" | "pidfd" | "tid" | "pid";
  /** A descriptor of a map, a cgroup or a process, or a task's number. */
  id: number;
  /** enum bpf_cgroup_iter_order. */
  order: number;
}

export interface FreplaceRequest {
  /** The descriptor of a program; -1 for the one that the program was loaded for. */
  target: number;
  function: string;
}

export interface LinkCreateRequest {
  /** A descriptor, or the index of an interface. */
  target: number;
  attachType: number;
  flags: number;
  /** The members of attr.link_create behind flags. */
  tail: Uint32Array;
}

export interface LinkCreateMultiRequest {
  attachType: number;
  ids: Uint32Array;
  cookies: BigUint64Array;
}

export interface ProgramAttachRequest {
  /** A descriptor of a cgroup, a map or a device. */
  target: number;
  attachType: number;
  flags: number;
  /** The descriptor of the program to replace, or 0. */
  replaced: number;
}

export interface TcRequest {
  /** The index of the interface. */
  interface: number;
  egress: boolean;
  handle: number;
  priority: number;
}

export interface PerfRequest {
  /** Of each CPU's ring. */
  pages: number;
  wakeupEvents: number;
}

/** Where records are read. */
export interface RecordMemory {
  data: ArrayBuffer;
  /** Pairs of offset and length. */
  table: ArrayBuffer;
}

export interface TestRunRequest {
  context: Uint8Array | undefined;
  contextOutSize: number;
  data: Uint8Array | undefined;
  dataOutSize: number;
  repeat: number;
  flags: number;
  cpu: number;
  batchSize: number;
}

export interface TestRunOutcome {
  status: number;
  returnValue: number;
  durationNs: number;
  context: Uint8Array;
  data: Uint8Array;
}

/**
 * A handle: an integer that identifies an entry in this environment's native tables. Integer results are 0 or positive,
 * or -errno; a stale handle gives -EBADF.
 */
export type Handle = number;

/** Kinds of objects with ids. */
export type ObjectKind = "program" | "map" | "link" | "btf";
/** Kinds of objects that can be pinned. */
export type PinKind = Exclude<ObjectKind, "btf">;

/** Memory that the kernel fills, with offsets in the struct that describes it. */
export interface InfoBuffer {
  /** The offset of its address. */
  pointer: number;
  /** The offset of its number of elements. */
  count: number;
  /** The size of an element in bytes. */
  element: number;
  bytes: Uint8Array;
}

/** The addon's functions. binding/ documents each at its definition. */
export interface Native {
  readonly libbpfVersion: string;
  readonly libbpfSources: string;
  readonly libbpfLinkage: "bundled" | "system";
  readonly possibleCpus: number;
  readonly pageSize: number;

  describe(request: OpenRequest): Description;
  load(request: LoadRequest): Promise<Outcome>;
  loadSync(request: LoadRequest): Outcome;
  objectClose(object: Handle): number;
  objectMap(object: Handle, index: number): MapDescription | number;
  memoryRead(object: Handle, map: number, offset: number, target: Uint8Array): number;
  memoryWrite(object: Handle, map: number, offset: number, source: Uint8Array): number;

  /** A token of the bpffs at a path (Linux 6.9). The caller closes its descriptor. */
  tokenCreate(path: string): number;

  /** Loads `r0 = 0; exit`, or a call before it, and closes the program. */
  probeLoad(request: ProbeRequest): ProbeAnswer;

  /** A file of /sys/kernel/btf in place (Linux 6.16): read-only memory, which a write kills the process for. */
  btfMap(path: string): Uint8Array | number;
  /** {@link BtfSearch}. */
  btfStarts(types: Uint32Array): { starts: Uint32Array; kinds: number } | number;
  btfMatches(
    types: Uint32Array,
    starts: Uint32Array,
    strings: Uint8Array,
    first: number,
    kind: number,
    prefix: string,
    limit: number,
  ): Uint32Array;
  btfIndex(types: Uint32Array, starts: Uint32Array, strings: Uint8Array, first: number): Uint32Array;
  btfNamed(
    types: Uint32Array,
    starts: Uint32Array,
    strings: Uint8Array,
    first: number,
    table: Uint32Array,
    kind: number,
    name: string,
  ): Uint32Array;
  /** The kernel's BTF, found as libbpf finds it. */
  btfKernel(): Uint8Array | number;
  /**
   * The BTF with an id, and whether it belongs to an object, a module ("split") or the kernel, by its name. Needs
   * CAP_SYS_ADMIN.
   */
  btfById(id: number): { bytes: Uint8Array; name: string; kernel: boolean } | number;
  /**
   * C declarations of the types with these ids and their dependencies, then prototypes of kfuncs. The BTF must have no
   * fault: libbpf does not check it.
   */
  btfDumpC(request: DumpRequest): Uint8Array | number;

  /**
   * Links objects into one, without DWARF, as `bpftool gen object` does. They must come from a compiler: libbpf does
   * not check them.
   */
  linkFiles(output: string, inputs: readonly string[]): Outcome;

  programTestRun(object: Handle, index: number, request: TestRunRequest): Promise<TestRunOutcome>;
  programFd(object: Handle, index: number): number;
  /** What libbpf derives from a section's name. */
  sectionTypes(section: string): { status: number; type: number; attachType: number };
  /** A handle that stands for an object with one program. */
  programOpen(path: string): Handle;
  programOfId(id: number): Handle;
  programId(object: Handle, index: number): number;
  /** Moves bytes out of a stream (Linux 6.17) and returns their number, 0 if it is empty. */
  programStreamRead(object: Handle, index: number, stream: number, target: Uint8Array): number;

  attachBtf(object: Handle, program: number, request: Cookie): Outcome;
  attachRawTracepoint(object: Handle, program: number, request: RawTracepointRequest): Outcome;
  attachTracepoint(object: Handle, program: number, request: TracepointRequest): Outcome;
  attachKprobe(object: Handle, program: number, request: KprobeRequest): Outcome;
  attachUprobe(object: Handle, program: number, request: UprobeRequest): Outcome;
  attachIter(object: Handle, program: number, request: IterRequest): Outcome;
  attachKprobeMulti(object: Handle, program: number, request: KprobeMultiRequest): Outcome;
  attachKsyscall(object: Handle, program: number, request: KsyscallRequest): Outcome;
  attachUprobeMulti(object: Handle, program: number, request: UprobeMultiRequest): Outcome;
  attachUsdt(object: Handle, program: number, request: UsdtRequest): Outcome;
  attachPerfEvent(object: Handle, program: number, request: PerfEventRequest): Outcome;
  attachFreplace(object: Handle, program: number, request: FreplaceRequest): Outcome;
  attachStructOps(object: Handle, map: number): Outcome;
  attachAuto(object: Handle, program: number): Outcome;

  /** The index of a network interface, or -ENODEV. */
  interfaceIndex(name: string): number;
  /** These take the descriptor of a program. */
  linkCreate(program: number, request: LinkCreateRequest): Handle;
  /** With an empty name for tracing and lsm programs. */
  rawTracepointOpen(program: number, name: string): Handle;
  /** BPF_LINK_CREATE of a tracing program for many functions, by their BTF ids; one cookie for each, or none. */
  linkCreateMulti(program: number, request: LinkCreateMultiRequest): Handle;
  programAttach(program: number, request: ProgramAttachRequest): Handle;
  tcAttach(program: number, request: TcRequest): Handle;
  socketAttach(program: number, socket: number, reuseport: boolean): Handle;

  linkOpen(path: string): Handle;
  linkOpenById(id: number): Handle;
  linkDetach(link: Handle): number;
  linkClose(link: Handle): number;
  /** Replaces the program, or the map of a struct_ops link; with `old` >= 0 only if that is the link's. */
  linkUpdate(link: Handle, fd: number, old: number): number;
  /** Replaces the map of a struct_ops link; see binding/link.cc. */
  linkUpdateMap(link: Handle, object: Handle, map: number): number;
  /** Removes the handle and leaves the program attached. */
  linkDisconnect(link: Handle): number;
  linkPin(link: Handle, path: string): number;
  linkInfo(link: Handle, info: Uint8Array, buffers: readonly InfoBuffer[]): number;

  /** Starts a run of an iterator. */
  iterCreate(link: Handle): Handle;
  /** Reads off the JavaScript thread. No bytes at the end. */
  iterRead(run: Handle, size: number): Promise<Uint8Array | number>;
  iterClose(run: Handle): number;

  /** Pins the program with this descriptor. */
  pinFd(program: number, path: string): number;
  /** What is pinned there. EINVAL for something else than a map, program or link, ENODATA where /proc can't tell the kind. */
  pinned(path: string): { status: number; kind: PinKind; id: number };
  /** flock(2) of an open file or folder, which lasts until it is closed; EAGAIN if another process has the lock. */
  lockFd(fd: number): number;

  /** The least id that is greater than this one; ENOENT if there is none. */
  nextId(kind: ObjectKind, id: number): number;
  /**
   * Fills a struct bpf_prog_info, bpf_map_info, bpf_link_info or bpf_btf_info, and returns how many of its bytes this
   * kernel knows. Where the caller sets nothing it must be zero.
   */
  infoOfId(kind: ObjectKind, id: number, info: Uint8Array, buffers: readonly InfoBuffer[]): number;
  infoOfFd(fd: number, info: Uint8Array, buffers: readonly InfoBuffer[]): number;
  /** BPF_PROG_QUERY; `attr` is the query of union bpf_attr, in and out. */
  programQuery(attr: Uint8Array, buffers: readonly InfoBuffer[]): number;
  /** Ids of the XDP programs of a network interface by mode; 0 if none. */
  xdpQuery(index: number): { status: number; driver: number; generic: number; hardware: number };
  /** The kernel counts run times while a handle is open. */
  statsEnable(): Handle;
  statsDisable(stats: Handle): number;

  mapOfObject(object: Handle, index: number): Handle;
  mapOfPath(path: string): Handle;
  mapOfId(id: number): Handle;
  mapCreate(request: MapCreateRequest): Handle;
  mapClose(map: Handle): number;
  mapFd(map: Handle): number;
  mapScratch(map: Handle): ArrayBuffer | number;
  mapLookup(map: Handle, flags: number): number;
  mapUpdate(map: Handle, flags: number): number;
  mapDelete(map: Handle, flags: number): number;
  mapTake(map: Handle, flags: number): number;
  mapNextKey(map: Handle, first: boolean): number;
  mapReadBatch(map: Handle, count: number, keys: Uint8Array, values: Uint8Array, first: boolean, flags: number): number;
  mapLookupMany(
    map: Handle,
    count: number,
    keys: Uint8Array,
    values: Uint8Array,
    found: Uint8Array,
    flags: number,
  ): number;
  mapUpdateMany(map: Handle, count: number, keys: Uint8Array, values: Uint8Array, flags: number): number;
  mapDeleteMany(map: Handle, count: number, keys: Uint8Array, found: Uint8Array): number;
  mapInfo(map: Handle, info: Uint8Array): number;
  mapFreeze(map: Handle): number;
  mapPin(map: Handle, path: string): number;
  mapMemory(map: Handle, object: Handle, index: number): ArrayBuffer | number;
  mapUnmap(map: Handle): number;
  /** A process file descriptor (Linux 5.3). The caller closes it. */
  pidfdOpen(pid: number, flags: number): number;

  /** Sets the listener that is called with the handles that became ready. */
  pollerListen(listener: (...handles: Handle[]) => void): number;
  pollerRef(alive: boolean): number;

  /** `counts` is the descriptor of the map of the ring's counters, or -1. */
  ringOpen(map: Handle, counts: number): Handle;
  /** The data is read-only to the process. */
  ringMemory(ring: Handle): RecordMemory | number;
  ringTake(ring: Handle, limit: number): number;
  ringGiveBack(ring: Handle, done: number): number;
  ringPending(ring: Handle): number;
  ringStats(ring: Handle, stats: Float64Array): number;
  ringClose(ring: Handle): number;

  perfOpen(map: Handle, request: PerfRequest): Handle;
  /** Records are copied to the data. */
  perfMemory(perf: Handle): RecordMemory | number;
  perfTake(perf: Handle, limit: number): number;
  perfGiveBack(perf: Handle, done: number): number;
  perfPending(perf: Handle): number;
  perfStats(perf: Handle, stats: Float64Array): number;
  perfClose(perf: Handle): number;

  userRingOpen(map: Handle): Handle;
  userRingSubmit(ring: Handle, records: Uint8Array, lengths: Uint32Array): number;
  userRingClose(ring: Handle): number;
}

function load(): Native {
  const attempts: Attempt[] = [];
  for (const path of isSupported(process) ? places(PACKAGE_ROOT, process, process.env.NODE_LIBBPF_PREBUILD) : []) {
    try {
      return loadFile(path, process.arch) as Native;
    } catch (error) {
      attempts.push({ path, error: error as Error });
    }
  }
  throw new BpfError("ERR_BPF_NO_BINARY", helpPage(readHost(PACKAGE_ROOT), attempts), {
    cause: attempts.at(-1)?.error,
  });
}

let isLoaded = false;

/** The addon, loaded when a function of it is first called: code that needs no kernel works without it, on any system. */
export const native: Native = Object.create(
  new Proxy(
    {},
    {
      get(_, name: keyof Native) {
        // From now on without the proxy.
        Object.setPrototypeOf(Object.assign(native, load()), Object.prototype);
        isLoaded = true;
        return native[name];
      },
    },
  ),
);

/** The addon, if something has used it: for what works without it too. */
export function nativeIfLoaded(): Native | undefined {
  return isLoaded ? native : undefined;
}
