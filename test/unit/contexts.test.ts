/**
 * Whole programs whose calls are in regions where nothing may sleep, in contexts where everything may, or after
 * branches.
 */
import { kernelProfile } from "node-libbpf";
import { open } from "../bpf/contexts.bpf";
import { only } from "../bpf/objects";

/** For the releases whose kernels test/kernel/precheck.test.ts asks the same. */
const ON = ["6.1", "6.12", "7.3"];

type Name = keyof ReturnType<typeof open>["programs"];

function verdicts(program: Name, on: readonly string[] = ON): string[] {
  return on.map((kernel) => {
    const [verdict] = only(open(), program).check({ kernel: kernelProfile(kernel) });
    return `${verdict?.verdict} ${verdict?.reason}`;
  });
}

const ALLOWED = "allowed SLEEPABLE";
const PLAIN = "allowed NOT_SLEEPABLE_PROGRAM";
const ATOMIC = "refused ATOMIC_CONTEXT";
const UNSAFE = "unsafe ATOMIC_CONTEXT";
const HELPER = "refused HELPER_MAY_SLEEP";
const KFUNC = "refused KFUNC_NOT_AVAILABLE";
const LOCK = "refused MAP_SPIN_LOCK";
const UNKNOWN = "unknown NOT_KNOWN";

describe("callbacks have their own context", () => {
  test.each<[Name, string[]]>([
    ["timer", [UNSAFE, UNSAFE, ATOMIC]],
    ["timer_global", [UNSAFE, UNSAFE, ATOMIC]],
    ["timer_plain", [HELPER, HELPER, HELPER]],
    ["work", [KFUNC, ALLOWED, ALLOWED]],
    ["work_plain", [KFUNC, PLAIN, PLAIN]],
    ["walk_hash", [UNSAFE, UNSAFE, UNSAFE]],
    ["walk_array", [ALLOWED, ALLOWED, ALLOWED]],
    ["walk_plain", [HELPER, HELPER, HELPER]],
    ["loop", [ALLOWED, ALLOWED, ALLOWED]],
    ["loop_plain", [HELPER, HELPER, HELPER]],
  ])("%s on 6.1, 6.12, 7.3: %j", (program, expected) => {
    expect(verdicts(program)).toEqual(expected);
  });
});

test("whether 6.18 accepts a sleeping call in a timer's callback is unknown", () => {
  expect(verdicts("timer", ["6.17", "6.18", "6.19"])).toEqual([UNSAFE, UNKNOWN, ATOMIC]);
});

describe("regions where nothing may sleep", () => {
  test.each<[Name, string[]]>([
    ["rcu", [KFUNC, ATOMIC, ATOMIC]],
    ["rcu_static", [KFUNC, ATOMIC, ATOMIC]],
    ["rcu_over", [KFUNC, ALLOWED, ALLOWED]],
    ["rcu_either", [KFUNC, ATOMIC, ATOMIC]],
    ["rcu_global", [KFUNC, UNSAFE, ATOMIC]],
    ["rcu_count", [KFUNC, ALLOWED, ALLOWED]],
    ["preempt", [KFUNC, ATOMIC, ATOMIC]],
    ["preempt_twice", [KFUNC, ATOMIC, ATOMIC]],
    ["preempt_count_global", [KFUNC, ATOMIC, ALLOWED]],
    ["irq", [KFUNC, KFUNC, ATOMIC]],
    ["lock", [LOCK, ATOMIC, ATOMIC]],
    ["lock_over", [LOCK, ALLOWED, ALLOWED]],
    ["lock_global", [LOCK, ATOMIC, ATOMIC]],
  ])("%s on 6.1, 6.12, 7.3: %j", (program, expected) => {
    expect(verdicts(program)).toEqual(expected);
  });
});

describe("branches on constants are decided", () => {
  test("a variable of .rodata with its configured value", () => {
    const spec = only(open(), "constant");
    const kernel = kernelProfile("6.12");
    expect(spec.check({ kernel })).toMatchObject([{ verdict: "allowed" }]);
    spec.variables.enabled = true;
    expect(spec.check({ kernel })).toMatchObject([{ verdict: "refused", reason: "HELPER_MAY_SLEEP" }]);
  });

  test("a bit of it, and its size", () => {
    const spec = only(open(), "constant_mask");
    const kernel = kernelProfile("6.12");
    const on = (mask: number) => {
      spec.variables.mask = mask;
      return spec.check({ kernel })[0]?.verdict;
    };
    expect([7, 8, 9, 10, 0x1000].map(on)).toEqual(["allowed", "refused", "refused", "refused", "refused"]);
  });

  test("the kernel's version", () => {
    expect(verdicts("version", ["5.19", "6.0", "6.12.40"])).toEqual([PLAIN, HELPER, HELPER]);
  });

  test("a map that is not created, behind a constant branch and not", () => {
    const on = (program: Name) => {
      const spec = only(open(), program);
      spec.map("hash").autocreate = false;
      return spec;
    };
    const kernel = kernelProfile("6.12");
    const unmade = on("unmade");
    expect(unmade.check({ kernel })).toMatchObject([{ verdict: "allowed" }]);
    unmade.variables.enabled = true;
    expect(unmade.check({ kernel })).toMatchObject([{ verdict: "refused", reason: "MAP_NOT_CREATED" }]);
    expect(on("made").check({ kernel })).toMatchObject([{ verdict: "refused", reason: "MAP_NOT_CREATED" }]);
  });
});

test.each<Name>([
  "pruned_mask",
  "pruned_local",
  "pruned_null",
  "pruned_range",
  "pruned_twice",
  "pruned_loop",
  "loop_never",
])("branches that only the verifier decides are unknown: %s", (program) => {
  expect(verdicts(program)).toEqual([UNKNOWN, UNKNOWN, UNKNOWN]);
});

test("code after bpf_throw() is never reached", () => {
  expect(verdicts("thrown", ["6.12", "7.3"])).toEqual([PLAIN, PLAIN]);
});

test.each<Name>(["seen_both", "seen_found", "seen_after"])(
  "what the verifier is sure to see is refused: %s",
  (program) => {
    expect(verdicts(program)).toEqual([HELPER, HELPER, HELPER]);
  },
);
