/**
 * Remedies for programs that this kernel refuses, from the precheck or from the kernel's log: after following them, the
 * program loads.
 */
import { readFileSync } from "node:fs";
import { AttachType, type BpfError, type ObjectSpec, open, ProgramType, type SleepableError } from "node-libbpf";
import { objectPath, only } from "../bpf/objects";
import { isPlain, OBJECTS } from "../bpf/refusals";
import { isSince, kernelTest, trampolines } from "./needs";

/** How a program is loaded. */
interface Trial {
  object: (typeof OBJECTS)[number];
  program: string;
  spec: ObjectSpec;
  /** Where it is attached too. */
  attach: object | undefined;
}

function trial(object: Trial["object"], program: string): Trial {
  const spec = only(open(objectPath(object)), program);
  spec.program(program).sleepable = !isPlain(program);
  return { object, program, spec, attach: program.startsWith("attach_") ? {} : undefined };
}

/** Replaces the program by another one that follows the advice. */
function instead(trial: Trial, object: Trial["object"], program: string): void {
  const spec = only(open(objectPath(object)), program);
  spec.program(program).sleepable = true;
  Object.assign(trial, { object, program, spec, attach: undefined });
}

const set = (change: (program: ReturnType<ObjectSpec["program"]>) => void) => (trial: Trial) =>
  change(trial.spec.program(trial.program));

/** "rcu_kfunc" calls the same as "plain_kfunc". */
const TWINS: Readonly<Record<string, string>> = { kfunc: "plain_kfunc", global_function: "plain_global_function" };

/** How each remedy is followed; null: it needs other code, or another kernel. The first match applies. */
const CURES: readonly [advice: RegExp, cure: ((trial: Trial) => void) | null][] = [
  [
    /^clear BPF_F_SLEEPABLE|^clear the flag/,
    set((program) => {
      program.sleepable = false;
    }),
  ],
  [
    /^(make the program sleepable|set BPF_F_SLEEPABLE$)/,
    set((program) => {
      program.sleepable = true;
    }),
  ],
  [
    /BPF_F_NO_PREALLOC/,
    ({ spec }) => {
      spec.map("hash").flags = 0;
    },
  ],
  [
    /^use a(n lsm)? hook that (may|can) sleep/,
    set((program) => {
      program.attachTarget = "file_open";
    }),
  ],
  [
    /^(name a hook|use another hook|attach to another function or hook)/,
    set((program) => {
      program.attachTarget = "bprm_committed_creds";
    }),
  ],
  [
    /^trace another function/,
    set((program) => {
      program.attachTarget = "vfs_read";
    }),
  ],
  [
    /^use fexit/,
    set((program) => {
      program.attachType = AttachType.TRACE_FEXIT;
    }),
  ],
  [
    /^use fentry/,
    set((program) => {
      program.attachType = AttachType.TRACE_FENTRY;
    }),
  ],
  [
    /^use (an array|(?!atomic)[\w ()]+, or (require|another type|clear))/,
    (trial) => {
      instead(trial, "refusals-maps", "map_hash");
      trial.spec.map("hash").flags = 0;
    },
  ],
  [
    /^use a map without .*, or an fentry or lsm program|^use an lsm or iter program/,
    set((program) => {
      Object.assign(program, { type: ProgramType.LSM, attachType: AttachType.LSM_MAC, sleepable: false });
      program.attachTarget = "bprm_committed_creds";
    }),
  ],
  [
    /^use one of security_file_permission, .* filp_close/,
    set((program) => {
      Object.assign(program, { type: ProgramType.TRACING, attachType: AttachType.TRACE_FENTRY, sleepable: false });
      program.attachTarget = "filp_close";
    }),
  ],
  [
    /^move the call into a program that may sleep/,
    set((program) => {
      Object.assign(program, { type: ProgramType.LSM, attachType: AttachType.LSM_MAC, sleepable: true });
      program.attachTarget = "bprm_committed_creds";
    }),
  ],
  [
    /^declare one(,| that is compatible,) if it is/,
    (trial) => {
      const before = trial.spec.program(trial.program);
      const { sleepable, attachTarget } = before;
      const bytes = readFileSync(objectPath(trial.object));
      bytes.write("GPL\0", bytes.indexOf("Proprietary\0"));
      trial.spec = only(open(bytes), trial.program);
      Object.assign(trial.spec.program(trial.program), { sleepable, attachTarget });
    },
  ],
  [
    /^move the call out of (the region|there)|^do without the call in the callback|^make the function static, or move/,
    (trial) => instead(trial, "refusals", TWINS[trial.program.replace(/^[a-z]+_/, "")] ?? "plain_helper"),
  ],
  [
    /^attach it with an order/,
    (trial) => {
      trial.attach = { cgroup: "/sys/fs/cgroup" };
    },
  ],
  [
    /^(do without the call|require (Linux|a newer)|use atomic operations|read and use the pointer|load |leave |boot with|declare it __weak|set autocreate|use uprobe\.s|use kprobe, one program|did you mean|linux before|before Linux|check its name|remove it)/,
    null,
  ],
];

