/**
 * Decides which programs may sleep, on this kernel and on others. This part of node-libbpf needs no addon, and so runs
 * on any platform.
 *
 * @packageDocumentation
 * @module node-libbpf/sleepable
 */

export {
  ArgumentError,
  BpfError,
  type ErrorCode,
  type ErrorDetails,
  type Operation,
} from "../errors";
export type { BtfFacts } from "../kernel/btf-facts";
export type { Fact, Known, Unknown } from "../kernel/fact";
export type { KernelFacts, ProbedKind, ProbedTargets, ProbeResults } from "../kernel/kernel-facts";
export { kernelProfile, kernelProfiles, readProfile } from "../kernel/profiles";
export { kernelFacts } from "../kernel/running-kernel";
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
} from "../verdict";
export { type Explanation, explain, type Refusal } from "./explain";
export { type Hook, type HookKind, hookProgram, hooks } from "./hooks";
export { judge } from "./judge";
