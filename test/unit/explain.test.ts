/** The messages of every kernel of the tests, stored by scripts/capture-logs.ts, and messages of other kernels. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { open, VerifierError } from "node-libbpf";
import { compareVersions } from "../../lib/compare-versions";
import { loadError } from "../../lib/object/load-error";
import { summarise } from "../../lib/object/verifier-log";
import { ProgramSpec } from "../../lib/program/program-spec";
import { explain, type Refusal } from "../../lib/sleepable/explain";
import { RULES, WORDLESS } from "../../lib/sleepable/refusal-rules";
import type { ReasonCode } from "../../lib/verdict";
import { KERNELS, MATRIX, UNSEEN } from "../../scripts/kernels";
import { PROJECT_ROOT } from "../../scripts/places";
import { objectPath } from "../bpf/objects";
import { type Answered, isPlain, OBJECTS } from "../bpf/refusals";

/** "taken": accepted; "missing": this kernel has no such target; "unexplained": refused for a reason without a code. */
type Expected = ReasonCode | "taken" | "missing" | "unexplained";
/** The result, keyed by the first kernel that gives it; a kernel with error injection behaves like its series, unless it is named. */
type Spans = Expected | Readonly<Partial<Record<Series, Expected>>>;
type Series = (typeof CAPTURED)[number];

/** The kernels of test/logs, the oldest first. */
const CAPTURED = [...KERNELS.filter((kernel) => kernel !== MATRIX.newest), ...UNSEEN, MATRIX.newest];