/** The remedy for the refusal; undefined if there is none. */
async function adviceOn({ spec, program, attach }: Trial, precheck: "off" | "tables"): Promise<string | undefined> {
  try {
    using object = await spec.load({ precheck });
    if (attach !== undefined)
      object
        .program(program)
        .attach(attach as never)
        .close();
    return undefined;
  } catch (error) {
    const { code, hint = "", message } = error as BpfError;
    const { findings = [] } = code === "ERR_BPF_SLEEPABLE" ? ((error as SleepableError).verdicts[0] ?? {}) : {};
    const bad = findings.find(({ verdict }) => verdict === "refused" || verdict === "unsafe");
    const advice = bad?.remedy ?? hint;
    return advice === "" ? `nothing: ${message.slice(0, 200)}` : advice.charAt(0).toLowerCase() + advice.slice(1);
  }
}

/** The remedy needs a newer kernel, and says so. */
function namesNewer(advice: string): boolean {
  return [...advice.matchAll(/(?:require|since) Linux (\d+\.\d+)/gi)].some(([, release]) => !isSince(release ?? ""));
}

/** The remedies that were followed, in turn, until the kernel accepted the program or its code would have to change. */
async function follow(trial: Trial, precheck: "off" | "tables"): Promise<string[]> {
  const followed: string[] = [];
  for (;;) {
    const advice = await adviceOn(trial, precheck);
    if (advice === undefined) return followed;
    if (followed.some(namesNewer)) return followed;
    // Refused for a mistake in its body, or for a reason without a remedy.
    if (advice.startsWith("nothing:") || followed.includes(advice)) return [...followed, `in vain: ${advice}`];
    const [, cure] = CURES.find(([pattern]) => pattern.test(advice)) ?? [];
    if (cure === undefined) return [...followed, `unknown: ${advice}`];
    const [, release] = /require Linux (\d+\.\d+)/.exec(advice) ?? [];
    if (release !== undefined && isSince(release)) return [...followed, `this kernel is: ${advice}`];
    followed.push(advice);
    if (cure === null) return followed;
    cure(trial);
  }
}

for (const [what, precheck] of [
  ["the kernel's words", "off"],
  ["the precheck", "tables"],
] as const) {
  kernelTest(
    `what is advised on ${what} is true here`,
    [trampolines],
    async () => {
      const wrong: string[] = [];
      let followed = 0;
      for (const object of OBJECTS.filter((name) => name !== "refusals-verdicts")) {
        for (const program of Object.keys(open(objectPath(object)).programs)) {
          const one = trial(object, program);
          const steps = await follow(one, precheck);
          followed += steps.length;
          const last = steps.at(-1) ?? "";
          const isFault = /^(in vain|unknown|this kernel is): /.test(last) && !UNADVISED.test(last);
          if (isFault) wrong.push(`${object} ${program}: ${steps.join(" → ")}`);
        }
      }
      expect(wrong).toEqual([]);
      expect(followed).toBeGreaterThan(20);
    },
    300_000,
  );
}

/**
 * Refusals whose only remedy is to leave the program out, and mistakes in the programs' bodies that appear after the
 * remedy was followed.
 */
const UNADVISED =
  /number of funcs in func_info|has no (LSM hook|function|iterator|tracepoint)|this kernel has no|no such (hook|function)|Check its name|check its name|This library can't attach|R1 must be a rcu pointer|At program exit|Possibly NULL pointer|add a NULL check|bpf_rcu_read_unlock( is missing|\(\) before)|use this kfunc with a pointer|skip the program/;
