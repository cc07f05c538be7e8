/** What hosts and editors read of the repository: issue forms, dependabot's settings, .editorconfig, SECURITY.md. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { PROJECT_ROOT } from "../../scripts/places";

const read = (path: string) => readFileSync(join(PROJECT_ROOT, path), "utf8");

interface Form {
  name: string;
  description: string;
  labels: string[];
  body: {
    type: string;
    id?: string;
    attributes: { label?: string; value?: string; description?: string };
    validations?: { required: boolean };
  }[];
}

const FORMS = ".github/ISSUE_TEMPLATE";
const forms = readdirSync(join(PROJECT_ROOT, FORMS))
  .filter((name) => name !== "config.yml")
  .map((name) => [name, parse(read(join(FORMS, name))) as Form] as const);

test.each(forms)("%s has what GitHub requires of an issue form", (_, { name, description, body }) => {
  expect([name, description].every(Boolean)).toBe(true);
  const asked = body.filter(({ type }) => type !== "markdown");
  expect(asked.map(({ type }) => ["input", "textarea"].includes(type))).not.toContain(false);
  const ids = asked.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { id, attributes } of asked)
    expect({ id, label: attributes.label }).toEqual({ id: expect.stringMatching(/^\w+$/), label: expect.any(String) });
  for (const { type, attributes } of body)
    if (type === "markdown") expect(attributes.value).toEqual(expect.any(String));
});

test("a bug report says what the host is", () => {
  const { body } = new Map(forms).get("bug_report.yml") as Form;
  const required = body.filter(({ validations }) => validations?.required).map(({ attributes }) => attributes.label);
  expect(required).toEqual(expect.arrayContaining(["Output of `npx node-libbpf doctor --json`", "Kernel version"]));
});

test("commands and files that the templates and SECURITY.md name exist", () => {
  const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
  const paths = [...forms.map(([name]) => join(FORMS, name)), ".github/pull_request_template.md", "SECURITY.md"];
  const texts = paths.map(read).join("\n");
  const called = [...texts.matchAll(/npm run ([\w:-]+)/g)].map(([, script = ""]) => script);
  expect(called.filter((script) => !(script in scripts))).toEqual([]);
  for (const [, path = ""] of texts.matchAll(/\.\.\/blob\/main\/([\w./-]+)/g)) expect(read(path)).not.toBe("");
});

test("dependabot updates npm's packages and the workflows' actions", () => {
  const { version, updates } = parse(read(".github/dependabot.yml")) as {
    version: number;
    updates: { "package-ecosystem": string; directory: string; schedule: { interval: string } }[];
  };
  expect(version).toBe(2);
  expect(updates.map((update) => update["package-ecosystem"])).toEqual(["npm", "github-actions"]);
  for (const { directory, schedule } of updates)
    expect({ directory, ...schedule }).toEqual({ directory: "/", interval: "weekly" });
});

test(".editorconfig agrees with Biome and clang-format", () => {
  const parts = read(".editorconfig").split(/^\[/m).slice(1);
  const sections = new Map(
    parts.map((part) => [
      part.split("]")[0],
      Object.fromEntries([...part.matchAll(/^(\w+) = (.+)$/gm)].map(([, key, value]) => [key, value])),
    ]),
  );
  const { formatter } = JSON.parse(read("biome.json")) as {
    formatter: { indentStyle: string; indentWidth: number; lineWidth: number };
  };
  expect(sections.get("*")).toMatchObject({
    indent_style: formatter.indentStyle,
    indent_size: String(formatter.indentWidth),
  });
  expect(sections.get("*.{ts,mts,cts,js,mjs,cjs,json}")).toEqual({ max_line_length: String(formatter.lineWidth) });
  const { BasedOnStyle, ColumnLimit } = parse(read(".clang-format")) as { BasedOnStyle: string; ColumnLimit: number };
  expect(sections.get("binding/*.{cc,h}")).toEqual({ max_line_length: String(ColumnLimit) });
  // Google's style, which indents by two spaces.
  expect([BasedOnStyle, sections.get("binding/*.h")]).toEqual(["Google", { indent_style: "space", indent_size: "2" }]);
});
