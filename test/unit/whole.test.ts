/** The whole programs of test/kernel/whole.test.ts, judged for releases, and for types that the test builds. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kernelProfile, open } from "node-libbpf";
import { objectPath, only } from "../bpf/objects";
import { BtfBuilder } from "../btf-builder";
import { specOf } from "../truth/whole";

function verdict(object: string, program: string, kernel = "6.12", options = {}): string {
  const [found] = only(open(objectPath(object), options), program).check({ kernel: kernelProfile(kernel) });
  return `${found?.verdict} ${found?.reason}`;
}

const ALLOWED = "allowed SLEEPABLE";
const ATOMIC = "refused ATOMIC_CONTEXT";
const UNBALANCED = "refused REGION_UNBALANCED";
const HELPER = "refused HELPER_MAY_SLEEP";
const PLAIN = "allowed NOT_SLEEPABLE_PROGRAM";
const UNKNOWN = "unknown NOT_KNOWN";

describe.each(["rcu", "preempt", "lock", "guard", "guard_irq", "irq"])("the region %s", (region) => {
  test.each([
    ["quiet", ALLOWED],
    ["helper", /lock|guard/.test(region) ? ATOMIC : ALLOWED],
    ["sleep", ATOMIC],
    ["after", ALLOWED],
    ["never_left", UNBALANCED],
    ["left_twice", UNBALANCED],
    ["not_entered", UNBALANCED],
    ["left_sometimes", UNBALANCED],
    ["early_return", UNBALANCED],
    ["branch", ALLOWED],
    ["branch_sleep", ATOMIC],
    ["static", ALLOWED],
    ["static_sleep", ATOMIC],
  ])("%s: %s", (program, expected) => {
    expect(verdict("whole-regions", `${region}_${program}`, "7.3")).toBe(expected);
  });
});

test.each([
  ["rcu_rcu", "6.12", UNBALANCED],
  ["rcu_rcu", "6.18", UNKNOWN],
  ["rcu_rcu", "7.3", ALLOWED],
  ["irq_irq", "7.3", ALLOWED],
  ["irq_irq_disorder", "7.3", UNBALANCED],
  ["lock_static", "6.8", ATOMIC],
  ["lock_static", "6.12", ALLOWED],
  ["rcu_entered_static", "6.8", UNBALANCED],
  ["rcu_entered_static", "6.12", ALLOWED],
  ["rcu_entered_static_sleep", "6.12", ATOMIC],
  ["rcu_entered_global", "7.3", UNBALANCED],
])("%s on %s: %s", (program, kernel, expected) => {
  expect(verdict("whole-regions", program, kernel)).toBe(expected);
});

test.each([
  ["nested_locks__used", "6.1", "refused MAP_FIELD_MISSING"],
  ["nested_locks__used", "6.12", PLAIN],
  ["percpu_timers__used", "6.12", "refused MAP_FIELD_MISSING"],
  ["percpu_timers__kprobe", "6.1", PLAIN],
  ["lru_locked_timers__used", "6.12", "refused MAP_FIELD_MISSING"],
  ["lru_locked_timers__kprobe", "6.1", PLAIN],
  ["rhash_timers__used", "7.3", PLAIN],
  ["rhash_timers__used", "6.12", "refused MAP_TYPE_UNKNOWN"],
  ["rhash_lists__kprobe", "7.3", PLAIN],
])("special fields of values: %s on %s: %s", (program, kernel, expected) => {
  const [found] = specOf("whole-maps", [program]).check({ kernel: kernelProfile(kernel) });
  expect(`${found?.verdict} ${found?.reason}`).toBe(expected);
});

test("if the object has an unmet requirement, none of its programs loads", () => {
  expect(verdict("whole-strong", "calls_none", "6.1")).toBe("refused KFUNC_NOT_AVAILABLE");
  expect(verdict("whole-strong", "calls_none", "6.12")).toBe(PLAIN);
});

describe("results of CO-RE with the kernel's types", () => {
  const folder = mkdtempSync(join(tmpdir(), "node-libbpf-"));
  const btfPath = join(folder, "kernel.btf");
  afterAll(() => rmSync(folder, { recursive: true }));

  beforeAll(() => {
    const kernel = new BtfBuilder();
    const int = kernel.int("int", 4, "signed");
    const inner = kernel.struct("union", "", 4, [{ name: "pid", type: int, offset: 0 }]);
    kernel.struct("struct", "task_struct", 4096, [{ name: "", type: inner, offset: 64 }]);
    kernel.enumeration("bpf_map_type", 4, false, [["BPF_MAP_TYPE_HASH", 1n]]);
    writeFileSync(btfPath, kernel.build().bytes);
  });

  test.each([
    ["type_here", HELPER],
    ["type_none", PLAIN],
    ["type_not_none", HELPER],
    ["type_since", PLAIN],
    ["field_here", HELPER],
    ["field_none", PLAIN],
    ["field_of_flavor", PLAIN],
    ["field_of_other_kind", PLAIN],
    ["field_size", PLAIN],
    ["field_size_right", HELPER],
    ["type_size", PLAIN],
    ["enumerator_here", HELPER],
    ["enumerator_since", PLAIN],
    ["enumerator_none", PLAIN],
    ["enumerator_value", HELPER],
    ["enumerator_other", PLAIN],
    ["enum_none", PLAIN],
    ["reads", PLAIN],
    ["reads_none", "refused FIELD_NOT_FOUND"],
    ["reads_none_guarded", PLAIN],
    // A run-time value: the verifier follows both branches.
    ["reads_none_maybe", "refused FIELD_NOT_FOUND"],
    ["copies_none", "refused FIELD_NOT_FOUND"],
    ["copies_other", "refused FIELD_NOT_FOUND"],
    ["size_of_none", PLAIN],
  ])("%s: %s", (program, expected) => {
    expect(verdict("whole-constants", program, "6.12", { btfPath })).toBe(expected);
  });

  test("without the types nothing is decided", () => {
    expect(verdict("whole-constants", "type_none")).toBe(UNKNOWN);
    expect(verdict("whole-constants", "reads_none")).toBe(PLAIN);
    expect(verdict("whole-constants", "type_none", "6.12", { btfPath: "/no/such/file" })).toBe(UNKNOWN);
  });
});
