/** Which security modules are active: an LSM program loads and attaches without `bpf` among them, and never runs. */
import { readFileSync } from "node:fs";

const LIST = "/sys/kernel/security/lsm";

/** The active security modules in their order, or undefined where securityfs can't be read. */
export function activeLsms(): string[] | undefined {
  try {
    return readFileSync(LIST, "utf8").trim().split(",");
  } catch {
    return undefined;
  }
}
