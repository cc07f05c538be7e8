/** The precheck by tables makes no bpf(2) call; strace would see it. */
import { spawnSync } from "node:child_process";
import { PROJECT_ROOT } from "../../scripts/places";
import { objectPath } from "../bpf/objects";

function bpfCalls(precheck: string): string[] {
  const script = `
    const { open, kernelFacts } = require(${JSON.stringify(PROJECT_ROOT)});
    kernelFacts();
    for (const name of ["mistakes", "lsm", "probes"]) {
      open(${JSON.stringify(objectPath("X"))}.replace("X", name)).check({ precheck: ${JSON.stringify(precheck)} });
    }
    const spec = open(${JSON.stringify(objectPath("mistakes"))});
    spec.load({ precheck: ${JSON.stringify(precheck)} }).catch((error) => console.log(error.code));
  `;
  const { stdout, stderr } = spawnSync("strace", ["-f", "-qq", "-e", "trace=bpf", process.execPath, "-e", script], {
    encoding: "utf8",
  });
  expect(stdout.trim()).toBe("ERR_BPF_SLEEPABLE");
  return stderr.split("\n").filter((line) => line.includes("bpf("));
}

test("tables: facts, checks and a refused load make no bpf(2) call", () => {
  expect(bpfCalls("tables")).toEqual([]);
});

test("probe: the same code makes bpf(2) calls, so the trace would have shown them", () => {
  expect(bpfCalls("probe").some((line) => line.includes("BPF_PROG_LOAD"))).toBe(true);
});