const EXPECTED: Readonly<Record<string, Spans>> = {
  hook_not_sleepable: "HOOK_NOT_SLEEPABLE",
  hook_disabled: { "5.10": "HOOK_NOT_SLEEPABLE", "6.1": "HOOK_DISABLED" },
  plain_hook_disabled: { "5.10": "taken", "6.1": "HOOK_DISABLED" },
  plain_not_a_hook: "NOT_A_HOOK",
  hook_signature: { "5.10": "TARGET_SIGNATURE", "6.1": "HOOK_NOT_SLEEPABLE", "6.12": "taken" },
  // 6.16 and 6.18 fail to refuse it: 5b038319be44.
  lsm_cgroup: {
    "5.10": "KIND_UNKNOWN",
    "6.1": "LSM_CGROUP_NOT_SLEEPABLE",
    "6.16": "taken",
    "7.3": "LSM_CGROUP_NOT_SLEEPABLE",
  },
  function_not_sleepable: "TARGET_NOT_SLEEPABLE",
  function_must_not_sleep: { "5.10": "TARGET_NOT_SLEEPABLE", "6.12": "missing" },
  function_noreturn: {
    "5.10": "TARGET_NOT_SLEEPABLE",
    "5.10-errinj": "taken",
    "6.12-errinj": "TARGET_NORETURN",
    "7.3": "TARGET_NORETURN",
  },
  plain_function_noreturn: { "5.10": "taken", "6.12": "TARGET_NORETURN" },
  plain_function_denied: { "5.10": "missing", "6.1": "TARGET_DENIED" },
  plain_function_not_modifiable: "TARGET_NOT_MODIFIABLE",
  function_of_hook: "TARGET_NOT_SLEEPABLE",
  session: { "5.10": "KIND_UNKNOWN", "7.3": "TARGET_NOT_SLEEPABLE" },
  tp_btf: { "5.10": "taken", "6.12": "TRACEPOINT_NOT_FAULTABLE" },
  attach_raw_tp: { "5.10": "KIND_NOT_SLEEPABLE", "7.3": "TRACEPOINT_NOT_FAULTABLE" },
  attach_tracepoint: { "5.10": "KIND_NOT_SLEEPABLE", "7.3": "TRACEPOINT_NOT_FAULTABLE" },
  attach_iter: { "5.10": "taken", "6.1": "ITER_NOT_SLEEPABLE" },
  attach_cgroup_iter: { "5.10": "missing", "6.1": "OTHER" },
  kind_xdp: "KIND_NOT_SLEEPABLE",
  plain_syscall: { "5.10": "KIND_UNKNOWN", "6.1": "KIND_MUST_SLEEP" },
  attach_kprobe: { "5.10": "KIND_NOT_SLEEPABLE", "6.1": "KPROBE_NOT_SLEEPABLE" },
  // Debian's 6.1 cloud kernel has no CONFIG_FPROBE: EOPNOTSUPP.
  // 6.16 and 6.18 accept it: eb7024bfcc5f.
  attach_kprobe_multi: {
    "5.10": "KIND_NOT_SLEEPABLE",
    "6.1": "unexplained",
    "6.12": "KPROBE_MULTI_NOT_SLEEPABLE",
    "6.16": "taken",
    "7.3": "KPROBE_MULTI_NOT_SLEEPABLE",
  },
  plain_helper: "HELPER_MAY_SLEEP",
  plain_uprobe_helper: "HELPER_MAY_SLEEP",
  plain_task_helper: { "5.10": "HELPER_NOT_AVAILABLE", "6.1": "HELPER_MAY_SLEEP" },
  helper_of_another_kind: "HELPER_NOT_AVAILABLE",
  // Since 6.16, or a release before, all kinds may call it, if they are sleepable.
  plain_helper_of_another_kind: { "5.10": "HELPER_NOT_AVAILABLE", "6.16": "HELPER_MAY_SLEEP" },
  plain_ima_helper: { "5.10": "HELPER_NOT_AVAILABLE", "6.1": "HELPER_MAY_SLEEP" },
  plain_path_helper: "HELPER_NOT_AVAILABLE",
  plain_global_function: { "5.10": "HELPER_MAY_SLEEP", "6.16": "FUNCTION_MAY_SLEEP" },
  rcu_helper: { "5.10": "KFUNC_NOT_AVAILABLE", "6.12": "ATOMIC_CONTEXT" },
  preempt_helper: { "5.10": "KFUNC_NOT_AVAILABLE", "6.12": "ATOMIC_CONTEXT" },
  irq_helper: { "5.10": "KFUNC_NOT_AVAILABLE", "6.16": "ATOMIC_CONTEXT" },
  // 6.12 does not check a global function that is called under RCU (since 6.15: e2d8f560d178).
  rcu_global_function: { "5.10": "KFUNC_NOT_AVAILABLE", "6.12": "taken", "6.16": "ATOMIC_CONTEXT" },
  plain_kfunc: { "5.10": "KFUNC_NOT_AVAILABLE", "6.12": "KFUNC_MAY_SLEEP" },
  rcu_kfunc: { "5.10": "KFUNC_NOT_AVAILABLE", "6.12": "ATOMIC_CONTEXT" },
  preempt_kfunc: { "5.10": "KFUNC_NOT_AVAILABLE", "6.12": "ATOMIC_CONTEXT" },
  rcu_pointer: { "5.10": "HELPER_NOT_AVAILABLE", "6.1": "KFUNC_NOT_AVAILABLE", "6.12": "POINTER_NOT_TRUSTED" },
  // The lock is already held: 7.3's message says more than any code.
  rcu_untrusted_pointer: {
    "5.10": "HELPER_NOT_AVAILABLE",
    "6.1": "KFUNC_NOT_AVAILABLE",
    "6.12": "unexplained",
    "7.3": "OTHER",
  },
  plain_css_iterator: "KFUNC_NOT_AVAILABLE",
  missing_kfunc: "KFUNC_NOT_AVAILABLE",
  map_hash: { "5.10": "MAP_NOT_PREALLOCATED", "6.1": "taken" },
  map_percpu_array: { "5.10": "MAP_TYPE_NOT_SLEEPABLE", "6.1": "taken" },
  map_ringbuf: { "5.10": "MAP_TYPE_NOT_SLEEPABLE", "6.1": "taken" },
  map_storage: { "5.10": "MAP_TYPE_NOT_SLEEPABLE", "6.1": "taken" },
  map_queue: { "5.10": "MAP_TYPE_NOT_SLEEPABLE", "6.12": "taken" },
  map_programs: { "5.10": "MAP_TYPE_NOT_SLEEPABLE", "7.3": "taken" },
  map_trie: { "5.10": "MAP_TYPE_NOT_SLEEPABLE", "7.3": "taken" },
  map_perf: "MAP_TYPE_NOT_SLEEPABLE",
  map_stacks: "MAP_TYPE_NOT_SLEEPABLE",
  map_locks: { "5.10": "taken", "6.1": "MAP_SPIN_LOCK", "6.12": "taken" },
  map_timers: "taken",
  uprobe_locks: { "5.10": "KIND_NOT_SLEEPABLE", "6.1": "MAP_SPIN_LOCK" },
  uprobe_timers: { "5.10": "KIND_NOT_SLEEPABLE", "6.1": "MAP_TIMER", "7.3": "taken" },
  uprobe_works: { "5.10": "KIND_NOT_SLEEPABLE", "6.1": "taken", "6.12": "MAP_TIMER", "7.3": "taken" },
  uprobe_lists: { "5.10": "KIND_NOT_SLEEPABLE", "6.1": "MAP_SPIN_LOCK" },
  plain_socket_locks: "MAP_SPIN_LOCK",
  plain_perf_hash: { "5.10": "MAP_NOT_PREALLOCATED", "6.1": "taken" },
  lock_helper: { "5.10": "HELPER_NOT_AVAILABLE", "6.1": "MAP_SPIN_LOCK", "6.12": "ATOMIC_CONTEXT" },
  // 5.10 does not support callbacks; up to 6.16 a timer's callback may sleep if the program may.
  timer_helper: { "5.10": "unexplained", "6.1": "taken", "6.18": "ATOMIC_CONTEXT" },
  struct_ops_member: {
    "5.10": "STRUCT_OPS_NOT_FOUND",
    "6.1": "KIND_NOT_SLEEPABLE",
    "6.12": "STRUCT_OPS_MEMBER_NOT_SLEEPABLE",
  },
  licence_lsm: "LICENSE_NOT_GPL",
  licence_helper: { "5.10": "KIND_NOT_SLEEPABLE", "6.1": "LICENSE_NOT_GPL" },
  licence_kfunc: { "5.10": "KIND_NOT_SLEEPABLE", "6.1": "KFUNC_NOT_AVAILABLE", "6.12": "LICENSE_NOT_GPL" },
  plain_licence_iter: { "5.10": "taken", "6.12": "LICENSE_NOT_GPL" },
  // Mistakes in the program's body, which have no code; 7.3 explains some.
  plain_verdict_range: { "5.10": "unexplained", "7.3": "OTHER" },
  plain_verdict_lock: "ATOMIC_CONTEXT",
  plain_verdict_reference: { "5.10": "unexplained", "7.3": "OTHER" },
  plain_verdict_loop: "unexplained",
  plain_verdict_argument: "unexplained",
  plain_verdict_packet: { "5.10": "unexplained", "7.3": "OTHER" },
  plain_verdict_result: "unexplained",
  plain_verdict_callee: "unexplained",
};

