/** Compares what both sides did with the same objects: whatever C opens, loads and attaches, this library does too. */
import type { Line } from "./ours";

export interface Tally {
  /** How many each side opened; loaded as they are; loaded alone, of programs; attached, of programs and struct_ops maps. */
  theirs: Record<Step, number>;
  ours: Record<Step, number>;
  /** Programs that are expected to be refused with certain texts, and those whose log has all that C's log has. */
  expected: number;
  shown: number;
  /** Of them, those with every text; the others' texts are of another kernel, or of another configuration of it. */
  complete: number;
  /** Of them, those that the precheck refused before the kernel did. */
  prechecked: number;
  /** What C does and this library does not, one line each: "object program: step: what was said". */
  differences: string[];
}

const STEPS = ["opened", "loaded", "alone", "attached"] as const;
export type Step = (typeof STEPS)[number];

const key = ({ object, program }: Line) => `${object} ${program}`.trim();

export function compare(theirs: readonly Line[], ours: readonly Line[]): Tally {
  const crashed = new Set(theirs.filter(({ died }) => died !== undefined).map(key));
  const mine = new Map(ours.map((line) => [key(line), line]));
  const differences: string[] = [];
  for (const line of theirs) {
    const own = mine.get(key(line));
    const differs = (step: string, said = own?.said ?? "") =>
      differences.push(`${key(line)}: ${step}: ${said.trim().replaceAll(/\s*\n\s*/g, " | ")}`);
    if (line.died !== undefined) continue;
    if (own === undefined) {
      // What was loaded with its object was not loaded alone again. C may have failed to load the object.
      if (line.load === 0 && mine.get(line.object)?.load !== 0) differs("load", "not tried");
    } else if (line.open === 0 && own.open !== 0) differs("open");
    else if (line.load === 0 && own.load !== 0) differs("load");
    else {
      const attached = { ...line.attach, ...line.maps };
      for (const [name, errno] of Object.entries(attached)) {
        const said = { ...own.attach, ...own.maps }[name];
        if (errno === 0 && said !== 0) differs(`attach ${name}`, said === undefined ? "not tried" : own.errors?.[name]);
      }
    }
  }
  for (const line of ours) {
    if (line.died !== undefined && !crashed.has(key(line)))
      differences.push(`${key(line)}: died of signal ${line.died}`);
    if (line.code === "FAULT") differences.push(`${key(line)}: fault: ${line.said}`);
    for (const [name, said] of Object.entries(line.errors ?? {}))
      if (said.startsWith("FAULT")) differences.push(`${key(line)}: attach ${name}: ${said}`);
    for (const text of line.missing ?? []) differences.push(`${key(line)}: log lacks ${JSON.stringify(text)}`);
  }
  const expected = ours.filter(({ missing }) => missing !== undefined);
  return {
    theirs: counts(theirs),
    ours: counts(ours),
    expected: expected.length,
    shown: expected.filter(({ missing }) => missing?.length === 0).length,
    complete: expected.filter(({ missing, lacking }) => missing?.length === 0 && lacking === 0).length,
    prechecked: expected.filter(({ code }) => code === "ERR_BPF_SLEEPABLE").length,
    differences,
  };
}

function counts(lines: readonly Line[]): Record<Step, number> {
  const whole = lines.filter(({ program }) => program === "");
  const alone = lines.filter(({ program }) => program !== "");
  const attached = lines.flatMap(({ attach, maps }) => Object.values({ ...attach, ...maps }));
  const done = (results: readonly (number | undefined)[]) => results.filter((errno) => errno === 0).length;
  return {
    opened: done(whole.map(({ open }) => open)),
    loaded: done(whole.map(({ load }) => load)),
    alone: done(alone.map(({ load }) => load)),
    attached: done(attached),
  };
}
