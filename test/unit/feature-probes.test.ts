/** What a kernel's answer to a trial means: with logs as kernels of 5.10 to 7.3 write them. */
import fc from "fast-check";
import { features } from "node-libbpf";
import { callAnswer, complaint, isRefusal, typeAnswer } from "../../lib/kernel/probe-answers";

const EPERM = -1;
const EINVAL = -22;
const E2BIG = -7;
const ENOTSUPP = -524;
const EMFILE = -24;

const CALL = "0: (85) call bpf_d_path#147\n";

test.each([
  ["loaded", 0, "", true],
  ["5.10: no such helper for the type", EINVAL, `${CALL}unknown func bpf_d_path#147\n`, false],
  ["6.12", EINVAL, `${CALL}program of this type cannot use helper bpf_d_path#147\n`, false],
  ["a number that is too high", EINVAL, "0: (85) call unknown#300\ninvalid func unknown#300\n", false],
  ["a kfunc of other programs", -13, "calling kernel function bpf_task_acquire is not allowed\n", false],
  ["arguments are missing", -13, `${CALL}R1 !read_ok\nprocessed 1 insns (limit 1000000)\n`, true],
  ["only sleepable programs may", EINVAL, "helper call might sleep in a non-sleepable prog\n", true],
  ["no kfuncs before 5.13", EINVAL, "BPF_CALL uses reserved fields\n", undefined],
  ["nothing was read", EPERM, "", undefined],
  ["no target", EINVAL, "attach_btf_id 7 is not a function\n", undefined],
])("a call: %s", (_, status, log, answer) => {
  expect(callAnswer(status, log)).toBe(answer);
});

test.each([
  ["loaded", 0, "", true],
  ["judged by the verifier", EINVAL, "Cannot replace kernel functions\n", true],
  ["unknown type", EINVAL, "", false],
  ["a newer field of bpf_attr", E2BIG, "", false],
  ["not built", ENOTSUPP, "", false],
  ["EPERM", EPERM, "", undefined],
  ["no descriptor", EMFILE, "", undefined],
])("a type: %s", (_, status, log, answer) => {
  expect(typeAnswer({ status, log })).toBe(answer);
});

test("EPERM and temporary errors are never a refusal, whatever the log", () => {
  expect([EPERM, -13, EMFILE, -12, -11, -4].filter(isRefusal)).toEqual([]);
  const log = fc.string().filter((text) => callAnswer(EINVAL, text) !== false);
  fc.assert(fc.property(log, (text) => callAnswer(EPERM, text) !== false));
  fc.assert(fc.property(fc.string(), (text) => typeAnswer({ status: EPERM, log: text }) !== false));
});

test("the line that says why", () => {
  expect(complaint("func#0 @0\n0: R1=ctx() R10=fp0\n0: (85) call bpf_x#1\nR1 !read_ok\nprocessed 1 insns\n")).toBe(
    "R1 !read_ok",
  );
  expect(complaint("")).toBe("");
});

test.each([
  [() => features.program("lms" as never), 'features: program\'s argument type must be a program type such as "lsm"'],
  [() => features.map("aray" as never), "Did you mean array?"],
  [() => features.helper("bpf_d_pth", "lsm"), "Did you mean bpf_d_path?"],
  [() => features.helper("bpf_d_path", "xpd" as never), "Did you mean xdp?"],
  [() => features.kfunc(""), "a string that is not empty"],
  [() => features.attachType("lsm" as never), "must be an attach type"],
  [() => features.mapFlag("mmap" as never), "must be a map flag"],
])("a name that is none is refused: %s", (ask, message) => {
  expect(ask).toThrow(expect.objectContaining({ code: "ERR_BPF_ARGUMENT", message: expect.stringContaining(message) }));
});
