/**
 * libbpf for Node.js, made for sleepable BPF programs.
 *
 * @packageDocumentation
 * @module node-libbpf
 */

export type { Btf } from "./btf/btf";
export { type BtfValue, type Codec, type CodecOptions, codecOf, type U64 } from "./btf/codec";
export { codecs } from "./btf/codecs";
export type { BtfFault } from "./btf/fault";
export { kernelBtf } from "./btf/kernel";
export { BtfKind } from "./btf/kinds";
export type { TargetSignature } from "./btf/signature";
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
export { AttachType, Flag, LinkType, MapType, ProgramType } from "./constants";
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
  PermissionError,
  SleepableError,
  VerifierError,
} from "./errors";
export type { BigIntColumn, ColumnBatch, ColumnName, NumberColumn } from "./events/columns";
export type { ReadOptions } from "./events/reader";
export type { HandlerOptions, Subscription } from "./events/subscription";
export type { BtfFacts } from "./kernel/btf-facts";
export { type CaptureOptions, captureProfile } from "./kernel/capture";
export type { Fact, Known, Unknown } from "./kernel/fact";
export { type Answers, type KernelFacts, kernelFacts, type Measured, type ProbedKind } from "./kernel/facts";
export { activeLsms } from "./kernel/lsm";
export { kernelProfile, kernelProfiles, readProfile } from "./kernel/profiles";
export type { KernelIdentity } from "./kernel/version";
export { type Libbpf, libbpf } from "./libbpf";
export type { LinkInfo } from "./link/info";
export { Link } from "./link/link";
export type { LogCallback, LogLevel } from "./log";
export { ArrayMap, type TypedArrayConstructor } from "./map/array";
export type { MapBatch } from "./map/chunks";
export type { MapTypeName, MapTypes } from "./map/classes";
export { type CreateMapOptions, createMap } from "./map/create";
export { ElementMap, RawMap } from "./map/element-map";
export { HashMap, PerCpuArrayMap, PerCpuHashMap } from "./map/hash";
export type { MapInfo } from "./map/info";
export { type GetOptions, KeyedMap, type SetOptions, type UpdateMode } from "./map/keyed-map";
export { LpmTrieMap } from "./map/lpm-trie";
export { BpfMap } from "./map/map";
export { type OpenedMap, type OpenMapOptions, openMap, openMapById } from "./map/open";
export { ArenaMap, KernelMap, StructOpsMap } from "./map/others";
export { type PerfBatch, PerfBuffer, type PerfBufferOptions, type PerfBufferStats } from "./map/perf-buffer";
export type { LpmKey, Prefix } from "./map/prefix";
export { BloomFilterMap, QueueMap, StackMap } from "./map/queue";
export { type ColumnOptions, RecordMap } from "./map/record-map";
export { ArrayOfMaps, HashOfMaps, ProgArray } from "./map/references";
export type { ExpectedMap } from "./map/reuse";
export { RingBuffer, type RingBufferStats } from "./map/ring-buffer";
export type { InnerMap, MapSpec } from "./map/spec";
export {
  CgroupLocalStorageMap,
  InodeStorageMap,
  type PathOrFd,
  SkStorageMap,
  StorageMap,
  TaskStorageMap,
} from "./map/storage";
export { UserRingBuffer } from "./map/user-ring-buffer";
export type { BpfObject } from "./object/object";
export type { CheckOptions, LoadOptions, Precheck } from "./object/precheck";
export { type ReadBtfOptions, readBtf } from "./object/read-btf";
export type { AnyShape, Named, ObjectShape, Programs, Settable } from "./object/shape";
export { type ObjectSpec, type OpenOptions, open } from "./object/spec";
export type { Variables, VariableValue } from "./object/variables";
export { type AttachOptions, type AttachOptionsFor, attachOptions } from "./program/attach";
export type { KnownKind, OtherKind, ProgramKind } from "./program/kinds";
export type { Program } from "./program/program";
export type { ProgramSpec } from "./program/spec";
export type { TestRunOptions, TestRunResult } from "./program/test-run";
export { type Explanation, explain, type Refusal } from "./sleepable/explain";
export { judge } from "./sleepable/judge";
export type {
  Answer,
  CallFacts,
  Finding,
  Input,
  MapFacts,
  Place,
  ProgramFacts,
  ReasonCode,
  RegionFacts,
  Source,
  Stage,
  Verdict,
} from "./sleepable/verdict";
export type { TraceEntry } from "./trace/line";
export { type TracePipeOptions, tracePipe } from "./trace/pipe";
