/**
 * Cases that users of BPF libraries reported and that got wrong answers. Each is judged, then loaded, on this kernel.
 */
import { type BpfError, kernelProfile, type ObjectSpec, open } from "node-libbpf";
import { objectPath, openOnly } from "../bpf/objects";
import { bpfLsm, isSince, kernelTest, since, trampolines } from "./needs";

/** The loaded object, or the error. */
async function loads(spec: ObjectSpec): Promise<true | BpfError> {
  try {
    (await spec.load({ precheck: "off" })).close();
    return true;
  } catch (error) {
    return error as BpfError;
  }
}

const verdictOf = (spec: ObjectSpec) => spec.check({ precheck: "tables" })[0];

/** Expects the kernel's behaviour to match the verdict. */
async function expectAgreement(spec: ObjectSpec): Promise<boolean> {
  const verdict = verdictOf(spec);
  const loaded = await loads(spec);
  expect([verdict?.program, verdict?.verdict, loaded]).toEqual([
    verdict?.program,
    loaded === true ? "allowed" : "refused",
    loaded,
  ]);
  return loaded === true;
}

const fallback = (program: string, use: number, ...made: readonly string[]) => {
  const spec = openOnly("cases/fallback", program);
  spec.variables.use = use;
  for (const map of Object.values(spec.maps))
    map.autocreate = !["ring", "table", "perf", "per_cgroup"].includes(map.name) || made.includes(map.name);
  return spec;
};

kernelTest("a map that is not created forbids nothing, and a branch that needs it is refused", [bpfLsm], async () => {
  expect(await expectAgreement(fallback("on_exec", 0, "table"))).toBe(true);
  expect(await expectAgreement(fallback("on_exec", 1, "ring", "table"))).toBe(isSince("5.12"));
  expect(await expectAgreement(fallback("on_exec", 0, "ring"))).toBe(false);
});

kernelTest("a perf buffer that is not created does not forbid a sleepable uprobe", [since("6.0")], async () => {
  expect(await expectAgreement(fallback("on_call", 1, "ring"))).toBe(true);
  expect(await expectAgreement(fallback("on_call", 0, "ring", "perf"))).toBe(false);
});

kernelTest("a configured inner map is judged, not the declared one", [bpfLsm], async () => {
  const spec = fallback("on_open", 0, "per_cgroup");
  expect(spec.check({ kernel: kernelProfile("5.15") })[0]?.reason).toBe("MAP_NOT_PREALLOCATED");
  expect(await expectAgreement(spec)).toBe(isSince("6.1"));
  spec.map("per_cgroup").inner = { flags: 0 };
  expect(spec.check({ kernel: kernelProfile("5.15") })[0]?.verdict).toBe("allowed");
  // Sleepable programs may use maps of maps since 5.12.
  expect(await expectAgreement(spec)).toBe(isSince("5.12"));
});

kernelTest("kernels without a helper refuse calls of it", [bpfLsm], async () => {
  expect(await expectAgreement(openOnly("cases/since", "with_loop"))).toBe(isSince("5.17"));
  expect(await expectAgreement(openOnly("cases/since", "of_task"))).toBe(isSince("5.18"));
});

kernelTest("kernels without a strong kfunc refuse the whole object", [bpfLsm], async () => {
  for (const program of ["calls_it", "does_without"])
    expect(await expectAgreement(openOnly("cases/strong-kfunc", program))).toBe(isSince("6.12"));
});

kernelTest("struct_ops maps with a link are refused before Linux 6.4", [trampolines], async () => {
  const spec = open(objectPath("cases/congestion"));
  const refusals = spec
    .check({ precheck: "tables" })
    .flatMap(({ findings }) => findings.filter(({ verdict }) => verdict === "refused").map(({ reason }) => reason));
  const loaded = await loads(spec);
  // Without CONFIG_MODULES the kernel registers no struct (6.12-errinj).
  expect([refusals.length === 0, loaded]).toEqual([loaded === true, loaded]);
  if (isSince("6.4")) return;
  expect(new Set(refusals)).toEqual(new Set(["MAP_FLAG_UNKNOWN"]));
  expect(loaded).toMatchObject({ code: "ERR_BPF_MAP_CREATE", map: "linked" });
  spec.map("linked").autocreate = false;
  expect(await loads(spec)).toBe(true);
});

kernelTest("missing kinds and targets are never allowed", [], async () => {
  const wrong: string[] = [];
  for (const name of Object.keys(open(objectPath("cases/targets")).programs)) {
    const spec = openOnly("cases/targets", name);
    const verdict = verdictOf(spec);
    const isThere = name.endsWith("_there");
    const loaded = await loads(spec);
    const refusedHere = loaded !== true && loaded.code === "ERR_BPF_PERMISSION";
    const [worst] = verdict?.findings ?? [];
    const agrees =
      verdict?.verdict === "allowed"
        ? isThere && (loaded === true || refusedHere)
        : !isThere || worst?.stage === "attach" || loaded !== true;
    if (!agrees) wrong.push(`${name}: ${verdict?.verdict} ${verdict?.message}; ${loaded}`);
  }
  expect(wrong).toEqual([]);
});

kernelTest("user space can't set the kernel's configuration", [], async () => {
  const spec = open(objectPath("cases/kconfig"));
  for (const name of ["LINUX_KERNEL_VERSION", "CONFIG_NO_SUCH_THING", "CONFIG_MADE_UP_NUMBER"]) {
    expect(() => {
      spec.variables[name] = 5;
    }).toThrow(
      expect.objectContaining({ code: "ERR_BPF_ARGUMENT", message: expect.stringContaining(`${name} is extern`) }),
    );
  }
  const error = await loads(spec);
  expect(error).toMatchObject({
    code: "ERR_BPF_LOAD",
    message: expect.stringMatching(/CONFIG_MADE_UP_NUMBER|Kconfig/),
  });
  const given = open(objectPath("cases/kconfig"), { kconfig: "CONFIG_MADE_UP_NUMBER=41\nCONFIG_NO_SUCH_THING=0\n" });
  using object = await given.load();
  const { returnValue } = await object.program("run").testRun({ data: new Uint8Array(64) });
  expect(returnValue).toBe(42);
});
