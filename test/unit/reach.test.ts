/** What a program could reach at most: where that suffices no control flow is analyzed, and the verdict must be the same. */
import { readdirSync } from "node:fs";
import { dirname } from "node:path";
import { judge, kernelProfile, kernelProfiles } from "node-libbpf";
import { open as openFile } from "../../lib/object/object-spec";
import type { ProgramFacts } from "../../lib/verdict";
import { objectPath } from "../bpf/objects";

const OBJECTS = readdirSync(dirname(objectPath(""))).flatMap((file) => /^(.*)\.bpf\.o$/.exec(file)?.[1] ?? []);
const MEASURED = kernelProfiles().filter((name) => name.includes("-"));

/** The programs of an object for which that suffices; all as load() reads them then; all exactly; their verdicts. */
function factsOf(
  object: string,
  suffices: (atMost: ProgramFacts) => boolean,
  kernel = kernelProfile(MEASURED[0] ?? ""),
) {
  const open = () => {
    const spec = openFile(objectPath(object));
    for (const program of Object.values(spec.programs)) program.autoload = true;
    return spec;
  };
  const sufficient = new Set<string>();
  const quick = open().programFacts(kernel, (atMost) => {
    if (!suffices(atMost)) return false;
    sufficient.add(atMost.name);
    return true;
  });
  return { sufficient, quick, exact: open().programFacts(kernel), verdicts: open().check({ kernel }) };
}

test.each(MEASURED)("on %s a program that is well with all that it could reach is allowed", (name) => {
  const kernel = kernelProfile(name);
  const isAllowed = (facts: ProgramFacts) => judge(facts, kernel).verdict === "allowed";
  let count = 0;
  for (const object of OBJECTS) {
    const { sufficient, quick, exact, verdicts } = factsOf(object, isAllowed, kernel);
    count += sufficient.size;
    for (const [index, program] of exact.entries()) {
      // Programs that libbpf refuses are not judged.
      const verdict = verdicts[index];
      if (verdict?.findings[0]?.source.file.startsWith("libbpf: bpf_object__open") === false)
        expect(verdict).toEqual(judge(program, kernel));
      if (sufficient.has(program.name)) expect([program.name, isAllowed(program)]).toEqual([program.name, true]);
      else expect(quick[index]).toEqual(program);
    }
  }
  expect(count).toBeGreaterThan(100);
});

test("calls that a constant rules out are among them", () => {
  const call = { name: "bpf_copy_from_user", conditional: false };
  const { quick, exact } = factsOf("facts", () => true);
  const helpersOf = (facts: readonly ProgramFacts[]) => facts.find(({ name }) => name === "constant_branch")?.helpers;
  expect(helpersOf(quick)).toContainEqual(call);
  expect(helpersOf(exact)).not.toContainEqual(expect.objectContaining({ name: call.name }));
});

test("where calls stand is worked out for programs with regions and callbacks", () => {
  for (const object of ["whole-regions", "whole-callbacks"])
    expect([...factsOf(object, () => true).sufficient].filter((name) => !/^area_\w+_plain$/.test(name))).toEqual([]);
});
