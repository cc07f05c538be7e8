// Writes the TypeScript snippets of README.md and docs/ to test/snippets/, where they are compiled with everything else
// and run by test/kernel/docs.test.ts. Plain JavaScript, because it runs before the compiler.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const target = join(root, "test/snippets");
const pages = ["README.md", ...readdirSync(join(root, "docs")).map((name) => join("docs", name))];
/** ```ts, then the snippet's needs, which become part of its file's name: "lsm", "since-5.12". */
const FENCE = /^```ts(.*)\n([\s\S]*?)^```$/gm;

/** Pages refer to the programs of test/bpf by their bare names, as if they were next to the reader's own files. */
function located(code) {
  const text = code
    .replace(/"\.\/([\w-]+\.bpf\.js)"/g, '"../bpf/$1"')
    .replace(/"([\w-]+)\.bpf\.o"/g, 'objectPath("$1")');
  return text.includes("objectPath(") ? `import { objectPath } from "../bpf/objects.js";\n${text}` : text;
}

const wanted = new Map();
for (const page of pages.filter((name) => name.endsWith(".md"))) {
  const name = basename(page, ".md").toLowerCase();
  let number = 0;
  for (const [, needs, code] of readFileSync(join(root, page), "utf8").matchAll(FENCE)) {
    wanted.set(
      [
        `${name}-${++number}`,
        ...needs.split(/\s+/).filter((word) => word !== "" && !word.startsWith("file=")),
        "mts",
      ].join("."),
      located(code),
    );
  }
}
mkdirSync(target, { recursive: true });
for (const name of readdirSync(target)) {
  if (wanted.has(name)) continue;
  rmSync(join(target, name));
  rmSync(join(root, "dist/test/snippets", name.replace(/\.mts$/, ".mjs")), { force: true });
}
for (const [name, text] of wanted) {
  const file = join(target, name);
  // An unchanged file is not written, so that the compiler does not see a change.
  if (!existsSync(file) || readFileSync(file, "utf8") !== text) writeFileSync(file, text);
}
