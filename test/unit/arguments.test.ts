/**
 * Functions that need no kernel, called with invalid arguments: each throws an error of the library with a code. Maps
 * and links: test/kernel.
 */
import * as api from "node-libbpf";
import * as sleepable from "node-libbpf/sleepable";
import { BAD, rawErrors, type Subject } from "../bad-arguments";
import { objectPath } from "../bpf/objects";

/** Functions that call the kernel or wait: tested in test/kernel, if at all. */
const ELSEWHERE = [
  "tracePipe",
  "captureProfile",
  "kernelFacts",
  "createMap",
  "openMap",
  "openMapById",
  "enableStats",
  "owners",
  "runningPrograms",
];

test.each([
  ["node-libbpf", api],
  ["node-libbpf/sleepable", sleepable],
] as const)("the functions of %s", async (_, exported) => {
  const subjects = Object.entries(exported).flatMap(([name, of]): Subject[] => {
    const isClass = typeof of === "function" && /^class\b/.test(Function.prototype.toString.call(of));
    return typeof of !== "function" || isClass || ELSEWHERE.includes(name) ? [] : [{ name, of }];
  });
  expect(subjects.length).toBeGreaterThan(3);
  const named = { codecOf: [[anInt()]], open: [[objectPath("maps")]], readBtf: [[objectPath("maps")]] };
  const all = subjects.map((subject) => ({ ...subject, before: named[subject.name as keyof typeof named] ?? [] }));
  expect(await rawErrors(all)).toEqual([]);
});

const anInt = () => api.readBtf(objectPath("maps")).typeNamed("int");

test("BTF, its types and codecs", async () => {
  const btf = api.readBtf(objectPath("shapes"));
  const codec = api.codecOf(anInt(), { path: "x" });
  expect(
    await rawErrors([
      { name: "Btf", of: btf, before: [["struct everything"]] },
      { name: "codec", of: codec, before: [[1, new DataView(new ArrayBuffer(8))]] },
      { name: "codecs.bytes", of: api.codecs.bytes },
      { name: "codecs.text", of: api.codecs.text },
      { name: "codecs.u64", of: api.codecs.u64, before: [[1n, new DataView(new ArrayBuffer(8))]] },
    ]),
  ).toEqual([]);
});

test("what is not loaded yet", async () => {
  const spec = api.open(objectPath("maps"));
  const [program] = Object.values(api.open(objectPath("guard")).programs);
  const [map] = Object.values(spec.maps);
  expect(program && map).toBeDefined();
  // test/kernel tests load().
  expect(
    await rawErrors([
      { name: "ObjectSpec", of: spec, not: ["load", "loadSync"] },
      { name: "ProgramSpec", of: program as object },
      { name: "MapSpec", of: map as object },
    ]),
  ).toEqual([]);
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
