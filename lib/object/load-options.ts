/** The options of load() and check(). */
import type { KernelFacts } from "../kernel/kernel-facts";
import { boolean, checkOptions, oneOf, type Schema } from "../options";
import { kernelFacts } from "../sleepable/judged-kernel";

/**
 * How a program is judged before load. `tables`: from known facts about this kernel, without a bpf(2) call. `probe`:
 * the kernel is asked about every sleepable program's target by loading `r0 = 0; exit`. `auto`: the kernel is asked
 * only where the tables give no answer and this process may load programs. `off`: not at all.
 */
export type Precheck = "auto" | "tables" | "probe" | "off";

/** Options of `ObjectSpec.load()`. */
export interface LoadOptions {
  /** How programs are judged. Default "auto". */
  precheck?: Precheck;
  /** Whether to load programs that the kernel accepts although it must not, or that would never run. Default false. */
  allowUnsafe?: boolean;
}

/** Options of `ObjectSpec.check()`. */
export interface CheckOptions {
  /** The kernel to judge for: a profile, or facts of this kernel. Default: the running kernel. */
  kernel?: KernelFacts;
  /** How programs are judged. Default "auto". A kernel given by {@link kernel} is never asked. */
  precheck?: Exclude<Precheck, "off">;
}

const LOAD_OPTIONS: Schema<LoadOptions> = { precheck: oneOf("auto", "tables", "probe", "off"), allowUnsafe: boolean };
const CHECK_OPTIONS: Schema<CheckOptions> = { precheck: oneOf("auto", "tables", "probe"), kernel: kernelFacts };

export function checkedLoadOptions(name: "load" | "loadSync", options: LoadOptions | undefined): LoadOptions {
  return checkOptions({ name, details: { operation: "load" } }, options, LOAD_OPTIONS);
}

export function checkedCheckOptions(options: CheckOptions | undefined): CheckOptions {
  return checkOptions({ name: "check", details: { operation: "check" } }, options, CHECK_OPTIONS);
}
