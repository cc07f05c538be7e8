/** The active security modules. Without `bpf` among them, LSM programs load and attach but never run. */
import { readFileSync } from "node:fs";
import { type Fact, factOf, given, isKnown, unknown } from "./fact";

const LIST = "/sys/kernel/security/lsm";

/** The active security modules in order, as a fact. */
export function readLsms(): Fact<string[]> {
  const fact = factOf(LIST, () => readFileSync(LIST, "utf8").trim().split(","));
  return isKnown(fact) ? fact : unknown(`${fact.unknown}; is securityfs mounted?`);
}

/** The active security modules in order; undefined if securityfs can't be read. */
export function activeLsms(): string[] | undefined {
  return given(readLsms());
}
