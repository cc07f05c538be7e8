/** Error classes and the summary of verifier logs. */
import { BpfError, errnoName, LoadError, VerifierError } from "../../lib/errors";
import { loadError } from "../../lib/object/load-error";
import { summarise } from "../../lib/object/verifier-log";

test("errno names", () => {
  expect([-1, -11, -22, -95, -524].map(errnoName)).toEqual(["EPERM", "EAGAIN", "EINVAL", "EOPNOTSUPP", "ENOTSUPP"]);
});

test("the hint is the end of the message, and details are fields", () => {
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

test.each<[status: number, messages: readonly string[], message: string, hint: RegExp | undefined]>([
  [-22, [], "object could not be loaded (EINVAL)", undefined],
  [
    -22,
    ["struct_ops init_kern unused: struct nothing is not found in kernel BTF", "failed to load object 'object'"],
    "object could not be loaded: struct_ops init_kern unused: struct nothing is not found in kernel BTF (EINVAL)",
    /no such struct_ops/,
  ],
  [-4005, ["failed to relocate"], "object could not be loaded: failed to relocate (LIBBPF_ERRNO__RELOC)", undefined],
  [
    -22,
    [
      "specified path /tmp/x is not on BPF FS",
      "map 'm': failed to auto-pin at '/tmp/x': -EINVAL",
      "map 'm': failed to create: -EINVAL",
    ],
    "map m could not be created: specified path /tmp/x is not on BPF FS (EINVAL)",
    /mount -t bpf/,
  ],
  [-22, ["map 'm': failed to create: -EINVAL"], "map m could not be created (EINVAL)", /Check its sizes and flags/],
  [-22, ["map 'a$b': failed to create: -EINVAL"], "map a$b could not be created (EINVAL)", /letters, digits/],
  [
    -1,
    ["map 'm': failed to auto-pin at '/sys/fs/bpf/a.b': -EPERM", "map 'm': failed to create: -EPERM"],
    "map m could not be created: failed to auto-pin at '/sys/fs/bpf/a.b' (EPERM)",
    /no dot/,
  ],
  [
    -3,
    [
      "kernel BTF is missing at '/sys/kernel/btf/vmlinux', was CONFIG_DEBUG_INFO_BTF enabled?",
      "Error loading vmlinux BTF: -ESRCH",
    ],
    "object could not be loaded: this kernel has no BTF: kernel BTF is missing at '/sys/kernel/btf/vmlinux'",
    /CONFIG_DEBUG_INFO_BTF=y/,
  ],
  [
    -24,
    ["failed to get BTF object #7 FD: -EMFILE", "prog 'p': failed to find kernel BTF type ID of 'f': -EMFILE"],
    "object could not be loaded: failed to get BTF object #7 FD (EMFILE)",
    /ulimit -n/,
  ],
  [
    -3,
    ["extern (func ksym) 'f': not found in kernel or module BTFs", "failed to load object 'object'"],
    "object could not be loaded: extern (func ksym) 'f': not found in kernel or module BTFs (ESRCH)",
    /__weak/,
  ],
  [-24, ["map 'm': failed to create: -EMFILE"], "map m could not be created (EMFILE)", /limit of open files/],
  [-2, ["map 'm': failed to create: -ENOENT"], "map m could not be created (ENOENT)", undefined],
  [
    -7,
    ["map 'm': failed to create: -E2BIG"],
    "map m could not be created: it is too large (E2BIG)",
    /Lower its maxEntries/,
  ],
])("a load that fails with %d and %j", (status, messages, message, hint) => {
  const texts = messages.map((text) => ({ level: 0, text: `libbpf: ${text}\n` }));
  const error = loadError({ status, stage: "load", program: -1, messages: texts }, "object", []);
  expect(error.message.startsWith(message)).toBe(true);
  if (hint === undefined) expect(error.hint).toBeUndefined();
  else expect(error.hint).toMatch(hint);
});

test.each([
  ["elf: legacy map definitions in 'maps' section are not supported by libbpf v1.0+", /BTF-defined maps/],
  ["BTF is required, but is missing or corrupted.", /clang -g/],
  ["something new", undefined],
])("an object that can't be opened: %s", (text, hint) => {
  const outcome = { status: -22, stage: "open", program: -1, messages: [{ level: 0, text: `libbpf: ${text}` }] };
  const error = loadError(outcome, "object", []);
  expect(error.message).toContain(`object can't be opened: ${text}`);
  if (hint === undefined) expect(error.hint).toBeUndefined();
  else expect(error.hint).toMatch(hint);
});

test("a load that fails for an unknown reason has libbpf's last warning", () => {
  const outcome = {
    status: -2,
    stage: "load",
    program: -1,
    messages: [{ level: 0, text: "libbpf: something is missing" }],
  };
  expect(loadError(outcome, "object", [])).toMatchObject({
    code: "ERR_BPF_LOAD",
    errno: "ENOENT",
    message: "object could not be loaded: something is missing (ENOENT)",
  });
});

test("constants that can't be frozen: the privilege, not the map", () => {
  const texts = [
    "map 'obj.rodata': failed to freeze as read-only: -EPERM",
    "map 'obj.rodata': failed to create: -EPERM",
    "failed to load object 'obj'",
  ];
  const messages = texts.map((text) => ({ level: 0, text: `libbpf: ${text}\n` }));
  expect(loadError({ status: -1, stage: "load", program: -1, messages }, "obj", [])).toMatchObject({
    code: "ERR_BPF_PERMISSION",
    errno: "EPERM",
    message: expect.stringMatching(/^map obj\.rodata could not be frozen: /),
  });
});
