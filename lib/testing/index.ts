/**
 * Runs commands and tests as root on chosen kernels, in throw-away virtual machines. Does not load the addon.
 *
 * @packageDocumentation
 * @module node-libbpf/testing
 */
export { ArgumentError, BpfError, type ErrorCode, type ErrorDetails, type Operation } from "../errors";
export type { ReasonCode } from "../verdict";
export type { Accelerator } from "./accel";
export type { Arch } from "./arch";
export type { Put } from "./tree";
export { type Collect, runInVm, type VmOptions, type VmResult } from "./vm";
export { VmError, type VmErrorCode } from "./vm-error";
export { insideVm, type VmTestOptions, vmTest } from "./vm-test";
