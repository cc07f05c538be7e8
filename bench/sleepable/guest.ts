/**
 * Runs in a virtual machine: measures the instructions that each program adds to a system call. Prints a Boot as JSON.
 */
import { release } from "node:os";
import { BpfError, type ObjectSpec, type Program, type ProgramSpec } from "node-libbpf";
import type { Boot, Measured, Times } from "./figures";
import { CASES, type Case } from "./hooks";
import { open } from "./hooks.bpf";
import { timeCalls } from "./run-loop";

/** Few calls in a batch: if fewer than every tenth batch contains a timer interrupt, the median batch has none. */
const CALLS = 100;

function time(call: string): Times {
  const [times] = timeCalls(CALLS, call);
  if (times === undefined) throw new Error(`no time of ${call}`);
  return times;
}

function specOf(name: Case["plain"], sleepable: boolean): ObjectSpec {
  const spec: ObjectSpec = open();
  for (const program of Object.values<ProgramSpec>(spec.programs)) program.autoload = program.name === name;
  spec.program(name).sleepable = sleepable;
  return spec;
}

/** The precheck is off, so that the kernel decides; the precheck gives the reason. */
function measure(name: Case["plain"], sleepable: boolean, call: string): Measured {
  const spec = specOf(name, sleepable);
  const { verdict, message } = spec.check().find(({ program }) => program === name) ?? {};
  const why = verdict !== "allowed" && message !== undefined ? { why: message } : {};
  try {
    using object = spec.loadSync({ precheck: "off" });
    (object.program(name) as Program).attach();
    return { times: time(call), ...why };
  } catch (error) {
    if (!(error instanceof BpfError)) throw error;
    return { why: error.message, ...why };
  }
}

const boot: Boot = {
  release: release(),
  nops: time("nops"),
  bare: Object.fromEntries([...new Set(CASES.map(({ call }) => call))].map((call) => [call, time(call)])),
  hooks: CASES.map(({ name, call, plain, sleepable }) => ({
    name,
    call,
    plain: measure(plain, false, call),
    sleepable: measure(sleepable, true, call),
  })),
};
process.stdout.write(JSON.stringify(boot));
