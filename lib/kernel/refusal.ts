/** The cause of a refusal by this kernel. Apart from permission.ts, which asks no kernel. */
import { ProgramType } from "../constants";
import { native } from "../native";
import { explainPermission, type PermissionCause, type Refused, readPermissionFacts } from "./permission";

/** Why this kernel refused. */
export function whyRefused(refused: Refused): PermissionCause {
  return explainPermission(readPermissionFacts(), refused, loadsAtAll);
}

/** Whether it takes a program that needs nothing of it: a seccomp filter knows no types of programs. */
export function loadsAtAll(): boolean {
  return native.probeLoad({ type: ProgramType.SOCKET_FILTER, attachType: 0, flags: 0, btfId: 0 }).status === 0;
}
