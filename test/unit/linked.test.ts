/** Objects of several files, as `bpftool gen object` links them, with static variables of the same name. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { open } from "node-libbpf";
import { build } from "../../lib/build/build";
import { generateModule } from "../../lib/gen/module";
import { native } from "../../lib/native";
import { diagnose } from "../compile-modules";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "node-libbpf-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const HEADER = `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
static inline void say(int what) { bpf_printk("said %d", what); }
`;

const SOURCE = (name: string) => `#include "say.h"
char LICENSE[] SEC("license") = "GPL";
static volatile int debug = ${name.length};
static volatile int once_${name};
SEC("syscall") int run_${name}(void *ctx)
{
	say(debug + once_${name});
	return 0;
}
`;

/** One object of several sources. */
function linked(sources: Record<string, string>): Uint8Array {
  writeFileSync(join(folder, "say.h"), HEADER);
  const objects = Object.entries(sources).map(([name, text]) => {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), text);
    const into = join(folder, "out", name, "..");
    const built = build(join(folder, name), into, { types: false, clang: [`-I${folder}`, "-Wall", "-Werror"] });
    return built.outputs[0] as string;
  });
  const output = join(folder, "linked.bpf.o");
  expect(native.linkFiles(output, objects)).toMatchObject({ status: 0, messages: [] });
  return readFileSync(output);
}

const twoFiles = () => ({ "one.bpf.c": SOURCE("one"), "three.bpf.c": SOURCE("three") });

test("variables of the same name in several files are prefixed with their file", () => {
  const { variables } = open(linked(twoFiles()));
  expect({ ...variables }).toEqual({
    "one.bpf.c:debug": 3,
    "three.bpf.c:debug": 5,
    once_one: 0,
    once_three: 0,
    "one.bpf.c:say.____fmt": "said %d",
    "three.bpf.c:say.____fmt": "said %d",
  });
  variables["three.bpf.c:debug"] = 7;
  expect([variables["one.bpf.c:debug"], variables["three.bpf.c:debug"]]).toEqual([3, 7]);
});

test("the plain name is ambiguous, and the error lists the variables", () => {
  const { variables } = open(linked(twoFiles()));
  const told = expect.objectContaining({
    code: "ERR_BPF_ARGUMENT",
    message: expect.stringMatching(/variable debug is ambiguous.*variables\["one\.bpf\.c:debug"\], variables\["three/),
  });
  expect(() => variables.debug).toThrow(told);
  expect(() => {
    variables.debug = 1;
  }).toThrow(told);
  expect(Object.keys(variables)).not.toContain("debug");
});

test("a global variable keeps its name", () => {
  const sources = twoFiles();
  const { variables } = open(linked({ ...sources, "two.bpf.c": `#include "say.h"\nint debug = 2;\n` }));
  expect({ ...variables }).toMatchObject({ debug: 2, "one.bpf.c:debug": 3, "three.bpf.c:debug": 5 });
});

test("files of the same name are distinguished by the section, else by the order", () => {
  const inSection = (section: string, value: number) =>
    `#include "say.h"\nstatic volatile int flag SEC("${section}") = ${value};\n` +
    `SEC("syscall") int run${value}(void *ctx) { return flag; }\n`;
  const other = linked({ "a/x.bpf.c": inSection(".data.a", 1), "b/x.bpf.c": inSection(".data.b", 2) });
  expect({ ...open(other).variables }).toEqual({ ".data.a:flag": 1, ".data.b:flag": 2 });
  const same = linked({ "a/x.bpf.c": inSection(".data.a", 1), "b/x.bpf.c": inSection(".data.a", 2) });
  expect({ ...open(same).variables }).toEqual({ ".data.a#1:flag": 1, ".data.a#2:flag": 2 });
});

test("the same for struct_ops maps, and each program belongs to its own map", () => {
  const ops = (name: string, member: string) => `#include "say.h"
#include <bpf/bpf_tracing.h>
char LICENSE[] SEC("license") = "GPL";
struct bpf_dummy_ops { int (*test_1)(void *state); int (*test_2)(void *state); };
SEC("struct_ops/${member}") int ${name}(unsigned long long *ctx) { return 0; }
static struct bpf_dummy_ops dummy SEC(".struct_ops.link") = { .${member} = (void *)${name} };
`;
  const spec = open(linked({ "one.bpf.c": ops("one", "test_1"), "two.bpf.c": ops("two", "test_2") }));
  expect(Object.keys(spec.maps)).toEqual(["one.bpf.c:dummy", "two.bpf.c:dummy"]);
  const targets = spec.programFacts().map(({ name, target }) => `${name} ${target}`);
  expect(targets).toEqual(["one bpf_dummy_ops.test_1", "two bpf_dummy_ops.test_2"]);
});

test("the generated module compiles, and has them all", () => {
  const bytes = linked(twoFiles());
  const options = { fileName: "linked.bpf.o", path: "linked.bpf.o", module: "esm" } as const;
  const text = generateModule(bytes, options);
  expect(text).toContain('"one.bpf.c:say.____fmt": string;');
  const use = 'import { open } from "./linked.js";\nopen().variables["one.bpf.c:debug"] = 1;\n';
  expect(diagnose({ "linked.ts": text, "use.ts": use }, "module")).toEqual([]);
});
