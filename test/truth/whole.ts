/**
 * Asks the running kernel about whole programs, test/bpf/whole-*.bpf.c, and compares the precheck's verdict on each
 * with the kernel's answer.
 */
import { readdirSync } from "node:fs";
import { basename, dirname } from "node:path";
import { type BpfError, type BpfObject, type ObjectSpec, open, type ProgramVerdict } from "node-libbpf";
import { objectPath, only } from "../bpf/objects";

/**
 * The result for a program; "no answer" if the kernel's answer is not about the program: EPERM is about the process.
 */
export type Fate = "loaded" | "attached" | "refused" | "no answer";

export interface Whole {
  object: string;
  program: string;
  verdict: ProgramVerdict["verdict"];
  /** The verdict and the kernel's answer, for reports. */
  message: string;
  fate: Fate;
  said: string;
}

/** Programs of these objects are attached too, where that is allowed. */
const ATTACHED: ReadonlySet<string> = new Set(["whole-kinds"]);

/** Names of the objects. */
export function wholeObjects(): string[] {
  const files = readdirSync(dirname(objectPath("")));
  return files.filter((file) => /^whole-.*\.bpf\.o$/.test(file)).map((file) => basename(file, ".bpf.o"));
}

/**
 * The number of programs to load of those that are refused, or unknown, for the same reason: a load takes a third of a
 * second under emulation.
 */
const SAMPLE = 2;

/**
 * Asks about the programs of an object.
 *
 * @param all whether to load all programs with the same verdict, and not only some
 */
export async function askWhole(object: string, { attach, all }: { attach: boolean; all: boolean }): Promise<Whole[]> {
  const attached = attach && ATTACHED.has(object);
  const names = Object.keys(open(objectPath(object)).programs);
  const alike = new Map<string, number>();
  const said = names
    .map((name) => ({ name, ...claim(judged(object, name), attached) }))
    .filter(({ verdict, message }) => {
      const before = alike.get(message) ?? 0;
      alike.set(message, before + 1);
      return all || verdict === "allowed" || before < SAMPLE;
    });
  const good = said.filter(({ verdict }) => verdict === "allowed").map(({ name }) => name);
  // Most are answered at once: programs that are expected to load are loaded together, and one by one if that fails.
  const together = await fates(object, good, attached);
  const asked: Whole[] = [];
  for (const { name, verdict, message } of said) {
    const fate = together?.get(name) ?? (await fateOf(object, name, attached));
    asked.push({ object, program: name, verdict, message, fate: fate.fate, said: fate.said });
  }
  return asked;
}

/** Opens each object once; its settings are made anew each time. */
const specs = new Map<string, ObjectSpec>();

/** An object with some programs, and their maps: a map NAME is for programs NAME__*, if there are any. */
export function specOf(object: string, programs: readonly string[]): ObjectSpec {
  const spec = specs.get(object) ?? open(objectPath(object));
  specs.set(object, spec);
  only(spec, ...programs);
  const owners = new Set(Object.keys(spec.programs).map((name) => name.split("__")[0]));
  const wanted = new Set(programs.map((name) => name.split("__")[0]));
  for (const map of Object.values(spec.maps)) map.autocreate = !owners.has(map.name) || wanted.has(map.name);
  return spec;
}

function judged(object: string, program: string): ProgramVerdict {
  const [verdict] = specOf(object, [program]).check({ precheck: "tables" });
  if (verdict === undefined) throw new Error(`no verdict on ${program}`);
  return verdict;
}

/** The verdict on the load, and on the attach if there is one: whether a program runs is tested elsewhere. */
function claim({ verdict, message, findings }: ProgramVerdict, attached: boolean) {
  const stages = attached ? ["load", "attach"] : ["load"];
  const found = findings.filter(({ stage }) => stages.includes(stage));
  const decisive = found.find((one) => one.verdict === "refused") ?? found.find((one) => one.verdict === "unknown");
  if (decisive === undefined) return { verdict: "allowed" as const, message: verdict === "allowed" ? "" : message };
  return { verdict: decisive.verdict, message: `${decisive.reason}: ${decisive.message}` };
}

type Told = Pick<Whole, "fate" | "said">;

/** The results of programs that are loaded together; undefined if that fails. */
async function fates(
  object: string,
  programs: readonly string[],
  attached: boolean,
): Promise<Map<string, Told> | undefined> {
  if (programs.length === 0) return undefined;
  try {
    const loaded = await specOf(object, programs).load({ precheck: "off" });
    try {
      return new Map(programs.map((name) => [name, attached ? attachOne(loaded, name) : { fate: "loaded", said: "" }]));
    } finally {
      loaded.close();
    }
  } catch {
    return undefined;
  }
}

async function fateOf(object: string, program: string, attached: boolean): Promise<Told> {
  try {
    const loaded = await specOf(object, [program]).load({ precheck: "off" });
    try {
      return attached ? attachOne(loaded, program) : { fate: "loaded", said: "" };
    } finally {
      loaded.close();
    }
  } catch (error) {
    return refusal(error as BpfError);
  }
}

function attachOne(loaded: BpfObject, name: string): Told {
  const program = loaded.program(name);
  try {
    program.attach(program.kind === "xdp" ? { interface: "lo" } : {}).close();
    return { fate: "attached", said: "" };
  } catch (error) {
    return refusal(error as BpfError);
  }
}

function refusal({ code, message }: BpfError): Told {
  return { fate: code === "ERR_BPF_PERMISSION" ? "no answer" : "refused", said: `${code} ${message}` };
}
