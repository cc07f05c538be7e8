/** The two versions of the tests' policy, and how its state moves between them. */
import { ArrayMap, type BpfMap, type Migrate, Policy, type PolicyOptions } from "node-libbpf";
import { open as openNew } from "../bpf/policy-new.bpf";
import { open as openOld } from "../bpf/policy-old.bpf";
import { bpfLsm } from "../kernel/needs";

export type Name = "old" | "new";
const OPENERS = { old: openOld, new: openNew };

interface Counts {
  denied: bigint;
}

const counts: Migrate = (from: BpfMap, to: BpfMap, { last }) => {
  if (!(from instanceof ArrayMap && to instanceof ArrayMap)) throw new Error("counts is no array");
  if (last) return;
  const { denied } = from.get(0) as Counts;
  to.set(0, { ...(to.get(0) as Counts), denied });
};

/** Only where LSM programs can be attached is the one that denies loaded. */
export function specOf(version: Name) {
  const spec = OPENERS[version]();
  spec.programs.deny_open.autoload = bpfLsm.present();
  return spec;
}

export const OPTIONS = { migrate: { counts } } as const;

export function putInForce(version: Name, folder: string, options: PolicyOptions = OPTIONS): Promise<Policy> {
  return Policy.adoptOrReplace(specOf(version) as never, folder, options);
}
