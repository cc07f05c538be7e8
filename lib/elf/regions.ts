/** Regions of a program where sleeping is not allowed. */
import type { RegionFacts } from "../verdict";

/** Those that hold at an instruction, with the nesting depth of each. */
export interface Regions {
  readonly lock: number;
  readonly preempt: number;
  readonly irq: number;
  readonly rcu: number;
  /** Stack offsets of the saved flags of irq regions, outermost first. */
  readonly flags: readonly (number | undefined)[];
  /** Identifies these regions. */
  readonly key: string;
}

export type Region = RegionFacts["region"];

/** Regions, the most restrictive first. */
export const REGIONS: readonly Region[] = ["lock", "preempt", "irq", "rcu"];
export const OUTSIDE: Regions = keyed({ lock: 0, preempt: 0, irq: 0, rcu: 0, flags: [] });

export function keyed(regions: Omit<Regions, "key">): Regions {
  return { ...regions, key: `${REGIONS.map((region) => regions[region]).join()} ${regions.flags.join()}` };
}

/** The functions that enter regions, and leave them. */
export const ENTERS: Readonly<Record<string, readonly [Region, number]>> = {
  bpf_rcu_read_lock: ["rcu", 1],
  bpf_rcu_read_unlock: ["rcu", -1],
  bpf_preempt_disable: ["preempt", 1],
  bpf_preempt_enable: ["preempt", -1],
  bpf_local_irq_save: ["irq", 1],
  bpf_local_irq_restore: ["irq", -1],
  bpf_spin_lock: ["lock", 1],
  bpf_spin_unlock: ["lock", -1],
  bpf_res_spin_lock: ["lock", 1],
  bpf_res_spin_lock_irqsave: ["lock", 1],
  bpf_res_spin_unlock: ["lock", -1],
  bpf_res_spin_unlock_irqrestore: ["lock", -1],
};
