/** Installs the packed tarball with each package manager, without a compiler and without a network. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { cacheDirectory } from "../../lib/testing/cache";
import { runInVm } from "../../lib/testing/vm";
import { pack } from "../../scripts/pack";
import { PROJECT_ROOT } from "../../scripts/places";

/** The package managers that are JavaScript. */
const MANAGERS = ["pnpm@10", "@yarnpkg/cli-dist@4"];

const here = join(PROJECT_ROOT, "test/machines/install");

function npm(cwd: string, ...args: string[]): void {
  const { status, stderr } = spawnSync("npm", args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`npm ${args.join(" ")}: ${stderr}`);
}

/** A node_modules folder with the package managers; npm is the one that runs here. */
function managers(): string {
  const directory = join(cacheDirectory(), "managers");
  if (!existsSync(join(directory, "node_modules/pnpm"))) {
    mkdirSync(directory, { recursive: true });
    npm(directory, "install", "--prefix", directory, "--no-audit", "--no-fund", "--ignore-scripts", ...MANAGERS);
  }
  return join(directory, "node_modules");
}

function npmItself(): string {
  const { stdout } = spawnSync("which", ["npm"], { encoding: "utf8" });
  return dirname(dirname(realpathSync(stdout.trim())));
}

test("npm, pnpm and yarn; ESM and CJS", async () => {
  const directory = mkdtempSync(join(tmpdir(), "install-"));
  try {
    const registry = join(directory, "registry");
    mkdirSync(registry);
    const { tarball } = pack(directory);
    pack(registry, join(PROJECT_ROOT, "node_modules/commander"));
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    const { exitCode } = await runInVm({
      kernel: "6.12",
      command: ["sh", "/install/install.sh"],
      // Yarn sometimes crashes if QEMU emulates two CPUs: several threads compile its WebAssembly.
      cpus: 1,
      put: [
        { from: here, to: "/install" },
        { from: tarball, to: "/install/package.tgz" },
        { from: registry, to: "/install/registry" },
        { from: join(PROJECT_ROOT, "dist/examples/exec-watch/exec-watch.bpf.o"), to: "/install/exec-watch.bpf.o" },
        { from: npmItself(), to: "/managers/npm" },
        { from: join(managers(), "pnpm"), to: "/managers/pnpm" },
        { from: join(managers(), "@yarnpkg/cli-dist"), to: "/managers/yarn" },
      ],
      onStdout: (chunk) => output.push(chunk),
      onStderr: (chunk) => errors.push(chunk),
    });
    if (exitCode !== 0) throw new Error(`exit ${exitCode}:\n${Buffer.concat([...output, ...errors])}`);
    expect(Buffer.concat(output).toString().trim().split("\n")).toEqual(
      ["npm, ESM", "npm, CJS", "pnpm, ESM", "pnpm, CJS", "yarn, ESM", "yarn, CJS", "yarn PnP, CJS"].map(
        (way) => `${way}: /bin/echo by echo`,
      ),
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
}, 600_000);