/** Text that the error's message must contain: two lines of the log if the kernel's message has two. */
const VERDICTS: Readonly<Record<string, RegExp>> = {
  plain_verdict_range:
    /^invalid access to map value, value_size=16 off=60 size=4; R\d max value is outside of the (allowed memory|array) range$/,
  plain_verdict_lock:
    /^(function calls are not allowed while holding a lock|global function calls are not allowed while holding a lock, use static function instead)$/,
  plain_verdict_reference:
    /^Unreleased reference id=\d+ alloc_insn=\d+(; BPF_EXIT instruction in main prog would lead to reference leak)?$/,
  plain_verdict_loop: /^infinite loop detected at insn 1$/,
  plain_verdict_argument:
    /^func 'bpf_lsm_file_open' doesn't have \d-th argument; invalid bpf_context access off=64 size=8$/,
  plain_verdict_packet:
    /^invalid access to packet, off=0 size=1, R1\(.*\); R1 (offset is outside of the packet|min value is outside of the allowed memory range)$/,
  plain_verdict_result: /^At program exit the register R0 has .* should have been in \S+( \S+)?$/,
  plain_verdict_callee:
    /^(Arg#0 type PTR in reads\(\) is not supported yet\.|invalid .*stack R1 off=-1 size=8; Caller passes invalid args into func#1( \('reads'\))?)$/,
};

function expectedOf(program: string, kernel: string): Expected | undefined {
  const spans = EXPECTED[program];
  if (typeof spans !== "object") return spans;
  const upTo = CAPTURED.slice(0, CAPTURED.indexOf(kernel.replace("-errinj", "") as Series) + 1);
  const plain = upTo.filter((series) => !series.endsWith("-errinj"));
  return spans[kernel as Series] ?? plain.map((series) => spans[series]).findLast((expected) => expected !== undefined);
}

const specs = Object.assign({}, ...OBJECTS.map((object) => open(objectPath(object)).programs)) as Readonly<
  Record<string, ProgramSpec>
>;
const logs: readonly [string, Answered[]][] = CAPTURED.map((kernel) => [
  kernel,
  JSON.parse(readFileSync(join(PROJECT_ROOT, "test/logs", `${kernel}.json`), "utf8")) as Answered[],
]);

function refusalOf({ program: name, stage, errno, log }: Answered): Refusal {
  const spec = specs[name];
  if (spec === undefined) throw new Error(`no program ${name}`);
  const { kind, section, attachTarget: target } = spec;
  const program = { kind, section, sleepable: !isPlain(name), ...(target !== undefined && { target }) };
  return { errno, log, stage, program };
}

function outcomeOf(answer: Answered): Expected | undefined {
  if (answer.verdict === "loaded" || answer.verdict === "attached") return "taken";
  if (answer.verdict !== "refused") return "missing";
  return explain(refusalOf(answer))?.reason ?? "unexplained";
}

describe.each(logs)("Linux %s", (kernel, answers) => {
  test("test/logs has every program", () => {
    expect(answers.map(({ program }) => program).sort()).toEqual(Object.keys(specs).sort());
  });

  test("every answer is understood", () => {
    const found = answers.map((answer) => [answer.program, outcomeOf(answer)]);
    const expected = answers.map(({ program }) => [program, expectedOf(program, kernel)]);
    expect(found).toEqual(expected);
  });

  test("an explanation has a remedy, and a line that is in the log", () => {
    for (const answer of answers.filter(({ verdict }) => verdict === "refused")) {
      const explanation = explain(refusalOf(answer));
      if (explanation === undefined) continue;
      expect(explanation).toMatchObject({
        message: expect.stringMatching(/^[\w{].*[^.]$/),
        remedy: expect.any(String),
      });
      expect(explanation.source.file).toMatch(/^(kernel\/|libbpf: )/);
      if (explanation.line === undefined) expect(summarise(answer.log)).toBeUndefined();
      else expect(answer.log).toContain(explanation.line);
    }
  });

  test("the summary has all lines with the reason, and no others", () => {
    for (const { program, log, verdict } of answers) {
      const said = VERDICTS[program];
      if (said === undefined || verdict !== "refused") continue;
      expect([program, summarise(log)]).toEqual([program, expect.stringMatching(said)]);
    }
  });

  test("the summary is the kernel's verdict, not its hints", () => {
    for (const { log } of answers) {
      const summary = summarise(log);
      if (log.length > 1) expect(summary).not.toMatch(/^(Move|Use|Release) /);
    }
  });
});

test("a release in a remedy accepts what the releases before it refuse", () => {
  const untrue: string[] = [];
  for (const [kernel, answers] of logs) {
    for (const answer of answers.filter(({ verdict }) => verdict === "refused")) {
      const { reason, remedy = "" } = explain(refusalOf(answer)) ?? {};
      const [, release] = /require Linux (\d+\.\d+)/.exec(remedy) ?? [];
      if (release === undefined) continue;
      const newer = logs.filter(([other]) => compareVersions(other.replace("-errinj", ""), release) >= 0);
      for (const [other, theirs] of newer) {
        const again = theirs.find(({ program }) => program === answer.program);
        if (again !== undefined && outcomeOf(again) === reason) {
          untrue.push(`${answer.program} on ${kernel}: ${remedy}, and on ${other} the same`);
        }
      }
    }
  }
  expect(untrue).toEqual([]);
});

const lsm = { kind: "lsm", sleepable: true, target: "file_open" };
const plain = { ...lsm, sleepable: false };
const uprobe = { kind: "uprobe", sleepable: true };
const structOps = { kind: "struct_ops", sleepable: true };
const STATISTICS = "processed 0 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0";

/** Messages that no kernel of the tests prints for the programs above: errno, log, program, reason. */
const WORDINGS: readonly [string, string[], Refusal["program"], ReasonCode | undefined][] = [
  ["EINVAL", ["Only fentry/fexit/fmod_ret and lsm programs can be sleepable"], uprobe, "KIND_NOT_SLEEPABLE"],
  ["EINVAL", ["Program of this type cannot be sleepable"], { kind: "lsm_cgroup" }, "LSM_CGROUP_NOT_SLEEPABLE"],
  ["EINVAL", ["Program of this type cannot be sleepable"], undefined, "KIND_NOT_SLEEPABLE"],
  ["EINVAL", ["BPF_LSM_CGROUP programs cannot be sleepable"], undefined, "LSM_CGROUP_NOT_SLEEPABLE"],
  ["EINVAL", ["Extension program may sleep, while original does not"], undefined, "REPLACED_NOT_SLEEPABLE"],
  ["ENOENT", ["The address of function freed_function cannot be found"], undefined, "TARGET_NOT_FOUND"],
  ["EINVAL", ["The function f has 13 arguments. Too many."], lsm, "TARGET_SIGNATURE"],
  ["EINVAL", ["The function f return type STRUCT is unsupported."], lsm, "TARGET_SIGNATURE"],
  ["ENOTSUPP", ["attach_btf_id 7 is not a supported struct"], structOps, "STRUCT_OPS_NOT_FOUND"],
  [
    "ENOTSUPP",
    ["attach to unsupported member get_info of struct tcp_congestion_ops"],
    structOps,
    "STRUCT_OPS_NOT_FOUND",
  ],
  [
    "EINVAL",
    ["attach to unsupported member match of struct binfmt_misc_ops"],
    { ...structOps, sleepable: false },
    "KIND_MUST_SLEEP",
  ],
  ["EINVAL", ["bpf_struct_ops map cannot be used in prog"], lsm, "MAP_TYPE_NOT_SLEEPABLE"],
  ["EINVAL", ["Sleepable programs can only use array, hash, and ringbuf maps"], lsm, "MAP_TYPE_NOT_SLEEPABLE"],
  ["EINVAL", ["sleepable progs cannot use bpf_spin_lock yet"], lsm, "MAP_SPIN_LOCK"],
  // 6.1 before 6.1.189, and 6.12.
  ["EINVAL", ["unknown func bpf_copy_from_user_task#191"], plain, "HELPER_MAY_SLEEP"],
  ["EINVAL", ["program of this type cannot use helper bpf_copy_from_user#148"], plain, "HELPER_MAY_SLEEP"],
  ["EINVAL", ["program of this type cannot use helper bpf_copy_from_user#148"], lsm, "HELPER_NOT_AVAILABLE"],
  ["EINVAL", ["helper call might sleep in a non-sleepable prog"], lsm, "ATOMIC_CONTEXT"],
  ["EINVAL", ["sleepable helper bpf_copy_from_user#148 in lock region"], lsm, "ATOMIC_CONTEXT"],
  ["EINVAL", ["kernel function bpf_lookup_user_key is sleepable but the program is not"], plain, "KFUNC_MAY_SLEEP"],
  ["EACCES", ["kernel func bpf_key_put is sleepable within IRQ-disabled region"], lsm, "ATOMIC_CONTEXT"],
  ["EACCES", ["kernel func bpf_key_put is sleepable within non-sleepable prog"], plain, "KFUNC_MAY_SLEEP"],
  ["EACCES", ["calling kernel function bpf_key_put is not allowed"], lsm, "KFUNC_NOT_AVAILABLE"],
  ["EINVAL", ["invalid kernel function call not eliminated in verifier pass"], lsm, "KFUNC_NOT_AVAILABLE"],
  ["EINVAL", ["R1 type=untrusted_ptr_ expected=ptr_, trusted_ptr_, rcu_ptr_"], lsm, "POINTER_NOT_TRUSTED"],
  ["EINVAL", ["R1 must be referenced or trusted"], plain, undefined],
  // The block of 7.3 without the short line before it.
  [
    "EINVAL",
    [
      "Verification failed: Execution Context Safety: Operation is not allowed in this context",
      "Reason:",
      "  The operation sleepable global function copies() cannot be used in RCU read lock region because",
      "  RCU read-side critical sections cannot call operations that may sleep.",
      "Suggestion:",
      "  Move it.",
    ],
    lsm,
    "ATOMIC_CONTEXT",
  ],
  [
    "EACCES",
    ["Reason: is not sleepable", "Verification failed: Policy: No", "Reason:", "  Not today.", STATISTICS],
    lsm,
    "OTHER",
  ],
  // A source line that looks like a verdict must not count.
  ["EACCES", ["; bpf_lsm_x is not sleepable", "0: (95) exit", "R0 !read_ok"], lsm, undefined],
  // No message.
  ["EINVAL", [], lsm, "FLAG_UNKNOWN"],
  ["EINVAL", [], plain, undefined],
  ["EINVAL", [], { kind: "syscall", sleepable: true }, "KIND_UNKNOWN"],
  ["EINVAL", [STATISTICS], lsm, undefined],
  ["EPERM", [], plain, "NO_PERMISSION"],
  ["EOPNOTSUPP", [], { ...lsm, maps: [{ name: "m", type: "inode_storage", flags: 1, fields: [] }] }, "MAP_NEEDS_LSM"],
  ["EOPNOTSUPP", [], lsm, undefined],
];

test.each(WORDINGS)("%s %j of %j", (errno, log, program, reason) => {
  expect(explain({ errno, log, ...(program && { program }) })?.reason).toBe(reason);
});

test.each([
  ["EINVAL", { kind: "fentry.multi", sleepable: true }, "TARGET_NOT_SLEEPABLE"],
  ["EINVAL", { kind: "kprobe", sleepable: false }, undefined],
  ["EINVAL", { kind: "iter", sleepable: true, target: "cgroup" }, "OTHER"],
  ["ENOTSUPP", lsm, "NO_TRAMPOLINES"],
  ["EPERM", lsm, "NO_PERMISSION"],
] as const)("%s when attaching %j", (errno, program, reason) => {
  expect(explain({ errno, log: [], stage: "attach", program })?.reason).toBe(reason);
});

test("under a lock, the remedy is for the called function", () => {
  const words = "function calls are not allowed while holding a lock";
  const remedy = (call: string) =>
    explain({ errno: "EINVAL", log: [`4: (85) call ${call}`, words], program: lsm })?.remedy;
  expect(remedy("bpf_copy_from_user#148")).not.toContain("static");
  expect(remedy("pc+7")).toContain("static");
});

test("every rule matches a log of some kernel", () => {
  const lines = [
    ...logs.flatMap(([, answers]) => answers.flatMap(({ log }) => log)),
    ...WORDINGS.flatMap(([, log]) => log),
  ];
  const blocks = WORDINGS.flatMap(([errno, log]) => explain({ errno, log })?.line ?? []);
  const idle = RULES.filter(({ pattern }) => ![...lines, ...blocks].some((line) => pattern.test(line)));
  expect(idle.map(({ pattern }) => pattern.source)).toEqual([]);
});

test("any text is parsed quickly, and gives a code or nothing", () => {
  const words = RULES.flatMap(({ pattern }) => pattern.source.split(/[^\w' ]+/)).filter((word) => word.trim() !== "");
  const line = fc.oneof(
    fc.string(),
    fc.array(fc.constantFrom(...words, " ", "bpf_", "#1", "()"), { maxLength: 20 }).map((parts) => parts.join("")),
    fc.constantFrom("Verification failed: x", "Reason:", "Suggestion:", "  ", STATISTICS),
  );
  const program = fc.record(
    { kind: fc.constantFrom("lsm", "kprobe", "iter", ""), sleepable: fc.boolean(), target: fc.string() },
    { requiredKeys: [] },
  );
  const errno = fc.constantFrom("EINVAL", "EPERM", "EACCES", "ENOTSUPP", "EOPNOTSUPP", "");
  const stage = fc.constantFrom("load" as const, "attach" as const);
  fc.assert(
    fc.property(fc.record({ errno, log: fc.array(line), program, stage }), (refusal) => {
      const explanation = explain(refusal);
      if (explanation !== undefined) {
        expect(explanation.reason).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
        expect(explanation.message).not.toBe("");
      }
    }),
  );
});

test("no pattern is slow for a line that nearly matches", () => {
  const parts = RULES.flatMap(({ pattern }) => pattern.source.split(/[^\w' ]+/)).filter((word) => word.length > 3);
  const long = [...parts, "a", " ", "trusted_ptr_", "_ptr_", "because "].map((part) =>
    part.repeat(100_000 / part.length),
  );
  const start = performance.now();
  for (const line of long) {
    explain({ errno: "EINVAL", log: [line] });
    // The longest line that is examined.
    for (const { pattern } of RULES)
      for (const head of ["", "Only ", "R1 type=untrusted_ expected=", "The function f has "])
        pattern.test(`${head}${line.slice(0, 900)}!`);
  }
  expect(performance.now() - start).toBeLessThan(5000);
});

describe("the error of a refused load", () => {
  const describeProgram = (section: string, type: number) =>
    new ProgramSpec(
      { name: "p", section, type, attachType: 0, flags: 0, autoload: true, autoattach: true } as never,
      0,
    );
  const refused = (section: string, log: string) =>
    loadError({ status: -22, stage: "load", program: 0, messages: [], log: Buffer.from(log) } as never, "object", [
      describeProgram(section, 29),
    ]);

  test("has the reason, and the remedy as its hint", () => {
    const error = refused("lsm.s/task_free", `bpf_lsm_task_free is not sleepable\n${STATISTICS}\n`);
    expect(error).toBeInstanceOf(VerifierError);
    expect(error).toMatchObject({
      reason: "HOOK_NOT_SLEEPABLE",
      hint: "Clear BPF_F_SLEEPABLE, or use a hook that may sleep",
    });
    expect(error.message).toContain("bpf_lsm_task_free is not sleepable (EINVAL). Clear");
  });

  test("explains a refusal without a message", () => {
    const error = refused("lsm.s/file_open", "");
    expect(error).toMatchObject({ code: "ERR_BPF_VERIFIER", reason: "FLAG_UNKNOWN" });
    expect(error.message).toContain("without a message: this kernel does not know BPF_F_SLEEPABLE");
  });

  test("has no reason if the message is unknown", () => {
    const error = refused("lsm.s/file_open", "R0 !read_ok\n");
    expect(Object.keys(error)).not.toContain("reason");
    expect(error.hint).toBeUndefined();
  });
});

test("every refusal without a message has a kind of its own", () => {
  expect(new Set(WORDLESS.map(({ errno, stage, kinds, message }) => [errno, stage, kinds, message].join())).size).toBe(
    WORDLESS.length,
  );
});
