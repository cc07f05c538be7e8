/** The cause of a refusal by this kernel. Separate from permission.ts, which makes no bpf(2) calls. */
import { ProgramType } from "../constants";
import { type ErrorDetails, PermissionError } from "../errors";
import { explainPermission, type PermissionCause, type Refused, readPermissionFacts } from "./permission";
import { tryProgram } from "./probe";

/** Why this kernel refused an operation. */
export function whyRefused(refused: Refused): PermissionCause {
  return explainPermission(readPermissionFacts(), refused, loadsAtAll);
}

/** Builds the error for EPERM or EACCES. `what` says what failed: "map counts can't be created". */
export function permissionError(
  what: string,
  refused: Refused,
  details: ErrorDetails & { readonly errno: string },
): PermissionError {
  const { cause, hint } = whyRefused(refused);
  return new PermissionError(`${what}: ${cause} (${details.errno})`, { ...details, hint });
}

/** The cause and the remedy as a hint, for an error that has a message of its own. */
export function permissionHint(refused: Refused): string {
  const { cause, hint } = whyRefused(refused);
  return `${cause.charAt(0).toUpperCase()}${cause.slice(1)}. ${hint}`;
}

/** Whether the kernel loads a minimal program: a seccomp filter does not distinguish program types. */
export function loadsAtAll(): boolean {
  return tryProgram({ type: ProgramType.SOCKET_FILTER }).status === 0;
}
