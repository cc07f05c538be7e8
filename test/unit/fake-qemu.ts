/** A simulated QEMU that boots nothing and runs a script, for tests about machines that need none. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { platformOf } from "../../lib/testing/arch";
import { COMMAND } from "../../scripts/places";

/** The script gets its arguments; the files of the serial ports are $console, $stdout, $stderr and $report. */
const START = `#!/bin/sh
for argument; do
  case $argument in file:*) ports="$ports \${argument#file:}" ;; esac
done
read -r console stdout stderr report <<END
$ports
END
`;

export class FakeQemu {
  readonly folder = mkdtempSync(join(tmpdir(), "node-libbpf-vm-"));
  readonly #bin = join(this.folder, "bin");

  constructor() {
    mkdirSync(this.#bin);
  }

  /** The machine's behaviour: a shell script. */
  plays(script: string): void {
    const program = join(this.#bin, platformOf(process.arch).qemu);
    writeFileSync(program, START + script);
    chmodSync(program, 0o755);
  }

  /** Any file can serve as a kernel. */
  kernel(name: string): string {
    const path = join(this.folder, `vmlinuz-${name}`);
    writeFileSync(path, "");
    return path;
  }

  /** Runs Node.js in its folder, with this QEMU; `path` is the rest of PATH. */
  node(args: readonly string[], path = process.env.PATH, more: NodeJS.ProcessEnv = {}) {
    const { NODE_LIBBPF_TEST_KERNEL: _, ...rest } = process.env;
    const env = { ...rest, ...more, PATH: `${this.#bin}:${path}`, NODE_LIBBPF_CACHE: join(this.folder, "cache") };
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: this.folder, encoding: "utf8", env });
    return { status, stdout, stderr };
  }

  /** node-libbpf vm; --icount, so that KVM is not tried. */
  vm(args: readonly string[], path?: string, more?: NodeJS.ProcessEnv) {
    return this.node([COMMAND, "vm", "--icount", "--no-project", ...args], path, more);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
