/** A project as a user of the package has it: test/foreign, with the package as npm packs it. */
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pack } from "../../scripts/pack";
import { PROJECT_ROOT } from "../../scripts/places";

export class ForeignProject {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), "foreign-")));

  constructor() {
    cpSync(join(PROJECT_ROOT, "test/foreign"), this.folder, { recursive: true });
    const modules = join(this.folder, "node_modules");
    mkdirSync(join(modules, "node-libbpf"), { recursive: true });
    const { tarball } = pack(this.folder);
    done("tar", ["-xzf", tarball, "-C", "node_modules/node-libbpf", "--strip-components=1"], this.folder);
    rmSync(tarball);
    // As `npm link` does: the package is included although it is outside the project.
    symlinkSync(join(PROJECT_ROOT, "node_modules/commander"), join(modules, "commander"));
    mkdirSync(join(modules, ".bin"));
    chmodSync(join(modules, "node-libbpf/dist/bundle/main.js"), 0o755);
    symlinkSync("../node-libbpf/dist/bundle/main.js", join(modules, ".bin/node-libbpf"));
    done("npm", ["run", "build"], this.folder);
  }

  /** Runs the package's command in the project. */
  cli(...args: string[]): { status: number | null; stdout: string; stderr: string } {
    const { NODE_LIBBPF_TEST_KERNEL: _, ...env } = process.env;
    return spawnSync("npx", ["--no-install", "node-libbpf", ...args], { cwd: this.folder, encoding: "utf8", env });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

function done(command: string, args: readonly string[], cwd: string): void {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${error?.message ?? stdout + stderr}`);
}
