/** Kfuncs: which kernels have one, and which may sleep. */
import { given } from "../kernel/fact";
import type { Kernel } from "./kernel";

/** Whether a kernel has a kfunc; undefined if what is known of it does not tell. */
export function hasKfunc(name: string, kernel: Kernel): boolean | undefined {
  const listed = kernel.lists("functions", name);
  if (listed === true) return true;
  // A module may have what the kernel proper has not.
  if (listed === false && given(kernel.facts.btfModules)?.length === 0) return false;
  return undefined;
}
