/** Programs whose sections do not determine their kind, and the log of programs that load. */
import { AttachType, ProgramType, type SleepableError, type VerifierError } from "node-libbpf";
import { only, openOnly } from "../bpf/objects";
import { open } from "../bpf/refused.bpf";
import { bpfLsm, kernelTest, since, trampolines } from "./needs";

const SECTION = "my/section";

function unknown() {
  const spec = only(open(), "unknown_section");
  return { spec, program: spec.programs.unknown_section };
}

kernelTest("a program of an unknown section loads if its type is set", [], async () => {
  const { spec, program } = unknown();
  expect(program).toMatchObject({ section: SECTION, kind: "unspec", type: 0, attachType: 0, attachTarget: undefined });
  program.type = ProgramType.RAW_TRACEPOINT;
  expect(program.kind).toBe("raw_tp");
  using object = await spec.load();
  using link = object.programs.unknown_section.attach({ target: "sched_process_exit" });
  expect(link.closed).toBe(false);

  const other = unknown();
  other.program.type = ProgramType.XDP;
  using xdp = await other.spec.load();
  expect((await xdp.programs.unknown_section.testRun({ data: new Uint8Array(64) })).returnValue).toBe(0);
});

kernelTest("with an expected attach type and a BTF target", [trampolines], async () => {
  const { spec, program } = unknown();
  program.type = ProgramType.TRACING;
  program.attachType = AttachType.TRACE_FENTRY;
  expect(program.kind).toBe("fentry");
  await expect(spec.load()).rejects.toMatchObject({ code: "ERR_BPF_TARGET_MISSING" });
  program.attachTarget = "vfs_read";
  using object = await spec.load();
  object.programs.unknown_section.attach().close();
});

kernelTest("sleepable, as an LSM program", [bpfLsm], async () => {
  const { spec, program } = unknown();
  program.type = ProgramType.LSM;
  program.attachType = AttachType.LSM_MAC;
  program.attachTarget = "task_free";
  program.sleepable = true;
  // The precheck judges the configured type.
  await expect(spec.load()).rejects.toMatchObject({
    code: "ERR_BPF_SLEEPABLE",
    reason: "HOOK_NOT_SLEEPABLE",
  } as Partial<SleepableError>);
  program.attachTarget = "bprm_committed_creds";
  using object = await spec.load();
  expect(object.programs.unknown_section).toMatchObject({ kind: "lsm", sleepable: true });
  object.programs.unknown_section.attach().close();
});

kernelTest("a type other than the section's", [trampolines], async () => {
  const spec = openOnly("flags", "lsm_sleepable");
  const program = spec.program("lsm_sleepable");
  expect(program).toMatchObject({ kind: "lsm", sleepable: true });
  program.type = ProgramType.RAW_TRACEPOINT;
  program.attachType = 0;
  program.sleepable = false;
  program.attachTarget = "sched_process_exit";
  expect(program.kind).toBe("raw_tp");
  using object = await spec.load();
  object.program("lsm_sleepable").attach().close();
});

kernelTest("an invalid type is refused", [], async () => {
  const { program } = unknown();
  expect(() => {
    program.type = 0;
  }).toThrow(/type must be an integer from 1 to/);
  expect(() => {
    program.attachType = -1;
  }).toThrow(/attachType must be an integer from 0 to/);
  expect(() => {
    program.logLevel = 8;
  }).toThrow(/logLevel must be an integer from 0 to 7/);
});

kernelTest("a type that this kernel does not have", [], async () => {
  const { spec, program } = unknown();
  program.type = 500;
  expect(program.kind).toBe("type 500");
  await expect(spec.load({ precheck: "off" })).rejects.toMatchObject({ code: "ERR_BPF_VERIFIER", errno: "EINVAL" });
});

kernelTest("the log of a program that loads", [], async () => {
  const spec = only(open(), "plain_kprobe", "unknown_section");
  const { plain_kprobe, unknown_section } = spec.programs;
  unknown_section.type = ProgramType.SOCKET_FILTER;
  plain_kprobe.logLevel = 2;
  unknown_section.logLevel = 4;
  using object = await spec.load();
  const { log } = object.programs.plain_kprobe;
  expect(log.some((line) => /^0: \(/.test(line))).toBe(true);
  expect(log.at(-1)).toMatch(/^processed \d+ insns/);
  // Only statistics, a separate log for each program.
  const statistics = object.programs.unknown_section.log;
  expect(statistics.some((line) => /^processed \d+ insns/.test(line))).toBe(true);
  expect(statistics.some((line) => /^0: \(/.test(line))).toBe(false);

  const stats = object.programs.unknown_section.verifierStats;
  expect(stats).toMatchObject({ instructions: 2, instructionLimit: 1_000_000, stackDepth: [0] });
  expect(stats?.verificationTimeUs).toBeGreaterThanOrEqual(0);
  const { verifierStats } = object.programs.plain_kprobe;
  expect(verifierStats?.instructions).toBeGreaterThan(0);
  expect(verifierStats?.stackDepth).toBeUndefined();

  plain_kprobe.logLevel = 0;
  using silent = await spec.load();
  expect(silent.programs.plain_kprobe.log).toEqual([]);
  expect(silent.programs.plain_kprobe.verifierStats).toBeUndefined();
});

kernelTest("the log of a refusal is that of the refused program", [], async () => {
  const spec = only(open(), "plain_kprobe", "long_log");
  spec.programs.plain_kprobe.logLevel = 2;
  const silent = (await spec.load().catch((error: unknown) => error)) as VerifierError;
  expect(silent).toMatchObject({ code: "ERR_BPF_VERIFIER", program: "long_log", errno: "EACCES" });
  expect(silent.log.some((line) => line.includes("invalid bpf_context access"))).toBe(true);
  spec.programs.long_log.logLevel = 2;
  const asked = (await spec.load().catch((error: unknown) => error)) as VerifierError;
  expect(asked.log.some((line) => line.includes("invalid bpf_context access"))).toBe(true);
  expect(asked.message).toContain("invalid bpf_context access");
});

kernelTest("everything that the verifier prints at a higher log level", [since("6.12")], async () => {
  const spec = only(open(), "plain_kprobe");
  spec.programs.plain_kprobe.logLevel = 7;
  using object = await spec.load();
  expect(object.programs.plain_kprobe.log.some((line) => /verification time/.test(line))).toBe(true);
});
