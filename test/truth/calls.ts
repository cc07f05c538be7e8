/**
 * Determines which helpers and kfuncs the running kernel offers to which programs: loads a call of each, and reads the
 * verifier's first complaint.
 */
import { readFileSync } from "node:fs";
import { BtfKind } from "../../lib/btf/btf-kinds";
import { vmlinuxBtf } from "../../lib/btf/kernel-btf";
import { AttachType, ProgramType } from "../../lib/constants";
import { given } from "../../lib/kernel/fact";
import { callAnswer } from "../../lib/kernel/probe-answers";
import { type Subject, subjectsByKind } from "../../lib/kernel/probe-subjects";
import { kernelFacts } from "../../lib/kernel/running-kernel";
import { type Answer, ask, type Query } from "./ask";

/**
 * A kernel's answers. Keys of `helpers` and `kfuncs` are "PROG_TYPE/ATTACH_TYPE", or "PROG_TYPE/STRUCT" for struct_ops.
 */
export interface MeasuredCalls {
  version: string;
  /** The number of its helpers. */
  helperCount: number;
  helpers: Record<string, number[]>;
  /** The helpers that require a GPL-compatible licence. */
  gpl: number[];
  kfuncs: Record<string, string[]>;
  /** The kfuncs of KFUNCS, and those in the kernel's BTF. */
  present: string[];
}

/** Names of kfuncs, in any release. */
const MAYBE_KFUNC =
  /^(bpf_|scx_bpf_|hid_bpf_|cgroup_rstat_|css_rstat_|tcp_|cubictcp_|dctcp_|bbr_|crash_kexec|xdp_|__bpf_)/;
/** Enough kinds to recognize a kfunc by. */
const TELLING = [
  `${ProgramType.SYSCALL}/0`,
  `${ProgramType.TRACING}/${AttachType.TRACE_FENTRY}`,
  `${ProgramType.TRACING}/${AttachType.TRACE_ITER}`,
  `${ProgramType.LSM}/${AttachType.LSM_MAC}`,
  `${ProgramType.XDP}/0`,
  `${ProgramType.SCHED_CLS}/0`,
  `${ProgramType.STRUCT_OPS}/tcp_congestion_ops`,
  `${ProgramType.STRUCT_OPS}/sched_ext_ops`,
  `${ProgramType.STRUCT_OPS}/hid_bpf_ops`,
  `${ProgramType.STRUCT_OPS}/Qdisc_ops`,
  `${ProgramType.CGROUP_SOCK_ADDR}/${AttachType.CGROUP_INET4_CONNECT}`,
];

/** Whether the kernel gives the program what it calls; undefined if the verifier did not reach the call. */
const gives = ({ errno, text }: Answer) => callAnswer(-errno, text);

export function measureCalls(): MeasuredCalls {
  const btf = vmlinuxBtf();
  const all = subjectsByKind(btf);
  const enumerators = btf.members(btf.find(BtfKind.ENUM, "bpf_func_id") ?? 0);
  const helperCount = enumerators.filter(({ name }) => name.startsWith("BPF_FUNC_")).length;
  const numbers = Array.from({ length: helperCount - 1 }, (_, index) => index + 1);

  const helpers: Record<string, number[]> = {};
  const licensed = new Map<number, Subject>();
  for (const [key, group] of all) {
    const given = new Set<number>();
    let came = false;
    for (const subject of group) {
      const answers = ask(numbers.map((number) => ({ ...subject, how: "helper", argument: String(number) })));
      for (const [index, answer] of answers.entries()) {
        const number = numbers[index] as number;
        const gave = gives(answer);
        if (gave !== undefined) came = true;
        if (!gave) continue;
        given.add(number);
        if (!licensed.has(number)) licensed.set(number, subject);
      }
    }
    if (came) helpers[key] = [...given].sort((a, b) => a - b);
  }
  const questions = [...licensed].map(
    ([number, subject]): Query => ({ ...subject, how: "helper", argument: `${number}!` }),
  );
  const gpl = ask(questions).flatMap(({ text }, index) =>
    /cannot call \S+ from non-GPL|GPL-restricted/.test(text)
      ? [Number.parseInt(questions[index]?.argument ?? "", 10)]
      : [],
  );

  const functions = given(kernelFacts().functions) ?? [];
  const candidates = functions.filter((name) => MAYBE_KFUNC.test(name) && !name.startsWith("bpf_lsm_"));
  const ids = new Map<string, number>();
  btf.scan({ [BtfKind.FUNC]: "" }, (_, name, id) => {
    if (!ids.has(name)) ids.set(name, id);
  });
  const idOf = (name: string) => String(ids.get(name));
  const isPlain = ({ flags, type }: Subject) => (flags === 0) === (type !== ProgramType.SYSCALL);
  const askKfuncs = (key: string, names: readonly string[]): Set<string> | undefined => {
    const found = new Set<string>();
    let came = false;
    for (const subject of (all.get(key) ?? []).filter(isPlain)) {
      const answers = ask(names.map((name) => ({ ...subject, how: "kfunc", argument: idOf(name) })));
      for (const [index, answer] of answers.entries()) {
        const gave = gives(answer);
        if (gave !== undefined) came = true;
        if (gave) found.add(names[index] as string);
      }
    }
    return came ? found : undefined;
  };
  const known = new Set(TELLING.flatMap((key) => [...(askKfuncs(key, candidates) ?? [])]));
  const names = [...known].sort();
  const kfuncs: Record<string, string[]> = {};
  for (const key of all.keys()) {
    const found = names.length === 0 ? undefined : askKfuncs(key, names);
    if (found !== undefined) kfuncs[key] = [...found].sort();
  }
  const version = given(kernelFacts().version) ?? "";
  return { version, helperCount, helpers, gpl: gpl.sort((a, b) => a - b), kfuncs, present: functions };
}

if (require.main === module) {
  const { present, ...rest } = measureCalls();
  const own = new Set(Object.values(rest.kfuncs).flat());
  const wanted = process.argv[2] === undefined ? [] : (JSON.parse(readFileSync(process.argv[2], "utf8")) as string[]);
  for (const name of wanted) if (present.includes(name)) own.add(name);
  process.stdout.write(`${JSON.stringify({ ...rest, present: [...own].sort() })}\n`);
}
