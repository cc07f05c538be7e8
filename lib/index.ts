/**
 * libbpf for Node.js, made for sleepable BPF programs.
 *
 * @packageDocumentation
 * @module node-libbpf
 */

export type { AttachTypeName } from "./attach-types";
export type { Btf } from "./btf/btf";
export { BtfKind } from "./btf/btf-kinds";
export type { BtfFault } from "./btf/fault";
export { kernelBtf } from "./btf/kernel-btf";
export type { ProgramLine } from "./btf/line-info";
export {
  type BtfArray,
  type BtfDeclarationTag,
  type BtfEnum,
  type BtfField,
  type BtfFloat,
  type BtfForward,
  type BtfFunction,
  type BtfFunctionPrototype,
  type BtfInt,
  type BtfNode,
  type BtfPointer,
  type BtfQualifier,
  type BtfSection,
  type BtfStruct,
  type BtfType,
  type BtfTypedef,
  type BtfVariable,
  type BtfVoid,
  resolved,
  sizeOf,
} from "./btf/types";
export { type BtfValue, type Codec, type CodecOptions, codecOf, type U64 } from "./codec/codec";
export { codecs } from "./codec/codecs";
export { AttachType, Flag, LinkType, MapType, ProgramType } from "./constants";
export { type ReadBtfOptions, readBtf } from "./elf/read-btf";
export {
  ArgumentError,
  AttachError,
  BpfError,
  ClosedError,
  type ErrorCode,
  type ErrorDetails,
  LinkError,
  LoadError,
  MapError,
  ObjectError,
  type Operation,
  PermissionError,
  SleepableError,
  VerifierError,
} from "./errors";
export type { BigIntColumn, ColumnBatch, ColumnName, NumberColumn } from "./events/columns";
export type { RecordOptions } from "./events/eager";
export type { ReadOptions } from "./events/reader";
export type { HandlerOptions, Subscription } from "./events/subscription";
export type { TraceEntry } from "./events/trace-line";
export { type TracePipeOptions, tracePipe } from "./events/trace-pipe";
export type { BtfFacts } from "./kernel/btf-facts";
export { type CaptureOptions, captureProfile } from "./kernel/capture";
export type { Fact, Known, Unknown } from "./kernel/fact";
export { type FeatureOptions, type Features, features, type MapFlagName } from "./kernel/features";
export type { KernelFacts, ProbedKind, ProbedTargets, ProbeResults } from "./kernel/kernel-facts";
export { activeLsms } from "./kernel/lsm";
export type { Feature } from "./kernel/probe-answers";
export { kernelProfile, kernelProfiles, readProfile } from "./kernel/profiles";
export { kernelFacts } from "./kernel/running-kernel";
export type { KernelIdentity } from "./kernel/version";
export type { KnownKind, OtherKind, ProgramKind } from "./kinds";
export { Link, openLink, openLinkById } from "./link/link";
export type {
  CgroupLinkInfo,
  CommonLinkInfo,
  IterLinkInfo,
  KprobeMultiFunctions,
  KprobeMultiLinkInfo,
  LinkInfo,
  NetfilterLinkInfo,
  NetnsLinkInfo,
  OtherLinkInfo,
  PerfEventLinkInfo,
  PerfEventTarget,
  RawTracepointLinkInfo,
  SockmapLinkInfo,
  StructOpsLinkInfo,
  TcxLinkInfo,
  TracingLinkInfo,
  UprobeMultiLinkInfo,
  UprobeMultiPlaces,
  XdpLinkInfo,
} from "./link/link-info";
export { ArrayMap, type TypedArrayConstructor } from "./map/array";
export type { MapBatch } from "./map/chunks";
export type { MapClasses, MapTypes } from "./map/classes";
export { type CreateMapOptions, createMap } from "./map/create";
export { ElementMap, RawMap } from "./map/element-map";
export { HashMap, PerCpuArrayMap, PerCpuHashMap } from "./map/hash";
export { type GetOptions, KeyedMap, type SetOptions, type UpdateMode } from "./map/keyed-map";
export { LpmTrieMap } from "./map/lpm-trie";
export { BpfMap } from "./map/map";
export type { MapInfo } from "./map/map-info";
export type { InnerMap, MapSpec } from "./map/map-spec";
export { type OpenedMap, type OpenMapOptions, openMap, openMapById } from "./map/open";
export { type PerfBatch, PerfBuffer, type PerfBufferOptions, type PerfBufferStats } from "./map/perf-buffer";
export type { LpmKey, Prefix } from "./map/prefix";
export { BloomFilterMap, type PushOptions, QueueMap, StackMap } from "./map/queue";
export { type ColumnOptions, RecordMap } from "./map/record-map";
export { ArrayOfMaps, HashOfMaps, ProgArray } from "./map/references";
export type { ExpectedMap } from "./map/reuse";
export { RingBuffer, type RingBufferStats } from "./map/ring-buffer";
export { ArenaMap, KernelMap, StructOpsMap } from "./map/special-maps";
export {
  CgroupLocalStorageMap,
  InodeStorageMap,
  type PathOrFd,
  SkStorageMap,
  StorageMap,
  TaskStorageMap,
} from "./map/storage";
export { UserRingBuffer } from "./map/user-ring-buffer";
export type { MapTypeName } from "./map-types";
export { type Libbpf, libbpf } from "./native/libbpf";
export type { LogCallback, LogLevel } from "./native/log";
export type { AttachAllOptions, AttachReport } from "./object/attach-all";
export type { CheckOptions, LoadOptions, Precheck } from "./object/load-options";
export type { BpfObject } from "./object/object";
export { type ObjectSpec, type OpenOptions, open } from "./object/object-spec";
export type { PinAllOptions } from "./object/pin-all";
export type { AnyShape, Named, ObjectShape, ProgramOf, Programs, Settable } from "./object/shape";
export type { Variables, VariableValue } from "./object/variables";
export { Policy, type PolicyOptions } from "./policy/policy";
export type { ProgramOutcome } from "./policy/put-in-force";
export type { MapOutcome, Migrate } from "./policy/state";
export type { Anchor, AnchorOptions } from "./program/attach/anchors";
export { type AttachOptions, type AttachOptionsFor, attachOptions } from "./program/attach/attach";
export type { CgroupAttachOptions, LsmCgroupAttachOptions } from "./program/attach/cgroup";
export type { CgroupIterOrder, IterAttachOptions } from "./program/attach/iter";
export type { HasFd } from "./program/attach/mechanism";
export type {
  InterfaceAttachOptions,
  LircAttachOptions,
  NetfilterAttachOptions,
  NetkitAttachOptions,
  NetnsAttachOptions,
  SocketAttachOptions,
  SockmapAttachOptions,
  TcAttachOptions,
  TcxAttachOptions,
  XdpAttachOptions,
} from "./program/attach/network";
export type {
  KprobeAttachOptions,
  KprobeMultiAttachOptions,
  KsyscallAttachOptions,
  PerfEventAttachOptions,
  PerfEventName,
  UprobeAttachOptions,
  UprobeMultiAttachOptions,
  UsdtAttachOptions,
} from "./program/attach/probes";
export type {
  FreplaceAttachOptions,
  LsmAttachOptions,
  RawTracepointAttachOptions,
  TracepointAttachOptions,
  TracingAttachOptions,
} from "./program/attach/tracing";
export type { TracingMultiAttachOptions } from "./program/attach/tracing-multi";
export { OpenedProgram, type OpenProgramOptions, openProgram, openProgramById } from "./program/open-program";
export type { ProgramStreamName } from "./program/output-stream";
export type { Program } from "./program/program";
export type { ProgramInfo, ProgramInstructions } from "./program/program-info";
export type { ProgramSpec } from "./program/program-spec";
export type { TestRunOptions, TestRunResult } from "./program/test-run";
export type { VerifierStats } from "./program/verifier-stats";
export type { ProgramTypeName } from "./program-types";
export {
  type Attached,
  type AttachedProgram,
  type AttachedToOptions,
  attachedTo,
  type CgroupAttachType,
  type InterfaceAttachType,
  type NetnsAttachType,
} from "./running/attached";
export {
  type BtfInfo,
  btfInfo,
  btfs,
  linkInfo,
  links,
  mapInfo,
  maps,
  programInfo,
  programInstructions,
  programs,
} from "./running/objects";
export { type Owner, type Owners, owners } from "./running/owners";
export { type Pin, pins } from "./running/pinned";
export { type RunningLink, type RunningProgram, runningPrograms } from "./running/running-programs";
export { type EnabledStats, enableStats } from "./running/stats";
export { type Explanation, explain, type Refusal } from "./sleepable/explain";
export { judge } from "./sleepable/judge";
export type {
  CallContext,
  CallFacts,
  Finding,
  Input,
  MapFacts,
  ProgramFacts,
  ProgramVerdict,
  ReasonCode,
  RegionFacts,
  Source,
  Stage,
  TargetSignature,
  Verdict,
} from "./verdict";
