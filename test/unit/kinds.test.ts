/** The table of kinds, and what must say the same: the attach options and the table of docs/programs.md. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { attachOptions } from "node-libbpf";
import { ATTACH, btfKinds, familiesWhere, KINDS, type KindRow, kindRow, trampolineKinds } from "../../lib/kinds";
import { makeSleepable, onlyThese } from "../../lib/sleepable/remedies";
import { PROJECT_ROOT } from "../../scripts/places";

const read = (path: string) => readFileSync(join(PROJECT_ROOT, path), "utf8");
const kinds: readonly (readonly [kind: string, row: KindRow])[] = Object.entries(KINDS);

/** A kind's line of the table in docs/programs.md. */
function documented(kind: string, { sections, since, sleeps, attach }: KindRow): string {
  const code = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(", ");
  const sleep = sleeps === "never" ? "never" : [sleeps.since, sleeps.always && "must", sleeps.only].filter(Boolean);
  const dotS = sleeps === "never" || sleeps.always ? [] : [".s"];
  const options = code((attachOptions as Readonly<Record<string, readonly string[]>>)[kind] ?? []);
  const given = "instead" in ATTACH[attach] ? "not attached" : options || "none";
  return `| ${kind} | ${code([...sections, ...dotS])} | ${since} | ${[sleep].flat().join(", ")} | ${given} |`;
}

test("docs/programs.md has a line for each kind, in the table's order", () => {
  const lines = read("docs/programs.md").split("\n");
  const head = lines.findIndex((line) => line.startsWith("| kind | sections |"));
  const end = lines.findIndex((line, index) => index > head && !line.startsWith("|"));
  expect(lines.slice(head + 2, end)).toEqual(kinds.map(([kind, row]) => documented(kind, row)));
});

test.each([
  ["README.md", `**Attaches** ${familiesWhere(({ attach }) => !("instead" in ATTACH[attach]))} programs`],
  ["docs/troubleshooting.md", `${trampolineKinds()} programs can't run on this host`],
  ["docs/troubleshooting.md", `${btfKinds()} programs need it`],
  ["docs/cli.md", `${trampolineKinds()} programs can't run on this kernel`],
])("%s: %s", (file, sentence) => {
  expect(read(file).replace(/\s+/g, " ")).toContain(sentence);
});

test("a kind is found by its name alone", () => {
  expect(kindRow("lsm")).toBe(KINDS.lsm);
  expect([kindRow("unspec"), kindRow("toString"), kindRow("tp")]).toEqual([undefined, undefined, undefined]);
});

test("attachOptions lists the kinds with options", () => {
  const without = kinds.filter(([, { attach }]) => "instead" in ATTACH[attach]).map(([kind]) => kind);
  expect(Object.keys(attachOptions)).toEqual(kinds.map(([kind]) => kind).filter((kind) => !without.includes(kind)));
  expect(attachOptions.xdp).toEqual(["interface", "mode"]);
});

test("every attach option is used by a test on a kernel", () => {
  const folder = join(PROJECT_ROOT, "test/kernel");
  const tests = readdirSync(folder).filter((name) => name.endsWith(".ts"));
  const text = tests.map((name) => readFileSync(join(folder, name), "utf8")).join("\n");
  const options = new Set(Object.values(attachOptions).flat());
  const unused = [...options].filter((name) => !new RegExp(`[{,]\\s*${name}\\s*[:,}]`).test(text));
  expect(unused).toEqual([]);
});

test("no kind may sleep before it exists", () => {
  const release = (text: string) => text.split(".").reduce((sum, part) => sum * 1000 + Number(part), 0);
  for (const [, { since, sleeps }] of kinds)
    if (sleeps !== "never") expect(release(sleeps.since)).toBeGreaterThanOrEqual(release(since));
});

test("sentences name all kinds", () => {
  expect(onlyThese()).toBe(
    "only lsm, fentry, fexit, fmod_ret, fsession, tp_btf, iter, raw_tp, tracepoint, uprobe, syscall, usdt and struct_ops programs may sleep",
  );
  expect(trampolineKinds()).toBe("lsm, fentry, fexit, fmod_ret and fsession");
  expect(makeSleepable("tp_btf")).toContain("since Linux 7.2, on system call tracepoints alone");
  expect(makeSleepable("fsession")).toContain("since Linux 7.0)");
  expect(makeSleepable("kprobe")).toContain("kprobe programs may not");
});
