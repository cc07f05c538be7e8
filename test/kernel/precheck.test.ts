/** The tables' verdicts on whole programs, their maps and their calls, compared with the kernel's answers. */
import { type BpfError, open, type ProgramVerdict, type ReasonCode } from "node-libbpf";
import { objectPath, openOnly } from "../bpf/objects";
import { kernelTest, trampolines } from "./needs";

const OBJECTS = [
  "facts",
  "mistakes",
  "refusals",
  "refusals-maps",
  "refusals-licence",
  "refusals-struct-ops",
  "contexts",
];
/** Programs that the tables judge completely: every refusal of the kernel must be in the verdict. */
const WHOLE: ReadonlySet<string> = new Set(["contexts"]);

/**
 * The reasons that the precheck leaves to the verifier: mistakes in the program's body. So are refusals without a
 * reason code.
 */
const NOT_JUDGED: ReadonlySet<ReasonCode> = new Set<ReasonCode>([
  "ATOMIC_CONTEXT",
  "FUNCTION_MAY_SLEEP",
  "HELPER_NOT_AVAILABLE",
  "KFUNC_NOT_AVAILABLE",
  "NO_TRAMPOLINES",
  "OTHER",
  "POINTER_NOT_TRUSTED",
  "REPLACED_NOT_SLEEPABLE",
  "TARGET_SIGNATURE",
]);

interface Answer {
  stage: "loaded" | "no answer" | "refused";
  code?: string;
  reason?: ReasonCode;
  message?: string;
}

async function ask(object: string, program: string): Promise<Answer> {
  try {
    (await openOnly(object, program).load({ precheck: "off" })).close();
    return { stage: "loaded" };
  } catch (error) {
    const { code, reason, message } = error as BpfError & { reason?: ReasonCode };
    if (code === "ERR_BPF_PERMISSION") return { stage: "no answer" };
    return { stage: "refused", code, message: message.slice(0, 200), ...(reason !== undefined && { reason }) };
  }
}

/** Only the load: refusals at attach, and programs that never run, are tested elsewhere. */
function claim({ verdict, findings }: ProgramVerdict): ProgramVerdict["verdict"] {
  const atLoad = findings.filter(({ stage }) => stage === "load");
  if (atLoad.some((found) => found.verdict === "refused")) return "refused";
  return verdict === "unknown" || atLoad.some((found) => found.verdict === "unknown") ? "unknown" : "allowed";
}

kernelTest(
  "the verdicts on programs, maps and calls match the kernel",
  [],
  async () => {
    const wrong: string[] = [];
    let judged = 0;
    for (const object of OBJECTS) {
      for (const program of Object.values(open(objectPath(object)).programs)) {
        if (program.type === 0 || (program.needsBtfTarget && program.attachTarget === undefined)) continue;
        const [verdict] = openOnly(object, program.name).check({ precheck: "tables" });
        if (verdict === undefined) throw new Error(`no verdict on ${program.name}`);
        const said = claim(verdict);
        if (said === "unknown") continue;
        const answer = await ask(object, program.name);
        if (answer.stage === "no answer") continue;
        judged++;
        const bad =
          said === "refused"
            ? answer.stage === "loaded"
            : WHOLE.has(object)
              ? answer.stage === "refused"
              : answer.reason !== undefined && !NOT_JUDGED.has(answer.reason);
        if (bad)
          wrong.push(`${object} ${program.name}: said ${said} ${verdict.message}; was ${JSON.stringify(answer)}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(judged).toBeGreaterThan(10);
  },
  300_000,
);

kernelTest(
  "the verdicts that depend on constants, and on created maps, match the kernel",
  [trampolines],
  async () => {
    const load = async (program: string, set: (spec: ReturnType<typeof openOnly>) => void) => {
      const spec = openOnly("contexts", program);
      set(spec);
      const [verdict] = spec.check({ precheck: "tables" });
      const loaded = await spec.load({ precheck: "off" }).then(
        (object) => object.close() ?? true,
        () => false,
      );
      return [verdict?.verdict === "refused", loaded];
    };
    const enable = (spec: ReturnType<typeof openOnly>) => {
      spec.variables.enabled = true;
    };
    const unmake = (spec: ReturnType<typeof openOnly>) => {
      spec.map("hash").autocreate = false;
    };
    expect(await load("constant", () => {})).toEqual([false, true]);
    expect(await load("constant", enable)).toEqual([true, false]);
    expect(await load("unmade", unmake)).toEqual([false, true]);
    expect(await load("made", unmake)).toEqual([true, false]);
    expect(
      await load("unmade", (spec) => {
        enable(spec);
        unmake(spec);
      }),
    ).toEqual([true, false]);
  },
  120_000,
);
