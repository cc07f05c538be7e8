/** Error classes and the summary of verifier logs. */
import { BpfError, errnoName, LoadError, VerifierError } from "../../lib/errors";
import { loadError } from "../../lib/object/load-error";
import { summarise } from "../../lib/object/verifier-log";

test("errno names", () => {
  expect([-1, -11, -22, -95, -524].map(errnoName)).toEqual(["EPERM", "EAGAIN", "EINVAL", "EOPNOTSUPP", "ENOTSUPP"]);
});

test("the hint ends the message, and details are fields", () => {
  const error = new BpfError("ERR_BPF_LOAD", "it failed", { hint: "Do that", program: "p", cause: 7 });
  expect(error).toMatchObject({
    message: "it failed. Do that",
    hint: "Do that",
    program: "p",
    cause: 7,
    code: "ERR_BPF_LOAD",
  });
});

test("a verifier error is a load error, and does not print its log", () => {
  const error = new VerifierError("no", {}, Buffer.from("a\nb\n"));
  expect(error).toBeInstanceOf(LoadError);
  expect(error.log).toEqual(["a", "b"]);
  expect(JSON.stringify(error)).not.toContain('"a"');
});

test.each([
  [
    ["bpf_lsm_task_free is not sleepable", "processed 0 insns (limit 1000000) max_states_per_insn 0"],
    "bpf_lsm_task_free is not sleepable",
  ],
  [
    ["0: R1=ctx()", "1: (79) r0 = *(u64 *)(r1 +64)", "invalid bpf_context access off=64 size=8", "processed 2 insns"],
    "invalid bpf_context access off=64 size=8",
  ],
  [["processed 0 insns (limit 1000000)"], undefined],
  [[], undefined],
  [
    ["Verification failed:", "Reason: the helper may sleep", "Suggestion: mark it sleepable", "processed 1 insns"],
    "the helper may sleep",
  ],
])("the summary of %j", (log, summary) => {
  expect(summarise(log)).toBe(summary);
});

test("a load that fails without a known reason tells libbpf's last warning", () => {
  const outcome = { status: -2, stage: "load", program: -1, messages: [0, "libbpf: something is missing"] };
  expect(loadError(outcome, "object", [])).toMatchObject({
    code: "ERR_BPF_LOAD",
    errno: "ENOENT",
    message: "object could not be loaded: something is missing (ENOENT)",
  });
});
