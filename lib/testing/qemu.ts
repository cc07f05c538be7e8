/** Runs QEMU once: starts it, collects the output of its four serial ports, and makes sure that it ends. */
import { spawn } from "node:child_process";
import { ACCELERATOR_ARGUMENTS, type Accelerator } from "./accel";
import type { Platform } from "./arch";
import { ScratchFile } from "./scratch-file";
import { missing } from "./vm-error";

export interface Machine {
  readonly platform: Platform;
  readonly accelerator: Accelerator;
  readonly image: string;
  readonly append: string;
  readonly memoryMib: number;
  readonly cpus: number;
  readonly timeoutSeconds: number;
  /** Writes the initramfs. */
  readonly writeInitramfs: (fd: number) => void;
  readonly onStdout?: ((chunk: Buffer) => void) | undefined;
  readonly onStderr?: ((chunk: Buffer) => void) | undefined;
  /** Called when the guest's init has started. */
  readonly onReady?: (() => void) | undefined;
}

export interface Outcome {
  /** Everything received on the report port: see report.ts. */
  readonly report: Buffer;
  /** The end of the output of QEMU and the kernel. */
  readonly console: string;
  readonly timedOut: boolean;
}

const CONSOLE_LIMIT = 64 * 1024;
const PUMP_MS = 50;
/** The first file descriptor for QEMU after stdin, stdout and stderr. */
const FIRST_FD = 3;

export async function runMachine(machine: Machine): Promise<Outcome> {
  using initramfs = new ScratchFile();
  // QEMU writes each byte with a system call: to a file that is three times as fast as to a socket or pipe.
  using console = new ScratchFile();
  using stdout = new ScratchFile();
  using stderr = new ScratchFile();
  using report = new ScratchFile();
  machine.writeInitramfs(initramfs.fd);

  let ready = false;
  const pump = () => {
    if (!ready && report.size > 0) {
      ready = true;
      machine.onReady?.();
    }
    for (const [port, listener] of [
      [stdout, machine.onStdout],
      [stderr, machine.onStderr],
    ] as const) {
      const chunk = port.take();
      if (chunk.length > 0) listener?.(chunk);
    }
  };
  const pumping = setInterval(pump, PUMP_MS);
  try {
    const { timedOut, complaint } = await runQemu(machine, initramfs, [console, stdout, stderr, report]);
    pump();
    const said = complaint + console.read(Math.max(0, console.size - CONSOLE_LIMIT)).toString("latin1");
    return { report: report.read(), console: said, timedOut };
  } finally {
    clearInterval(pumping);
  }
}

function runQemu(machine: Machine, initramfs: ScratchFile, ports: readonly ScratchFile[]) {
  const files = [initramfs, ...ports];
  const pathOf = (file: ScratchFile) => `/dev/fd/${FIRST_FD + files.indexOf(file)}`;
  const { platform, accelerator } = machine;
  const qemu = [
    platform.qemu,
    ...platform.machine,
    ...ACCELERATOR_ARGUMENTS[accelerator],
    ...["-cpu", accelerator === "kvm" ? "host" : platform.cpu],
    ...["-m", `${machine.memoryMib}M`, "-smp", `${machine.cpus}`],
    ...["-display", "none", "-no-reboot", "-nodefaults", "-no-user-config"],
    ...["-kernel", machine.image, "-initrd", pathOf(initramfs), "-append", machine.append],
    ...platform.serial(ports.map(pathOf)),
  ];
  return new Promise<{ timedOut: boolean; complaint: string }>((resolve, reject) => {
    // If this process dies, even by SIGKILL, the kernel kills QEMU.
    const child = spawn("setpriv", ["--pdeathsig", "KILL", ...qemu], {
      stdio: ["ignore", "ignore", "pipe", ...files.map(({ fd }) => fd)],
    });
    let complaint = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      complaint += text;
    });
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill("SIGKILL");
    }, machine.timeoutSeconds * 1000);
    child.on("error", (cause) => {
      clearTimeout(timer);
      reject(missing("setpriv", "util-linux", cause));
    });
    child.on("close", (status) => {
      clearTimeout(timer);
      if (status === 127) reject(missing(platform.qemu, platform.qemuPackage));
      else resolve({ timedOut, complaint });
    });
  });
}
