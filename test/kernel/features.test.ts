/** libbpf's feature probes, whose results it caches: a temporary failure is reported, and the probe is repeated; nor does a signal end a load. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundled, kernelTest, vmKernel } from "./needs";

/** libbpf's internal calls can be wrapped only if it is linked statically. */

/** With every number of free descriptors: a load gets every feature, or fails with EMFILE. */
const SCRIPT = `
  const { openSync, closeSync } = require("node:fs");
  const { open } = require(${JSON.stringify(require.resolve("../bpf/variables.bpf"))});
  // Loads all of the library's code, which takes descriptors too.
  Object.values(require("node-libbpf"));
  const spec = open();
  const run = async () => {
    const object = await spec.load();
    try {
      object.variables.sums = [1n, 2n, 3n];
      const { returnValue } = await object.programs.sum.testRun({ data: new Uint8Array(64) });
      return object.maps[".bss"] !== undefined && returnValue === 0;
    } finally {
      object.close();
    }
  };
  (async () => {
    const held = [];
    try {
      for (;;) held.push(openSync("/dev/null", "r"));
    } catch {}
    let refused = 0;
    for (let free = 0; free < 24; free++) {
      try {
        if (!(await run())) throw new Error("half loaded");
      } catch (error) {
        if (error.errno !== "EMFILE") throw error;
        refused++;
      }
      closeSync(held.pop());
    }
    console.log(refused > 0, await run());
  })();
`;

kernelTest("a load without free descriptors fails with EMFILE, and the next one succeeds", [bundled], async () => {
  const script = 'ulimit -n 128; exec "$@"';
  const child = spawnSync("sh", ["-c", script, "sh", process.execPath, "-e", SCRIPT], {
    encoding: "utf8",
    timeout: 60_000,
    cwd: __dirname,
  });
  expect(child).toMatchObject({ stderr: "", stdout: "true true\n", status: 0 });
});

const OFTEN = `
  const { open } = require(${JSON.stringify(require.resolve("../bpf/iter.bpf"))});
  const spec = open();
  for (const program of Object.values(spec.programs)) program.autoload = program.name === "list_tasks";
  for (let i = 0; i < ${vmKernel === undefined ? 100 : 5}; i++) spec.loadSync().close();
  console.log("loaded");
`;

kernelTest("loads succeed while a profiler interrupts the thread", [], async () => {
  const folder = mkdtempSync(join(tmpdir(), "profile-"));
  try {
    const profiler = ["--cpu-prof", `--cpu-prof-dir=${folder}`, "--cpu-prof-interval=20"];
    const child = spawnSync(process.execPath, [...profiler, "-e", OFTEN], { encoding: "utf8", cwd: __dirname });
    expect(child).toMatchObject({ stderr: "", stdout: "loaded\n", status: 0 });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
