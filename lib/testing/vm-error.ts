/** The error of virtual machines. */
import { BpfError, type ErrorDetails } from "../errors";

/** The codes of a {@link VmError}. */
export type VmErrorCode =
  | "ERR_BPF_VM"
  | "ERR_BPF_VM_DIED"
  | "ERR_BPF_VM_FAILED"
  | "ERR_BPF_VM_NO_KERNEL"
  | "ERR_BPF_VM_TIMEOUT";

/**
 * What went wrong with a virtual machine, by its code:
 *
 * - `ERR_BPF_VM`: something is missing, such as QEMU or a file; no machine was started
 * - `ERR_BPF_VM_NO_KERNEL`: there is no such kernel, neither here nor in Debian; no machine was started
 * - `ERR_BPF_VM_DIED`: a panic, or QEMU gave up
 * - `ERR_BPF_VM_TIMEOUT`: the machine was stopped
 * - `ERR_BPF_VM_FAILED`: the machine was well, and the command of a {@link vmTest} had another exit status than 0
 */
export class VmError extends BpfError {
  override readonly name: string = "VmError";
  declare readonly code: VmErrorCode;
  /** The last 64 KiB of the kernel's console; "" if no machine was started. */
  readonly console: string;

  /** @internal */
  constructor(code: VmErrorCode, message: string, { console, ...details }: ErrorDetails & { console?: string } = {}) {
    super(code, console === undefined ? message : `${message}\n${tail(console)}`, { operation: "vm", ...details });
    this.console = console ?? "";
  }
}

/** A program that this host has not. */
export function missing(program: string, debianPackage: string, cause?: Error): VmError {
  return new VmError("ERR_BPF_VM", `${program} is missing`, {
    hint: `Install it: apt-get install ${debianPackage}`,
    cause,
  });
}

function tail(console: string): string {
  const lines = console.trimEnd().split(/\r?\n/).slice(-60);
  return lines.join("") === "" ? "(nothing on its console)" : ["--- end of its console ---", ...lines].join("\n");
}
