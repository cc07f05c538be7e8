/**
 * Chooses how QEMU runs the guest. A test boot decides whether KVM works, because under some hypervisors /dev/kvm opens
 * but guests hang. The result is cached until the host reboots.
 */
import { accessSync, constants, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cacheDirectory } from "./cache";

/**
 * How QEMU runs the guest. "icount": emulated, with one CPU, where each instruction takes one nanosecond of guest time.
 */
export type Accelerator = "kvm" | "tcg" | "icount";

/** A KVM guest reaches user space in about a second. */
export const KVM_DEADLINE_SECONDS = 10;

export const ACCELERATOR_ARGUMENTS: Readonly<Record<Accelerator, readonly string[]>> = {
  kvm: ["-accel", "kvm"],
  // The guest's CPUs take turns on one thread. With a thread for each (measured with QEMU 7.2), a CPU runs the int3 that
  // text_poke_bp() has already replaced, and the kernel panics: within seconds where programs are attached by trampolines
  // to a function that another CPU calls. On two cores turns take up to a tenth longer.
  tcg: ["-accel", "tcg,thread=single"],
  // sleep=off: the time of an idle guest jumps to its next timer.
  icount: ["-accel", "tcg,thread=single", "-icount", "shift=0,sleep=off"],
};

/**
 * Chooses the accelerator.
 *
 * @param bootsWithKvm performs a test boot; called once per boot of the host, and only if /dev/kvm can be opened
 */
export async function chooseAccelerator(bootsWithKvm: () => Promise<boolean>): Promise<"kvm" | "tcg"> {
  if (!canOpenKvm()) return "tcg";
  const memory = join(cacheDirectory(), "accelerator");
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  const known = remembered(memory, boot);
  if (known !== undefined) return known;
  const answer = (await bootsWithKvm()) ? "kvm" : "tcg";
  mkdirSync(dirname(memory), { recursive: true });
  writeFileSync(memory, `${boot} ${answer}\n`);
  return answer;
}

function canOpenKvm(): boolean {
  try {
    accessSync("/dev/kvm", constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function remembered(file: string, boot: string): "kvm" | "tcg" | undefined {
  try {
    const [when, answer] = readFileSync(file, "utf8").trim().split(" ");
    return when === boot && (answer === "kvm" || answer === "tcg") ? answer : undefined;
  } catch {
    return undefined;
  }
}
