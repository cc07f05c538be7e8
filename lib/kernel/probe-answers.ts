/** What a kernel's answer to a trial means. Pure. */
import { errnoName } from "../errors";

/** The answer to a question about the running kernel. */
export interface Feature {
  /** "unknown": the kernel's answer does not tell. EPERM, a lack of memory and the like are never "no". */
  readonly supported: "yes" | "no" | "unknown";
  /** What was tried, and what the kernel said. */
  readonly reason: string;
}

export const yes = (reason: string): Feature => ({ supported: "yes", reason });
export const no = (reason: string): Feature => ({ supported: "no", reason });
export const unsure = (reason: string): Feature => ({ supported: "unknown", reason });

/** The kernel's answer to BPF_PROG_LOAD. */
export interface Answer {
  /** 0 or -errno. */
  readonly status: number;
  readonly log: string;
}

/**
 * Errnos with which a kernel refuses what it does not know, or was built without. E2BIG: a field of bpf_attr that is
 * newer than the kernel. All others concern the process or the machine.
 */
const REFUSALS: readonly string[] = ["EINVAL", "EOPNOTSUPP", "ENOTSUPP", "E2BIG"];

export function isRefusal(status: number): boolean {
  return REFUSALS.includes(errnoName(status));
}

const REFUSED_CALL =
  /(unknown func|invalid func|program of this type cannot use helper|calling kernel function \S+ is not allowed)/;

/**
 * Whether the kernel gives a program the helper or kfunc that it calls: true if it loaded, or if the verifier complains
 * about something behind that question; undefined if it did not come to the call.
 *
 * @param status 0 or -errno
 */
export function callAnswer(status: number, log: string): boolean | undefined {
  if (status === 0) return true;
  if (REFUSED_CALL.test(log)) return false;
  // Before 5.13 programs can't call kernel functions.
  if (log.includes("uses reserved fields")) return undefined;
  return /\(85\) call/.test(log) || /might sleep|sleepable kfunc|sleepable helper/.test(log) ? true : undefined;
}

/** The line of a log that says most: the first that is no instruction, state or count. */
export function complaint(log: string): string {
  const lines = log.split("\n").filter((line) => line !== "" && !/^(\d+: |;|processed |func#|arg#|=+$)/.test(line));
  return lines[0] ?? "";
}

/** Whether the kernel has a program type: it asks for the type's operations before the verifier writes anything. */
export function typeAnswer({ status, log }: Answer): boolean | undefined {
  if (status === 0 || log !== "") return true;
  return isRefusal(status) ? false : undefined;
}
