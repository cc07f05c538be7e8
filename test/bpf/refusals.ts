/**
 * Loads the programs of refusals*.bpf.c one by one and records this kernel's answer to each:
 *   node dist/test/bpf/refusals.js FILE.json
 */
import { readFileSync, writeFileSync } from "node:fs";
import { BpfError, type LogCallback, open, VerifierError } from "node-libbpf";
import { objectPath, only } from "./objects";

/** A kernel's answer to one program. */
export interface Answered {
  program: string;
  stage: "load" | "attach";
  /** "" if the program was accepted. */
  errno: string;
  /** The last {@link LINES} lines of the verifier's log. */
  log: string[];
  /** "loaded", "attached", "refused", or the code of an error that is not the kernel's answer to the program. */
  verdict: string;
}

/** The objects, by name. */
export const OBJECTS = [
  "refusals",
  "refusals-maps",
  "refusals-struct-ops",
  "refusals-licence",
  "refusals-kfunc",
  "refusals-verdicts",
] as const;
/** Linux 7.3 can print ninety lines for one refusal. */
const LINES = 200;

/** The programs' names select how they are loaded and attached. */
export const isPlain = (program: string) => program.startsWith("plain_");
const isAttached = (program: string) => program.startsWith("attach_");

async function ask(object: string, name: string): Promise<Answered> {
  const said: string[] = [];
  const onLog: LogCallback = (level, text) => {
    if (level === "warn") said.push(text.trim());
  };
  const spec = only(open(objectPath(object), { onLog }), name);
  spec.program(name).sleepable = !isPlain(name);
  let stage: Answered["stage"] = "load";
  try {
    using loaded = await spec.load({ precheck: "off" });
    if (!isAttached(name)) return { program: name, stage, errno: "", log: [], verdict: "loaded" };
    stage = "attach";
    using _link = loaded.program(name).attach();
    return { program: name, stage, errno: "", log: [], verdict: "attached" };
  } catch (error) {
    if (!(error instanceof BpfError)) throw error;
    // If no program reached the verifier, the log is libbpf's messages.
    const unmade = error.code === "ERR_BPF_LOAD";
    const log = error instanceof VerifierError ? error.log.slice(-LINES).map(stable) : unmade ? said : [];
    const refused = unmade || error.code === "ERR_BPF_VERIFIER" || error.code === "ERR_BPF_ATTACH";
    return { program: name, stage, errno: error.errno ?? "", log, verdict: refused ? "refused" : error.code };
  }
}

/** Removes what differs from boot to boot: addresses (a map's, in its load into a register), and durations. */
function stable(line: string): string {
  return line.replace(/\b0xff[0-9a-f]{14}\b/g, "0xff…").replace(/\d+(?= usec)/, "…");
}

export async function askAll(): Promise<Answered[]> {
  const answers: Answered[] = [];
  for (const object of OBJECTS) {
    for (const name of Object.keys(open(readFileSync(objectPath(object))).programs)) {
      answers.push(await ask(object, name));
    }
  }
  return answers;
}

if (require.main === module) {
  void askAll().then((answers) => writeFileSync(process.argv[2] ?? "/dev/stdout", JSON.stringify(answers, null, 1)));
}
