/**
 * struct_ops programs and their maps: the verdicts match the configuration. test/kernel/struct-ops.test.ts tests the
 * load.
 */
import { kernelProfile } from "node-libbpf";
import { open } from "../bpf/struct-ops.bpf";

const told = (spec: ReturnType<typeof open>) =>
  Object.values(spec.programs).flatMap(({ name, autoload }) => (autoload ? [name] : []));

function both(change: (spec: ReturnType<typeof open>) => void): string[] {
  const spec = open();
  change(spec);
  expect(spec.check({ kernel: kernelProfile("6.12") }).map(({ program }) => program)).toEqual(told(spec));
  expect(spec.programFacts().map(({ name }) => name)).toEqual(told(spec));
  return told(spec);
}

test("a program is loaded with the maps that refer to it, whatever its section is", () => {
  expect(both(() => {})).toEqual(["in_both", "in_one"]);
});

test("if a map is not created, its programs are not loaded, but those of other maps are", () => {
  expect(
    both(({ maps }) => {
      maps.one.autocreate = false;
    }),
  ).toEqual(["in_both"]);
  expect(
    both(({ maps }) => {
      for (const map of [maps.one, maps.other]) map.autocreate = false;
    }),
  ).toEqual([]);
});

test("a program with autoload false is neither listed nor judged", () => {
  expect(
    both(({ programs }) => {
      programs.in_both.autoload = false;
    }),
  ).toEqual(["in_one"]);
});
