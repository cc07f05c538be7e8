/**
 * libbpf for Node.js, made for sleepable BPF programs.
 *
 * @packageDocumentation
 */
import { native } from "./native";

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
  VerifierError,
} from "./errors";
export { activeLsms } from "./kernel/lsm";
export type { LinkInfo } from "./link/info";
export { Link } from "./link/link";
export type { LogCallback, LogLevel } from "./log";
export { ArrayMap, HashMap, PerCpuArrayMap, PerCpuHashMap } from "./map/classes";
export { ElementMap, type UpdateMode } from "./map/element-map";
export { BpfMap } from "./map/map";
export { RingBuffer } from "./map/ring-buffer";
export type { MapSpec } from "./map/spec";
export type { BpfObject } from "./object/object";
export { type ObjectSpec, type OpenOptions, open } from "./object/spec";
export type { Variables, VariableValue } from "./object/variables";
export type { AttachOptions } from "./program/attach";
export type { KnownKind, ProgramKind } from "./program/kinds";
export type { Program } from "./program/program";
export type { ProgramSpec } from "./program/spec";
export type { TestRunOptions, TestRunResult } from "./program/test-run";

/** The libbpf in use: its version, and whether it is the bundled one or the system's. */
export const libbpf: { readonly version: string; readonly linkage: "bundled" | "system" } = {
  version: native.libbpfVersion.replace(/^v/, ""),
  linkage: native.libbpfLinkage,
};
