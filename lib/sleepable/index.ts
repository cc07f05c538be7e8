/**
 * What may sleep, on this kernel and on others: the part of node-libbpf that needs no addon, and so no Linux.
 *
 * @packageDocumentation
 * @module node-libbpf/sleepable
 */
export type { TargetSignature } from "../btf/signature";
export {
  ArgumentError,
  BpfError,
  type ErrorCode,
  type ErrorDetails,
} from "../errors";
export type { BtfFacts } from "../kernel/btf-facts";
export type { Fact, Known, Unknown } from "../kernel/fact";
export { type Answers, type KernelFacts, kernelFacts, type Measured, type ProbedKind } from "../kernel/facts";
export { kernelProfile, kernelProfiles, readProfile } from "../kernel/profiles";
export { type Explanation, explain, type Refusal } from "./explain";
export { type Hook, type HookKind, hookProgram, hooks } from "./hooks";
export { judge } from "./judge";
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
} from "./verdict";
