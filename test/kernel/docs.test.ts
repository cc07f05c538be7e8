/** Every TypeScript snippet of README.md and docs/, run as an ES module. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { isSince } from "../../lib/compare-versions";
import { bpfLsm, bundled, kernelTest, memo, type Need, since, vmKernel } from "./needs";

const directory = join(__dirname, "../snippets");
/** The folder that README's paths are relative to. */
const root = join(__dirname, "../../..");

/** A virtual machine can't start another one. */
const machine: Need = { what: "virtual machines", present: () => vmKernel === undefined, expected: false };

/** Runs a command in a network namespace of its own. */
const APART = ["busybox", "unshare", "-n", "busybox", "sh", "-c", 'busybox ip link set lo up; exec "$@"', "sh"];
const namespaces: Need = {
  what: "network namespaces, and busybox",
  present: memo(() => spawnSync(APART[0] as string, [...APART.slice(1), "true"]).status === 0),
  expected: vmKernel !== undefined,
};

/** The snippets name it; hosts may have cgroup v1 there. */
const cgroup: Need = {
  what: "cgroup v2 on /sys/fs/cgroup",
  present: () => / \/sys\/fs\/cgroup cgroup2 /.test(readFileSync("/proc/mounts", "utf8")),
  expected: vmKernel !== undefined,
};

/** A snippet's needs are part of its name: "readme-1.lsm.since-5.12.mjs". */
function needsOf(file: string): Need[] {
  const series = /\.since-(\d+\.\d+)\./.exec(file)?.[1];
  return [
    ...(file.includes(".lsm.") ? [bpfLsm] : []),
    ...(file.includes(".machine.") ? [machine] : []),
    ...(file.includes(".net.") ? [namespaces] : []),
    ...(file.includes(".cgroup.") ? [cgroup] : []),
    ...(series === undefined ? [] : [since(series)]),
    // What is newer than Debian's oldest libbpf needs a newer one.
    ...(series !== undefined && isSince(series, "6.4") ? [bundled] : []),
  ];
}

const files = readdirSync(directory).filter((name) => name.endsWith(".mjs"));

test("there are snippets", () => {
  expect(files.length).toBeGreaterThanOrEqual(9);
});

/** Runs all snippets that can run here in one process, one after the other: Node.js starts slowly under emulation. */
const runner = `
  (async () => {
    for (const file of process.argv.slice(1)) {
      const error = await import(file).then(() => null, (error) => String(error.stack));
      process.send({ file, error });
    }
    process.exit();
  })();
`;

const errors = new Map<string, string | null>();

beforeAll(async () => {
  const able = files.filter((file) => needsOf(file).every((need) => need.present()));
  const run = (names: readonly string[], within: readonly string[] = []) => {
    const paths = names.map((file) => join(directory, file));
    const [program = process.execPath, ...words] = [...within, process.execPath, "-e", runner, ...paths];
    const child = spawn(program, words, { cwd: root, stdio: ["ignore", "ignore", "ignore", "ipc"] });
    child.on("message", ({ file, error }: { file: string; error: string | null }) => errors.set(basename(file), error));
    return once(child, "close");
  };
  // Generates events for a snippet that watches execs.
  const execs = spawn("sh", ["-c", 'while sleep 0.2 && kill -0 "$PPID"; do /bin/true; done']);
  const apart = able.filter((file) => file.includes(".net."));
  // They change the process.
  const alone = able.filter((file) => file.includes(".alone."));
  await run(able.filter((file) => !apart.includes(file) && !alone.includes(file)));
  for (const file of alone) await run([file]);
  if (apart.length > 0) await run(apart, APART);
  execs.kill();
}, 600_000);

for (const file of files) {
  kernelTest(`${file} runs`, needsOf(file), async () => {
    expect(errors.get(file)).toBeNull();
  });
}
