/** struct_ops programs: the description of the object matches what the kernel has. */
import { open } from "../bpf/struct-ops.bpf";
import { bundled, kernelTest, since } from "./needs";

type Spec = ReturnType<typeof open>;

const cases: [what: string, change: (spec: Spec) => void, loaded: string[], maps: string[]][] = [
  ["all are loaded with their maps", () => {}, ["in_both", "in_one"], ["one", "other"]],
  [
    "a program with autoload false is not loaded, and its maps are created without it",
    ({ programs }) => {
      programs.in_one.autoload = false;
    },
    ["in_both"],
    ["one", "other"],
  ],
  [
    "a program in two maps is removed from both",
    ({ programs }) => {
      programs.in_both.autoload = false;
    },
    ["in_one"],
    ["one", "other"],
  ],
  [
    "a map with autocreate false is not created, and its programs are not loaded",
    ({ maps }) => {
      maps.one.autocreate = false;
    },
    ["in_both"],
    ["other"],
  ],
];

for (const [what, change, loaded, maps] of cases)
  kernelTest(what, [bundled, since("5.16")], async () => {
    const spec = open();
    change(spec);
    const told = Object.values(spec.programs).flatMap(({ name, autoload }) => (autoload ? [name] : []));
    expect(told).toEqual(loaded);
    const object = await spec.load();
    try {
      for (const program of Object.values(object.programs)) {
        if (loaded.includes(program.name)) expect(program.id).toBeGreaterThan(0);
        else expect(() => program.id).toThrow(expect.objectContaining({ code: "ERR_BPF_NOT_LOADED" }));
      }
      expect(Object.keys(object.maps).filter((name) => !name.startsWith("."))).toEqual(maps);
    } finally {
      object.close();
    }
  });
