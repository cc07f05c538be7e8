/** What sets the machines of an architecture apart: QEMU's program, Debian's name, the serial ports. */
import { VmError } from "./vm-error";

/** A machine's architecture, as `process.arch` names it. */
export type Arch = "x64" | "arm64";

export interface Platform {
  /** Debian's name of the architecture. */
  readonly debian: "amd64" | "arm64";
  readonly qemu: string;
  /** The Debian package that has it. */
  readonly qemuPackage: string;
  readonly machine: readonly string[];
  /** The CPU under emulation. */
  readonly cpu: string;
  /** The kernel's name of the first serial port. */
  readonly console: string;
  /** Arguments for four serial ports that write to these files: the console's, then the guest's ttyS1 to ttyS3. */
  readonly serial: (files: readonly string[]) => string[];
  /** Where programs look for the loader. */
  readonly loader: string;
  /** Debian's folder of libraries, under /lib and /usr/lib. */
  readonly libraries: string;
}

const PLATFORMS: Readonly<Record<Arch, Platform>> = {
  x64: {
    debian: "amd64",
    qemu: "qemu-system-x86_64",
    qemuPackage: "qemu-system-x86",
    machine: [],
    // Without fast strings: kernel and C library would copy by "rep movsb", which is emulated byte by byte.
    cpu: "max,-erms,-fsrm",
    console: "ttyS0",
    serial: (files) => files.flatMap((file) => ["-serial", `file:${file}`]),
    loader: "/lib64/ld-linux-x86-64.so.2",
    libraries: "x86_64-linux-gnu",
  },
  arm64: {
    debian: "arm64",
    qemu: "qemu-system-aarch64",
    qemuPackage: "qemu-system-arm",
    machine: ["-machine", "virt,gic-version=max"],
    // A server's CPU of its time. With what "max" adds, QEMU 7.2 lets Node crash at random, and its pointer authentication
    // takes five times as long as all else that a boot does.
    cpu: "neoverse-n1",
    console: "ttyAMA0",
    // The machine has one port of its own. Debian's kernels have the driver of the four of a PCI card built in, of which
    // the first stays unused so that the others have the names that they have on x64.
    serial: ([console, ...files]) => [
      ...["-serial", `file:${console}`, "-chardev", "null,id=unused"],
      ...files.flatMap((file, index) => ["-chardev", `file,id=port${index + 1},path=${file}`]),
      ...["-device", "pci-serial-4x,chardev1=unused,chardev2=port1,chardev3=port2,chardev4=port3"],
    ],
    loader: "/lib/ld-linux-aarch64.so.1",
    libraries: "aarch64-linux-gnu",
  },
};

/** @throws {@link VmError} ERR_BPF_VM if there are no machines of this architecture */
export function platformOf(arch: string): Platform {
  const platform = PLATFORMS[arch as Arch];
  if (platform !== undefined) return platform;
  throw new VmError("ERR_BPF_VM", `there are no ${arch} machines`, {
    hint: `There are ${Object.keys(PLATFORMS).join(" and ")} ones: name one of these as arch.`,
  });
}
