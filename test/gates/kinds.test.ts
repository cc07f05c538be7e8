/** The table of kinds has the sections of libbpf's table, and says the same of them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AttachType, Flag, ProgramType } from "../../lib/constants";
import { ATTACH, formOf, KINDS, type KindRow } from "../../lib/kinds";
import { parseSection } from "../../lib/section-names";
import { PROJECT_ROOT } from "../../scripts/places";
import { PINNED } from "../../scripts/sources";

const LIBBPF = PINNED.find(({ name }) => name === "libbpf");
const source = readFileSync(join(PROJECT_ROOT, ".deps/src", `libbpf-${LIBBPF?.version}`, "src/libbpf.c"), "utf8");

const numberOf = (table: Readonly<Record<string, number>>, name: string) =>
  name === "0" ? 0 : table[name.replace(/^BPF_/, "")];

/** SEC_DEF("lsm.s+", LSM, BPF_LSM_MAC, SEC_ATTACH_BTF | SEC_SLEEPABLE, attach_lsm) */
const DEFINITION = /SEC_DEF\("([^"]+?)(\+?)",\s*(\w+),\s*(\w+),\s*([\w |]+?)(?:,\s*(attach_\w+))?\)/g;
const definitions = [...source.matchAll(DEFINITION)].map(
  ([, section = "", , type = "", attachType = "", flags = "", attach]) => ({
    section,
    type: numberOf(ProgramType, type),
    attachType: numberOf(AttachType, attachType),
    flags: flags.split(" | "),
    attach,
  }),
);

const rows: readonly KindRow[] = Object.values(KINDS);
const nameOf = (section: string) => section.replace(/\/.*/, "").replace(/\.s$/, "");
const rowOf = (section: string) => rows.find(({ sections }) => sections.includes(nameOf(section)));

test("libbpf's table is found", () => {
  expect(definitions.length).toBe(source.match(/^\tSEC_DEF\(/gm)?.length);
});

test.each(definitions.map((one) => [one.section, one] as const))(
  "%s",
  (section, { type, attachType, flags, attach }) => {
    const row = rowOf(section);
    expect(row).toBeDefined();
    if (row === undefined) return;
    expect(row.types).toContain(type);
    if (row.attachType !== undefined) expect(attachType).toBe(row.attachType);
    if (row.readBy === "row") expect(row.target.form === "btf").toBe(flags.includes("SEC_ATTACH_BTF"));
    const { flags: set } = parseSection(section, type ?? 0);
    expect((set & Flag.SLEEPABLE) !== 0).toBe(flags.includes("SEC_SLEEPABLE"));
    expect((set & Flag.XDP_HAS_FRAGS) !== 0).toBe(flags.includes("SEC_XDP_FRAGS"));
    // What libbpf attaches by itself, we attach.
    if (attach !== undefined && row.attach !== "struct_ops") expect(ATTACH[row.attach]).not.toHaveProperty("instead");
  },
);

/** Kinds and sleepable sections that kernels have and this libbpf does not know. */
const LATER = [
  "fentry.multi",
  "fexit.multi",
  "fsession.multi",
  "tp_btf.s",
  "raw_tp.s",
  "raw_tracepoint.s",
  "tp.s",
  "tracepoint.s",
];

test("every section of a row is libbpf's, or later than it", () => {
  const known = new Set(definitions.map(({ section }) => section.replace(/\/.*/, "")));
  const mine = rows.flatMap(({ sections, sleeps }) =>
    sleeps === "never" || sleeps.always ? sections : sections.flatMap((section) => [section, `${section}.s`]),
  );
  const unknown = mine.filter(
    (section) => !known.has(section) && !LATER.includes(section.replace(/(\.multi)\.s$/, "$1")),
  );
  expect(unknown).toEqual([]);
});

test("every form is a section of libbpf's", () => {
  const forms = rows.flatMap((row) => Object.keys(row.forms));
  expect(forms.filter((form) => !definitions.some(({ section }) => section === form))).toEqual([]);
  expect(formOf("xdp.frags/devmap")?.flags).toBe(Flag.XDP_HAS_FRAGS);
});
