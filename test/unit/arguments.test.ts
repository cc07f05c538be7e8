/**
 * Functions that need no kernel, called with invalid arguments: each throws an error of the library with a code. Maps
 * and links: test/kernel.
 */
import * as api from "node-libbpf";
import * as sleepable from "node-libbpf/sleepable";
import { abuse, BAD, KERNEL_FUNCTIONS, publicMembers, type Subject, still } from "../abuse";
import { objectPath } from "../bpf/objects";

const isClass = (of: unknown) => typeof of === "function" && /^class\b/.test(Function.prototype.toString.call(of));
const anInt = () => api.readBtf(objectPath("maps")).typeNamed("int");
const wrongOf = async (subjects: readonly Subject[]) => [...(await abuse(subjects)).wrong];

test.each([
  ["node-libbpf", api],
  ["node-libbpf/sleepable", sleepable],
] as const)("the functions of %s", async (_, exported) => {
  const named = { codecOf: [[anInt()]], open: [[objectPath("maps")]], readBtf: [[objectPath("maps")]] };
  const subjects = Object.entries(exported).flatMap(([name, of]): Subject[] =>
    typeof of !== "function" || isClass(of) || (KERNEL_FUNCTIONS as string[]).includes(name)
      ? []
      : [still(name, of, named[name as keyof typeof named])],
  );
  expect(subjects.length).toBeGreaterThan(3);
  expect(await wrongOf(subjects)).toEqual([]);
});

test("classes that are made by functions only, and their static methods", async () => {
  const made = Object.entries(api).flatMap(([name, of]): Subject[] => {
    if (!isClass(of) || name.endsWith("Error")) return [];
    const statics = Object.entries(Object.getOwnPropertyDescriptors(of))
      .filter(([key, { value }]) => typeof value === "function" && key !== "isMap")
      .map(([key, { value }]) => still(`${name}.${key}`, value as object));
    return [still(`new ${name}`, (...args: unknown[]) => Reflect.construct(of as never, args)), ...statics];
  });
  expect(await wrongOf(made)).toEqual([]);
});

test("BTF, its types and codecs", async () => {
  const { codecs } = api;
  const subjects = [
    still("Btf", api.readBtf(objectPath("shapes")), [["struct everything"]]),
    still("codec", api.codecOf(anInt(), { path: "x" }), [[1, new DataView(new ArrayBuffer(8))]]),
    still("codecs.bytes", codecs.bytes),
    still("codecs.text", codecs.text),
    still("codecs.u64", codecs.u64, [[1n, new DataView(new ArrayBuffer(8))]]),
  ];
  expect(await wrongOf(subjects)).toEqual([]);
});

test("what is not loaded yet", async () => {
  const spec = api.open(objectPath("maps"));
  const [program] = Object.values(api.open(objectPath("guard")).programs);
  const [map] = Object.values(spec.maps);
  const subjects = [
    // test/kernel tests load().
    { ...still("ObjectSpec", spec), not: ["load", "loadSync"] },
    still("ProgramSpec", program as object),
    still("MapSpec", map as object),
  ];
  const { wrong, met } = await abuse(subjects);
  expect([...wrong]).toEqual([]);
  const missing = publicMembers().filter(
    (member) => /^(ObjectSpec|ProgramSpec|MapSpec)\./.test(member) && !met.has(member),
  );
  expect(missing).toEqual([]);
});

test("values of variables", () => {
  const { variables } = api.open(objectPath("variables"));
  const raw = Object.keys(variables).flatMap((name) =>
    BAD.flatMap((bad) => {
      try {
        variables[name] = bad as never;
        return [];
      } catch (error) {
        return (error as { code?: string }).code === "ERR_BPF_ARGUMENT" ? [] : [`${name}: ${String(error)}`];
      }
    }),
  );
  expect(raw).toEqual([]);
});
