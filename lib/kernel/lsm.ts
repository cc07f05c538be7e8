/** Which security modules are active: an LSM program loads and attaches without `bpf` among them, and never runs. */
import { readFileSync } from "node:fs";
import { type Fact, factOf, given, isKnown, unknown } from "./fact";

const LIST = "/sys/kernel/security/lsm";

/** The active security modules in their order, as a fact. */
export function readLsms(): Fact<string[]> {
  const fact = factOf(LIST, () => readFileSync(LIST, "utf8").trim().split(","));
  return isKnown(fact) ? fact : unknown(`${fact.unknown}; is securityfs mounted?`);
}

/** The active security modules in their order, or undefined where securityfs can't be read. */
export function activeLsms(): string[] | undefined {
  return given(readLsms());
}
