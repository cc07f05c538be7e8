/** The precheck where users meet it: check(), load(), and the error that lists everything at once. */
import {
  type KernelFacts,
  kernelFacts,
  kernelProfile,
  kernelProfiles,
  type LoadOptions,
  open,
  type ReasonCode,
  SleepableError,
} from "node-libbpf";
import { objectPath, openOnly } from "../bpf/objects";

const spec = () => open(objectPath("mistakes"));
const reasons = (kernel: KernelFacts) =>
  Object.fromEntries(
    spec()
      .check({ kernel })
      .map(({ program, reason }) => [program, reason]),
  );

const EXPECTED: Record<string, ReasonCode> = {
  on_permission: "HOOK_NOT_SLEEPABLE",
  on_typo: "HOOK_NOT_FOUND",
  on_exec: "MAP_TYPE_NOT_SLEEPABLE",
  on_map: "ITER_NOT_SLEEPABLE",
  on_check: "HELPER_MAY_SLEEP",
};

test.each(["5.18", "6.1", "6.12", "7.3", "debian-6.1", "debian-7.3"])("five mistakes, on %s", (name) => {
  expect(reasons(kernelProfile(name))).toEqual(EXPECTED);
});

test("on 5.10 an iterator that can't sleep is taken, and unsafe", () => {
  expect(reasons(kernelProfile("debian-5.10"))).toEqual({ ...EXPECTED, on_map: "ITER_UNDER_RCU" });
});

test("load() names all five, each with its remedy, whoever asks", async () => {
  const error = await spec()
    .load({ precheck: "tables" })
    .then(
      () => undefined,
      (thrown: SleepableError) => thrown,
    );
  expect(error).toBeInstanceOf(SleepableError);
  expect(error).toMatchObject({ code: "ERR_BPF_SLEEPABLE", operation: "load" });
  const bad = error?.verdicts.map(({ program }) => program) ?? [];
  expect(new Set(bad)).toEqual(new Set(Object.keys(EXPECTED)));
  for (const { program, findings } of error?.verdicts ?? []) {
    const found = findings.filter(({ verdict }) => verdict === "refused" || verdict === "unsafe");
    expect(found.length).toBeGreaterThan(0);
    for (const { message, remedy } of found) {
      expect(remedy).toBeTruthy();
      expect(error?.message).toContain(`${program} (`);
      expect(error?.message).toContain(message);
      expect(error?.message).toContain(remedy);
    }
  }
  expect(error?.message).toContain("file_open can since Linux 5.11");
  expect(error?.message).toContain("did you mean file_open?");
  expect(error?.message).toContain("use ringbuf");
});

test("what is not loaded is not judged", () => {
  expect(openOnly("mistakes", "on_exec").check({ precheck: "tables" })).toHaveLength(1);
  expect(openOnly("mistakes").check()).toEqual([]);
});

test("a setting that is changed changes the verdict", () => {
  const object = openOnly("mistakes", "on_permission");
  object.program("on_permission").attachTarget = "file_open";
  const kernel = kernelProfile("6.12");
  expect(object.check({ kernel })[0]).toMatchObject({ verdict: "allowed", reason: "SLEEPABLE" });
  expect(object.check({ kernel: kernelProfile("debian-5.10") })[0]).toMatchObject({ reason: "HOOK_NOT_SLEEPABLE" });
  object.program("on_permission").sleepable = false;
  expect(object.check({ kernel: kernelProfile("debian-5.10") })[0]).toMatchObject({ reason: "NOT_SLEEPABLE_PROGRAM" });
});

test("options that do not exist or do not fit", async () => {
  await expect(spec().load({ precheck: "sometimes" } as unknown as LoadOptions)).rejects.toMatchObject({
    code: "ERR_BPF_ARGUMENT",
    message: expect.stringContaining("auto, tables, probe, off"),
  });
  await expect(spec().load({ allowUnsafe: 1 } as unknown as LoadOptions)).rejects.toThrow(
    /allowUnsafe must be a boolean/,
  );
  await expect(spec().load({ verbose: true } as unknown as LoadOptions)).rejects.toThrow(/has no option "verbose"/);
  expect(() => spec().check({ precheck: "off" } as never)).toThrow(/auto, tables, probe/);
  expect(() => spec().check({ kernel: {} as KernelFacts })).toThrow(/kernelFacts\(\), kernelProfile\(\)/);
});

test("every finding says where its rule is to be read, and what was looked at", () => {
  for (const name of kernelProfiles()) {
    for (const { findings } of spec().check({ kernel: kernelProfile(name) })) {
      for (const found of findings) {
        expect(found.source.file).not.toBe("");
        expect(found.inputs.length).toBeGreaterThan(0);
        for (const input of found.inputs) expect(input.origin).not.toBe("");
      }
    }
  }
});

test("facts are plain JSON, and every one has an origin or a reason", () => {
  const facts = kernelFacts();
  expect(JSON.parse(JSON.stringify(facts))).toEqual(facts);
  const { format, ...others } = facts;
  expect(format).toBe(1);
  for (const fact of Object.values(others)) {
    expect("value" in fact ? fact.origin : fact.unknown).toMatch(/./);
  }
});
