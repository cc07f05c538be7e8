/** Every TypeScript snippet of README.md and docs/, run as an ES module. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { bpfLsm, kernelTest, type Need, since, vmKernel } from "./needs";

const directory = join(__dirname, "../snippets");
/** The folder that README's paths are relative to. */
const root = join(__dirname, "../../..");

/** A virtual machine can't start another one. */
const machine: Need = { what: "virtual machines", present: () => vmKernel === undefined, expected: false };

/** A snippet's needs are part of its name: "readme-1.lsm.since-5.12.mjs". */
function needsOf(file: string): Need[] {
  const series = /\.since-(\d+\.\d+)\./.exec(file)?.[1];
  return [
    ...(file.includes(".lsm.") ? [bpfLsm] : []),
    ...(file.includes(".machine.") ? [machine] : []),
    ...(series === undefined ? [] : [since(series)]),
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
  const able = files
    .filter((file) => needsOf(file).every((need) => need.present()))
    .map((file) => join(directory, file));
  const child = spawn(process.execPath, ["-e", runner, ...able], {
    cwd: root,
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  child.on("message", ({ file, error }: { file: string; error: string | null }) => errors.set(basename(file), error));
  // Generates events for a snippet that watches execs.
  const execs = spawn("sh", ["-c", 'while sleep 0.2 && kill -0 "$PPID"; do /bin/true; done']);
  await once(child, "close");
  execs.kill();
});

for (const file of files) {
  kernelTest(`${file} runs`, needsOf(file), async () => {
    expect(errors.get(file)).toBeNull();
  });
}
