/** docs/sleepable/index.html, generated from the precheck's data. */
import { blanked } from "../../scripts/page/evidence";
import { escaped, history, type PageData, pageData, render } from "../../scripts/page/render";
import { valuesOf } from "../../scripts/page/values";

const data = pageData();
const page = render(data);

function at(name: string, kernel: string, { kernels, rows, cells, evidence }: PageData = data) {
  const row = rows.findIndex((one) => one.name === name);
  const column = kernels.findIndex((one) => one.name === kernel);
  const found = evidence[cells[row]?.[column] ?? -1];
  if (found === undefined) throw new Error(`nothing is said of ${name} on ${kernel}`);
  return found;
}

describe("the verdicts", () => {
  test.each([
    ["file_open", "5.10", "refused"],
    ["file_open", "5.11", "allowed"],
    ["file_open", "7.3", "allowed"],
    ["bprm_committed_creds", "5.10", "allowed"],
    ["path_mkdir", "6.7", "refused"],
    ["path_mkdir", "6.8", "allowed"],
    ["ringbuf", "5.11", "refused"],
    ["ringbuf", "5.12", "allowed"],
    ["perf_event_array", "7.3", "refused"],
    ["syscall", "5.13", "absent"],
    ["syscall", "5.14", "allowed"],
    ["uprobe", "5.19", "refused"],
    ["uprobe", "6.0", "allowed"],
    ["kprobe", "7.3", "refused"],
    ["xdp", "7.3", "refused"],
    ["tp_btf/sys_enter", "6.2", "unsafe"],
    ["tp_btf/sys_enter", "6.3", "refused"],
    ["tp_btf/sys_enter", "7.2", "allowed"],
    ["task", "5.17", "unsafe"],
    ["task", "5.18", "allowed"],
    ["fentry/__x64_sys_getpgid", "6.12", "unknown"],
  ])("%s on Linux %s: %s", (name, kernel, mark) => {
    expect(at(name, kernel).mark).toBe(mark);
  });

  test("file_permission can sleep on no kernel", () => {
    for (const { name } of data.kernels) expect(at("file_permission", name).mark).toMatch(/^(?:refused|absent)$/);
  });

  test("a map's row is about the map, not about the hook of the program that uses it", () => {
    for (const { findings } of data.kernels.map(({ name }) => at("hash", name)))
      expect(findings.map(({ message }) => message)).not.toContainEqual(
        expect.stringContaining("bprm_committed_creds"),
      );
  });
});

describe("the evidence", () => {
  test("every cell has some, and all evidence is used", () => {
    const used = new Set(data.cells.flat());
    expect([...used].sort((one, other) => one - other)).toEqual(data.evidence.map((_, index) => index));
    expect(data.cells).toHaveLength(data.rows.length);
    for (const row of data.cells) expect(row).toHaveLength(data.kernels.length);
    for (const { mark, findings } of data.evidence) {
      expect(mark === "absent" ? "refused" : mark).toBe(findings[0]?.verdict);
      for (const { message, source } of findings) expect([message, source.file]).not.toContain("");
    }
  });

  test("the same kind of evidence is stored once, for any hook and kernel", () => {
    expect(at("file_fcntl", "6.1")).toBe(at("file_send_sigiotask", "6.6"));
    expect(at("file_fcntl", "6.1").findings[0]?.message).toBe("{name} cannot sleep on Linux {kernel}");
  });

  test.each([
    [
      "bpf",
      'the hook bpf, "bpf_lsm_bpf", in kernel/bpf/bpf_lsm.c',
      'the hook {}, "bpf_lsm_{}", in kernel/bpf/bpf_lsm.c',
    ],
    ["6.1", "Linux 6.1, 6.12, 6.1.192 and 16.1.", "Linux {}, 6.12, 6.1.192 and 16.1."],
    ["a.b", "a.b axb (a.b)", "{} axb ({})"],
  ])("a placeholder stands for %s as a word of its own", (word, text, expected) => {
    expect(blanked(` ${text}`, word, "{}")).toBe(` ${expected}`);
  });
});

describe("the list of values", () => {
  /** As page.js does it. */
  const valueAt = (values: readonly unknown[], index = values.length - 1): unknown => {
    const value = values[index];
    if (Array.isArray(value)) return value.map((at) => valueAt(values, at));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, at]) => [key, valueAt(values, at)]));
  };

  test("has each once, and all that there was", () => {
    const values = valuesOf(data);
    expect(new Set(values.map((value) => JSON.stringify(value))).size).toBe(values.length);
    expect(valueAt(values)).toEqual(JSON.parse(JSON.stringify(data)));
  });

  test("tells a text from a number, and an array from its length", () => {
    for (const value of [{ a: 1, b: "1" }, [[], [0], "0", "[0]", { a: "[0]" }], { a: true, b: "true" }])
      expect(valueAt(valuesOf(value))).toEqual(value);
  });
});

describe("the file", () => {
  const between = (start: string, end: string) => page.split(start)[1]?.split(end)[0] ?? "";

  test("has the data, and a table that agrees with it", () => {
    const stored = JSON.parse(between('<script type="application/json" id="data">', "</script>"));
    expect(stored).toEqual(valuesOf(data));
    const lines = between("</thead>", "</table>").match(/^<tr><th scope=row>.*$/gm) ?? [];
    expect(lines).toHaveLength(data.rows.length);
    for (const line of lines) expect(line.match(/<td/g)).toHaveLength(data.kernels.length + 1);
    expect(lines).toContainEqual(expect.stringMatching(/>file_open<td class=h>since 5\.11<td class=n>✗<td class=y>✓/));
    expect(lines).toContainEqual(expect.stringMatching(/>task_getsecid<td class=h>5\.11 – 5\.12</));
  });

  test("is smaller than 1 MB, the same each time, and requests no other file", () => {
    expect(Buffer.byteLength(page)).toBeLessThan(1e6);
    expect(render(pageData())).toBe(page);
    expect(page).not.toMatch(/<(?:link|script|img)[^>]*(?:src|href)="(?!data:)|@import|url\(/);
  });

  test("text is never interpreted as markup", () => {
    expect(escaped(`<a href="x">&`)).toBe("&lt;a href=&quot;x&quot;&gt;&amp;");
    const [row, ...rows] = data.rows;
    if (row === undefined) throw new Error("no rows");
    const evil = render({ ...data, rows: [{ ...row, name: "</script><b>$&" }, ...rows] });
    expect(evil).not.toContain("</script><b>");
    expect(evil).toContain("<th scope=row>&lt;/<wbr>script&gt;&lt;b&gt;$&amp;<td");
  });
});

test.each([
  ["✗✓✓✓", "since 5.11"],
  ["✓✓✗✗", "5.10 – 5.11"],
  ["✗✓✗✓", "5.11, since 5.13"],
  ["✗✗✗✗", "never"],
  ["!✗–✗", "never"],
  ["✗?✗✗", "not known"],
])("%s is shown as %s", (marks, told) => {
  const meaning = { "✓": "allowed", "✗": "refused", "!": "unsafe", "?": "unknown", "–": "absent" } as const;
  expect(
    history(
      [...marks].map((mark) => meaning[mark as keyof typeof meaning]),
      data.kernels,
    ),
  ).toBe(told);
});
