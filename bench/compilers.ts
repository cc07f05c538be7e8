/** Builds the peers' programs: C with the bundled libbpf, Go with cilium/ebpf, npm's bpf. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { PROJECT_ROOT } from "../scripts/places";
import { type Cilium, ciliums } from "./go";

const NPM_BPF = "bpf@1.3.0";
const NPM_FOLDER = join(PROJECT_ROOT, "dist/.deps/npm");

/** Compiles a C program; returns its path. */
export function compileC(source: string): string {
  const binary = outputOf(source);
  const flags = ["-O2", "-Wall", "-Wextra", "-Werror", "-I.deps/include"];
  const libraries = ["-L.deps/host", "-lbpf", "-lelf", "-leu", "-lz"];
  run(process.env.CC ?? "cc", [...flags, source, "-o", binary, ...libraries]);
  return binary;
}

/** Compiles a Go program against each cilium/ebpf. */
export function compileGo(source: string, fetch: boolean): (Cilium & { binary: string })[] {
  return ciliums(fetch).map((cilium) => {
    const binary = `${outputOf(source)}-${cilium.name.replaceAll(/[ /]/g, "-")}`;
    // With cgo a newer release's Go would link to a newer C library than this system's.
    const variant = join(dirname(source), `batches-${cilium.batches}.go`);
    run(cilium.go, ["build", "-o", binary, source, ...(existsSync(join(PROJECT_ROOT, variant)) ? [variant] : [])], {
      ...{ GO111MODULE: "off", GOPATH: cilium.gopath, GOTOOLCHAIN: "local", CGO_ENABLED: "0" },
      GOFLAGS: "-buildvcs=false",
    });
    return { ...cilium, binary };
  });
}

/** Installs npm's bpf; returns its folder, or undefined if the installation fails. */
export function installNpmBpf(): string | undefined {
  const folder = npmBpf();
  try {
    // Its install script only looks for the prebuilt addon, which it also does at run time.
    const install = ["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", NPM_FOLDER];
    mkdirSync(NPM_FOLDER, { recursive: true });
    if (!existsSync(folder)) run("npm", [...install, NPM_BPF]);
    run(process.execPath, ["-e", "require(process.argv[1])", folder]);
    return folder;
  } catch (error) {
    return skipped("npm bpf", (error as Error).message);
  }
}

/** The folder of npm's bpf, if it is installed. */
export function npmBpf(): string {
  return join(NPM_FOLDER, "node_modules/bpf");
}

function skipped(name: string, why: string): undefined {
  process.stderr.write(`${name}: skipped, ${why}\n`);
}

function outputOf(source: string): string {
  const binary = join(PROJECT_ROOT, "dist", source.replace(/\.\w+$/, ""));
  mkdirSync(dirname(binary), { recursive: true });
  return binary;
}

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): void {
  const options = { cwd: PROJECT_ROOT, env: { ...process.env, ...env }, encoding: "utf8" } as const;
  const { status, stderr, error } = spawnSync(command, args, options);
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed: ${error?.message ?? stderr}`);
}
