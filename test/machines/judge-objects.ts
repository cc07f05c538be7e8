/**
 * Verdicts on all test objects: by the running kernel, or by a profile. The same code runs inside and outside the
 * machine.
 */
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CheckOptions, captureProfile, open, type ProgramVerdict } from "node-libbpf";

const OBJECTS = join(__dirname, "../bpf");

/** By object and program. */
export function judgeObjects(options: CheckOptions): Record<string, ProgramVerdict> {
  const verdicts: Record<string, ProgramVerdict> = {};
  for (const file of readdirSync(OBJECTS).filter((name) => name.endsWith(".bpf.o"))) {
    const spec = open(join(OBJECTS, file));
    for (const program of Object.values(spec.programs)) {
      program.autoload = program.type !== 0 && !(program.needsBtfTarget && program.attachTarget === undefined);
    }
    for (const verdict of spec.check(options)) verdicts[`${file} ${verdict.program}`] = verdict;
  }
  return verdicts;
}

// In the machine: its profile, and its verdicts.
if (require.main === module) {
  const profile = captureProfile({ probe: true });
  writeFileSync("/tmp/host.json", JSON.stringify(profile));
  writeFileSync("/tmp/tables.json", JSON.stringify(judgeObjects({ precheck: "tables" })));
  writeFileSync("/tmp/auto.json", JSON.stringify(judgeObjects({ precheck: "auto" })));
}
