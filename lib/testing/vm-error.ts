/** The error class for virtual machines. */
import { BpfError, type ErrorDetails } from "../errors";

/** The codes of a {@link VmError}. */
export type VmErrorCode =
  | "ERR_BPF_VM"
  | "ERR_BPF_VM_DIED"
  | "ERR_BPF_VM_FAILED"
  | "ERR_BPF_VM_NO_KERNEL"
  | "ERR_BPF_VM_TIMEOUT";

/**
 * An error with a virtual machine. The codes:
 *
 * - `ERR_BPF_VM`: something is missing, such as QEMU or a file; no machine was started
 * - `ERR_BPF_VM_NO_KERNEL`: there is no such kernel, in the cache or in Debian; no machine was started
 * - `ERR_BPF_VM_DIED`: the kernel panicked, or QEMU exited
 * - `ERR_BPF_VM_TIMEOUT`: the machine was stopped after the timeout
 * - `ERR_BPF_VM_FAILED`: the command of a {@link vmTest} had a nonzero exit status
 */
export class VmError extends BpfError {
  /** The class name. */
  override readonly name: string = "VmError";
  /** The error code. */
  declare readonly code: VmErrorCode;
  /** The last 64 KiB of the kernel's console; "" if no machine was started. */
  readonly console: string;

  /** @internal */
  constructor(code: VmErrorCode, message: string, { console, ...details }: ErrorDetails & { console?: string } = {}) {
    super(code, console === undefined ? message : `${message}\n${tail(console)}`, { operation: "vm", ...details });
    this.console = console ?? "";
  }
}

/** The error for a program that is not installed. */
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
