/** Renders the page as one HTML file: it contains the whole table, so that it can be read without the script. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { given } from "../../lib/kernel/fact";
import { kernelProfile, kernelProfiles } from "../../lib/kernel/profiles";
import { MATRIX } from "../kernels";
import { PROJECT_ROOT } from "../places";
import { type Evidence, type Mark, type Matrix, matrix } from "./evidence";
import { GROUPS, type Group, type Row, rowsFor } from "./rows";
import { valuesOf } from "./values";

/** The upstream columns that are shown by default: the long-term kernels, and the newest. */
const SHOWN: readonly string[] = [MATRIX.oldest, "5.15", MATRIX.stable, "6.6", MATRIX.lts, "6.18", MATRIX.newest];

interface Column {
  /** The name that kernelProfile() takes. */
  name: string;
  label: string;
  /** Replaces {kernel} in the evidence. */
  version: string;
  measured: boolean;
  /** Shown by default. */
  shown: boolean;
}

/** The data that the page's script reads. */
export interface PageData extends Matrix {
  kernels: Column[];
  rows: Pick<Row, "group" | "name" | "subject">[];
  evidence: Evidence[];
}

/** There are many cells, so their class names are short. */
const MARKS: Readonly<Record<Mark, readonly [className: string, symbol: string]>> = {
  allowed: ["y", "✓"],
  refused: ["n", "✗"],
  unsafe: ["w", "!"],
  unknown: ["u", "?"],
  absent: ["x", "–"],
};

export function pageData(): PageData {
  const names = kernelProfiles();
  const facts = names.map((name) => kernelProfile(name));
  const rows = rowsFor(facts);
  const kernels = names.map((name, index) => {
    const measured = name.includes("-");
    const [distribution, version = ""] = name.split("-");
    return {
      name,
      label: measured ? `${distribution?.replace(/^./, (letter) => letter.toUpperCase())} ${version}` : name,
      version: given(facts[index]?.version ?? { unknown: "" }) ?? "",
      measured,
      shown: measured || SHOWN.includes(name),
    };
  });
  return {
    kernels,
    rows: rows.map(({ group, name, subject }) => ({ group, name, subject })),
    ...matrix(rows, facts),
  };
}

export function render(data: PageData): string {
  const file = (name: string) => readFileSync(join(PROJECT_ROOT, "scripts/page", name), "utf8").trimEnd();
  const { kernels, rows } = data;
  const measured = kernels.filter((kernel) => kernel.measured);
  const parts: Record<string, string> = {
    style: `<style>\n${file("page.css")}\n</style>`,
    script: `<script type="module">\n${file("page.js")}\n</script>`,
    columns: `<style id="columns">${hiddenColumns(kernels)}</style>`,
    first: escaped(kernels[0]?.name ?? ""),
    last: escaped(kernels.findLast((kernel) => !kernel.measured)?.name ?? ""),
    builds: escaped(measured.map(({ label }) => label).join(", ") || "none yet"),
    total: String(rows.length),
    groups: (Object.keys(GROUPS) as Group[])
      .map((group) => `<option value="${group}">${escaped(GROUPS[group])}</option>`)
      .join("\n"),
    choices: kernels.map(choice).join("\n"),
    head: kernels.map(heading).join("\n"),
    body: (Object.keys(GROUPS) as Group[]).map((group) => section(group, data)).join("\n"),
    // In a script element only "<" could end the data.
    data: `<script type="application/json" id="data">${JSON.stringify(valuesOf(data)).replaceAll("<", "\\u003c")}</script>`,
  };
  return file("page.html").replace(/<!-- (\w+) -->/g, (_, name: string) => {
    const part = parts[name];
    if (part === undefined) throw new Error(`page.html has an unknown placeholder: ${name}`);
    return part;
  });
}

/**
 * Hides each column with one CSS rule, so that thousands of cells need no attribute. Two columns precede the kernels'.
 */
function hiddenColumns(kernels: readonly Column[]): string {
  const hidden = kernels.flatMap(({ shown }, index) => (shown ? [] : [`#hooks tr>:nth-child(${index + 3})`]));
  return hidden.length === 0 ? "" : `${hidden.join(",")}{display:none}`;
}

function choice({ name, label, shown }: Column): string {
  const checked = shown ? " checked" : "";
  return `<label><input type="checkbox" name="kernel" value="${escaped(name)}"${checked}>${escaped(label)}</label>`;
}

function heading({ label, measured }: Column): string {
  const className = measured ? ' class="measured"' : "";
  return `<th scope="col"${className}>${escaped(label).replace(" ", "<br>")}</th>`;
}

function section(group: Group, data: PageData): string {
  const lines = data.rows.flatMap((row, index) => (row.group === group ? [tableRow(row.name, index, data)] : []));
  return `<tbody>\n<tr class="group"><th scope="rowgroup">${escaped(GROUPS[group])}</th></tr>\n${lines.join("\n")}\n</tbody>`;
}

/** Omits the optional end tags of HTML: they would be half of the page. */
function tableRow(name: string, index: number, { cells, evidence, kernels }: PageData): string {
  const marks = (cells[index] ?? []).map((at) => evidence[at]?.mark ?? "unknown");
  const upstream = marks.filter((_, column) => kernels[column]?.measured === false);
  const boxes = marks.map((mark) => `<td class=${MARKS[mark][0]}>${MARKS[mark][1]}`).join("");
  // Sections are long names.
  const title = escaped(name).replaceAll("/", "/<wbr>");
  return `<tr><th scope=row>${title}<td class=h>${escaped(history(upstream, kernels))}${boxes}`;
}

/** The upstream releases on which it may sleep: "since 5.11", "5.11 – 6.8". */
export function history(marks: readonly Mark[], kernels: readonly Column[]): string {
  const spans: [number, number][] = [];
  marks.forEach((mark, index) => {
    if (mark !== "allowed") return;
    const span = spans.at(-1);
    if (span?.[1] === index - 1) span[1] = index;
    else spans.push([index, index]);
  });
  const name = (index: number) => kernels[index]?.name ?? "";
  if (spans.length === 0) return marks.includes("unknown") ? "not known" : "never";
  return spans
    .map(([from, to]) => {
      if (to === marks.length - 1) return `since ${name(from)}`;
      return from === to ? name(from) : `${name(from)} – ${name(to)}`;
    })
    .join(", ");
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

export function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? "");
}
