/** The cause of a refusal by this kernel. Separate from permission.ts, which makes no bpf(2) calls. */
import { ProgramType } from "../constants";
import { native } from "../native";
import { explainPermission, type PermissionCause, type Refused, readPermissionFacts } from "./permission";

/** Why this kernel refused an operation. */
export function whyRefused(refused: Refused): PermissionCause {
  return explainPermission(readPermissionFacts(), refused, loadsAtAll);
}

/** Whether the kernel loads a minimal program: a seccomp filter does not distinguish program types. */
export function loadsAtAll(): boolean {
  return native.probeLoad({ type: ProgramType.SOCKET_FILTER, attachType: 0, flags: 0, btfId: 0 }).status === 0;
}
