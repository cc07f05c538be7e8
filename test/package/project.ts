/** A project that has the package as npm packs it, and the results of processes there. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pack } from "../../scripts/pack";
import { PROJECT_ROOT } from "../../scripts/places";

export interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

export class Project {
  /** Empty at first. */
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), "node-libbpf-")));
  readonly packed = pack(this.folder);

  /** Copies the package and its dependency into a node_modules folder, as npm does. Returns the package's path. */
  install(modules = "node_modules"): string {
    const place = join(this.folder, modules, "node-libbpf");
    mkdirSync(place, { recursive: true });
    this.#done("tar", ["-xzf", this.packed.tarball, "-C", place, "--strip-components=1"]);
    cpSync(join(PROJECT_ROOT, "node_modules/commander"), join(this.folder, modules, "commander"), { recursive: true });
    return place;
  }

  write(path: string, text: string): string {
    const file = join(this.folder, path);
    writeFileSync(file, text);
    return file;
  }

  /** Runs Node.js in the project. */
  node(args: readonly string[], { node = process.execPath, env = {} } = {}): Ended {
    const { NODE_LIBBPF_PREBUILD: _, ...rest } = process.env;
    const options = { cwd: this.folder, env: { ...rest, ...env }, encoding: "utf8" } as const;
    const { status, stdout, stderr, error } = spawnSync(node, args, options);
    if (error !== undefined) throw error;
    return { status, stdout, stderr };
  }

  /** All files, with the time of their last change. */
  state(folder: string): string[] {
    const options = { recursive: true, withFileTypes: true } as const;
    return readdirSync(folder, options)
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => `${path} ${statSync(path).mtimeMs}`);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }

  #done(command: string, args: readonly string[]): { stdout: string } {
    const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: PROJECT_ROOT, encoding: "utf8" });
    if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${error?.message ?? stderr}`);
    return { stdout };
  }
}
