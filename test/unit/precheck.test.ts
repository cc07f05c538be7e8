/** The precheck in the API: check(), load(), and the error that lists everything. */
import {
  type KernelFacts,
  kernelFacts,
  kernelProfile,
  kernelProfiles,
  type LoadOptions,
  type ReasonCode,
  SleepableError,
} from "node-libbpf";
import { open } from "../bpf/mistakes.bpf";
import { only, openOnly } from "../bpf/objects";

const reasons = (kernel: KernelFacts) =>
  Object.fromEntries(
    open()
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

test("on 5.10 an iterator that can't sleep is accepted, and unsafe", () => {
  expect(reasons(kernelProfile("debian-5.10"))).toEqual({ ...EXPECTED, on_map: "ITER_UNDER_RCU" });
});

test("load() lists all five, each with its remedy, for any privilege", async () => {
  const error = await open()
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

test("programs that are not loaded are not judged", () => {
  expect(only(open(), "on_exec").check({ precheck: "tables" })).toHaveLength(1);
  expect(only(open()).check()).toEqual([]);
});

test("a changed setting changes the verdict", () => {
  const object = only(open(), "on_permission");
  object.programs.on_permission.attachTarget = "file_open";
  const kernel = kernelProfile("6.12");
  expect(object.check({ kernel })[0]).toMatchObject({ verdict: "allowed", reason: "SLEEPABLE" });
  expect(object.check({ kernel: kernelProfile("debian-5.10") })[0]).toMatchObject({ reason: "HOOK_NOT_SLEEPABLE" });
  object.programs.on_permission.sleepable = false;
  expect(object.check({ kernel: kernelProfile("debian-5.10") })[0]).toMatchObject({ reason: "NOT_SLEEPABLE_PROGRAM" });
});

test("options that do not exist or do not fit", async () => {
  await expect(open().load({ precheck: "sometimes" } as unknown as LoadOptions)).rejects.toMatchObject({
    code: "ERR_BPF_ARGUMENT",
    message: expect.stringContaining('"auto", "tables", "probe" or "off"'),
  });
  await expect(open().load({ allowUnsafe: 1 } as unknown as LoadOptions)).rejects.toThrow(
    /allowUnsafe must be a boolean/,
  );
  await expect(open().load({ verbose: true } as unknown as LoadOptions)).rejects.toThrow(/has no option "verbose"/);
  expect(() => open().check({ precheck: "off" } as never)).toThrow(/must be "auto", "tables" or "probe", got "off"/);
  expect(() => open().check({ kernel: {} as KernelFacts })).toThrow(/kernelFacts\(\), kernelProfile\(\)/);
});

test("every finding has the source of its rule, and its inputs", () => {
  for (const name of kernelProfiles()) {
    for (const { findings } of open().check({ kernel: kernelProfile(name) })) {
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

test("a program with an unknown section, or without a target, gets a verdict, and so do the others", () => {
  const verdicts = openOnly("refused", "no_sleep", "unknown_section", "no_target").check({
    kernel: kernelProfile("6.12"),
  });
  const told = verdicts.map(({ program, verdict, message }) => [program, `${verdict}: ${message}`]);
  expect(Object.fromEntries(told)).toEqual({
    no_sleep: expect.stringMatching(/^refused: task_free cannot sleep/),
    unknown_section: 'unknown: the section "my/section" is unknown',
    no_target: 'unknown: SEC("fentry") has no attach target',
  });
});
