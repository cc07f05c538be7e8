/** Properties of each architecture's machines: QEMU's program, Debian's name, serial ports. */
import { VmError } from "./vm-error";

/** A machine's architecture, as in `process.arch`. */
export type Arch = "x64" | "arm64";

export interface Platform {
  /** Debian's name of the architecture. */
  readonly debian: "amd64" | "arm64";
  readonly qemu: string;
  /** The Debian package with that QEMU program. */
  readonly qemuPackage: string;
  readonly machine: readonly string[];
  /** The emulated CPU. */
  readonly cpu: string;
  /** The kernel's name of the first serial port. */
  readonly console: string;
  /** Other arguments for the kernel. */
  readonly append?: string;
  /** QEMU arguments for four serial ports that write to these files: the console, then the guest's ttyS1 to ttyS3. */
  readonly serial: (files: readonly string[]) => string[];
  /** Path of the dynamic loader. */
  readonly loader: string;
  /** Debian's multiarch folder, under /lib and /usr/lib. */
  readonly libraries: string;
}

const PLATFORMS: Readonly<Record<Arch, Platform>> = {
  x64: {
    debian: "amd64",
    qemu: "qemu-system-x86_64",
    qemuPackage: "qemu-system-x86",
    machine: [],
    // Without fast strings: otherwise kernel and C library copy with "rep movsb", which is emulated byte by byte.
    cpu: "max,-erms,-fsrm",
    console: "ttyS0",
    // On a loaded host the kernel sees too few ticks in the time of its check, and panics: "IO-APIC + timer doesn't work".
    append: "no_timer_check",
    serial: (files) => files.flatMap((file) => ["-serial", `file:${file}`]),
    loader: "/lib64/ld-linux-x86-64.so.2",
    libraries: "x86_64-linux-gnu",
  },
  arm64: {
    debian: "arm64",
    qemu: "qemu-system-aarch64",
    qemuPackage: "qemu-system-arm",
    machine: ["-machine", "virt,gic-version=max"],
    // A real server CPU. With the features of "max", QEMU 7.2 makes Node crash at random, and pointer authentication
    // takes five times as long as the rest of the boot.
    cpu: "neoverse-n1",
    console: "ttyAMA0",
    // The machine has one serial port of its own. Debian's kernels have a built-in driver for a PCI card with four. Its
    // first stays unused, so that the others have the same names as on x64.
    serial: ([console, ...files]) => [
      ...["-serial", `file:${console}`, "-chardev", "null,id=unused"],
      ...files.flatMap((file, index) => ["-chardev", `file,id=port${index + 1},path=${file}`]),
      ...["-device", "pci-serial-4x,chardev1=unused,chardev2=port1,chardev3=port2,chardev4=port3"],
    ],
    loader: "/lib/ld-linux-aarch64.so.1",
    libraries: "aarch64-linux-gnu",
  },
};

/**
 * The properties of an architecture.
 *
 * @throws {@link VmError} ERR_BPF_VM if it is not supported
 */
export function platformOf(arch: string): Platform {
  const platform = PLATFORMS[arch as Arch];
  if (platform !== undefined) return platform;
  throw new VmError("ERR_BPF_VM", `there are no ${arch} machines`, {
    hint: `Supported are ${Object.keys(PLATFORMS).join(" and ")}: set one as arch.`,
  });
}
