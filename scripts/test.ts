/**
 * npm test: unit tests, gates, kernel tests on this kernel and in virtual machines.
 *   npm test -- [--only unit|gates|package|browser|docs|newcomer|nodes|debians|host|system|vm|vmlinux|machines]... [--kernel 6.12]...
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { agreementTable } from "./agreement-table";
import { DEBIANS, inDebian } from "./debians";
import { KERNELS } from "./kernels";
import { newcomer } from "./newcomer";
import { nodes } from "./nodes";
import { PROJECT_ROOT } from "./places";
import { prebuild } from "./prebuild";
import { buildWithSystemLibbpf } from "./system-libbpf";
import { check, type JestResult, type Result, resultOf, table, total } from "./test-results";
import { reportsOf, testInVm, type VmTests } from "./test-vm";
import { ARCHITECTURES } from "./toolchain";

/** Kernels that no table of the precheck was made for: what it says of these follows from rules alone. */
const UNSEEN = ["6.16", "6.18"];
const PARTS = [
  ...["unit", "gates", "package", "browser", "docs", "newcomer"],
  ...["nodes", "debians", "host", "system", "vm", "vmlinux", "machines"],
] as const;

function options(): { parts: readonly string[]; kernels: readonly string[] } {
  const { values } = parseArgs({
    options: { only: { type: "string", multiple: true }, kernel: { type: "string", multiple: true } },
  });
  for (const part of values.only ?? []) {
    if (!(PARTS as readonly string[]).includes(part)) throw new Error(`--only takes ${PARTS.join(", ")}; got ${part}`);
  }
  return { parts: values.only ?? (values.kernel ? ["vm", "vmlinux"] : PARTS), kernels: values.kernel ?? KERNELS };
}

interface JestRun {
  name: string;
  pattern: string;
  node?: string;
  env?: Readonly<Record<string, string>>;
  /** The start of the command, if it runs somewhere else. */
  within?: readonly string[];
  /** Its files may run side by side: they share nothing, as kernel tests share pins and the kernel. */
  parallel?: true;
}

/**
 * Runs a command with the kernel's file systems mounted, in a mount namespace of its own: a host that has not mounted
 * them is left as it is, and no test is skipped for want of them.
 */
const WITH_MOUNTS = [
  "unshare",
  "--mount",
  "sh",
  "-c",
  `while read -r type path; do mountpoint -q "$path" || mount -t "$type" "$type" "$path" || true; done <<END
bpf /sys/fs/bpf
securityfs /sys/kernel/security
tracefs /sys/kernel/tracing
debugfs /sys/kernel/debug
END
exec "$@"`,
  "sh",
];

function jest({ name, pattern, node = process.execPath, env = {}, within = here(), parallel }: JestRun): Result {
  const results = join(PROJECT_ROOT, "dist/results");
  const file = join(results, "jest.json");
  mkdirSync(results, { recursive: true });
  rmSync(file, { force: true });
  const start = Date.now();
  const [program = node, ...rest] = [
    ...within,
    node,
    "--expose-gc",
    "node_modules/jest/bin/jest.js",
    parallel ? "--maxWorkers=100%" : "--runInBand",
    "--json",
    "--outputFile=dist/results/jest.json",
    pattern,
  ];
  const { stderr } = spawnSync(program, rest, {
    cwd: PROJECT_ROOT,
    env: { ...process.env, ...env },
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  const milliseconds = Date.now() - start;
  if (!existsSync(file)) return check(name, milliseconds, `jest gave no result:\n${stderr}`);
  return resultOf(name, JSON.parse(readFileSync(file, "utf8")) as JestResult, milliseconds);
}

function here(): readonly string[] {
  return process.getuid?.() === 0 ? WITH_MOUNTS : [];
}

/** A part that ends with an error is a failed test, and the others go on. */
async function guarded(name: string, run: () => Result | Promise<Result>): Promise<Result> {
  process.stderr.write(`test: ${name}\n`);
  const start = Date.now();
  try {
    return await run();
  } catch (error) {
    return check(name, Date.now() - start, (error as Error).message);
  }
}

async function main(): Promise<void> {
  const { parts, kernels } = options();
  const results: Result[] = [];
  const reports: string[] = [];
  const add = async (name: string, run: () => Result | Promise<Result>) => {
    const result = await guarded(name, run);
    results.push(result);
    for (const failure of result.failures) process.stderr.write(`${failure}\n`);
    process.stderr.write(`${table([result]).split("\n").at(-1)}\n`);
  };

  const unit = { pattern: "dist/test/unit", parallel: true } as const;
  if (parts.includes("unit")) await add("unit tests", () => jest({ name: "unit tests", ...unit }));
  if (["gates", "package", "newcomer", "nodes", "debians", "machines"].some((part) => parts.includes(part))) {
    const name = "the shipped addons, built";
    await add(name, () => {
      const start = Date.now();
      for (const architecture of ARCHITECTURES) prebuild(architecture);
      return check(name, Date.now() - start);
    });
  }
  if (parts.includes("gates")) await add("gates", () => jest({ name: "gates", pattern: "dist/test/gates" }));
  if (parts.includes("package")) {
    await add("the package", () => jest({ name: "the package", pattern: "dist/test/package", parallel: true }));
  }
  if (parts.includes("browser")) {
    await add("the page, in a browser", () => jest({ name: "the page, in a browser", pattern: "dist/test/browser" }));
  }
  if (parts.includes("docs")) {
    await add("the documentation", () =>
      jest({ name: "the documentation", pattern: "dist/test/docs", parallel: true }),
    );
  }
  if (parts.includes("newcomer")) {
    await add("a newcomer's path", () => check("a newcomer's path", newcomer()));
  }
  if (parts.includes("nodes")) {
    for (const { version, path } of nodes()) {
      const name = `unit tests on Node ${version}`;
      await add(name, () => jest({ name, ...unit, node: path, env: { NODE_LIBBPF_PREBUILD: PROJECT_ROOT } }));
    }
  }
  if (parts.includes("debians")) {
    for (const { name: debian, suite, majors } of DEBIANS) {
      for (const major of majors) {
        const name = `unit tests on ${debian}, Node ${major}`;
        await add(name, () => {
          // Two files compile BPF programs, with this system's clang: they are about no addon.
          const pattern = "dist/test/unit/(?!(btf|build)\\.)";
          return jest({ name, pattern, parallel: true, node: "/bin/node", within: inDebian(suite, major) });
        });
      }
    }
  }
  if (parts.includes("host")) {
    await add("kernel tests here", () => jest({ name: "kernel tests here", pattern: "dist/test/kernel" }));
  }
  if (parts.includes("system")) {
    const name = "kernel tests here, system's libbpf";
    await add(name, () => {
      const env = { NODE_LIBBPF_PREBUILD: buildWithSystemLibbpf() };
      return jest({ name, pattern: "dist/test/(kernel|unit)", env });
    });
  }
  if (parts.includes("vm")) {
    const runs: VmTests[] = kernels.map((kernel) => ({ kernel, pattern: "dist/test/kernel" }));
    if (kernels.includes("6.12")) {
      runs.push({ kernel: "6.12", pattern: "lsm-inactive", lsm: "lockdown,capability" });
      runs.push({ kernel: "6.12", pattern: "lockdown", append: "lockdown=confidentiality" });
    }
    if (kernels === KERNELS) {
      runs.push(...UNSEEN.map((kernel) => ({ kernel, pattern: "agreement", unseen: true as const })));
    }
    reports.push(...runs.map(reportsOf));
    // A machine under emulation keeps little more than one core busy.
    const lanes = Array.from({ length: Math.min(availableParallelism(), 4) }, async () => {
      for (let run = runs.shift(); run !== undefined; run = runs.shift()) {
        const tests = run;
        await add(`Linux ${tests.kernel}`, () => testInVm(tests));
      }
    });
    await Promise.all(lanes);
  }
  if (parts.includes("vmlinux")) {
    const name = "vmlinux.h of the kernels";
    const files = kernels.map((kernel) => join(reportsOf({ kernel, pattern: "" }), "vmlinux.btf"));
    // Of those whose machines have run: now, or the last time.
    const env = { NODE_LIBBPF_VMLINUX: files.filter((file) => existsSync(file)).join(":") };
    await add(name, () => jest({ name, pattern: "dist/test/vmlinux", env }));
  }
  if (parts.includes("machines")) {
    const name = "a profile carried from a machine";
    await add(name, () => jest({ name, pattern: "dist/test/machines" }));
  }
  const agreement = agreementTable(reports);
  process.stdout.write(`${table(results)}\n${agreement ? `\n${agreement}\n\n` : ""}${total(results)}\n`);
  if (results.some((result) => result.failed > 0)) process.exitCode = 1;
}

main().catch((error: Error) => {
  process.stderr.write(`test: ${error.message}\n`);
  process.exitCode = 2;
});
