/** Tests the link checker on pages with dead links; then checks this project's pages. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pages } from "../../scripts/fences";
import { anchorsOfHtml, anchorsOfMarkdown, deadLinks, linksOfHtml, linksOfMarkdown } from "../../scripts/links";
import { PROJECT_ROOT } from "../../scripts/places";

const pageOf = (text: string) => ({ links: linksOfMarkdown(text), anchors: anchorsOfMarkdown(text) });

test("links are found outside code only", () => {
  expect(linksOfMarkdown("[a](b.md) `[c](d)` ![e](f.svg)\n```ts\n[g](h)\n```\n")).toEqual(["b.md", "f.svg"]);
});

test("headings have the fragments that GitHub gives them", () => {
  const text =
    "# What `open()` does\n## Maps, arrays & more\n## [Link](x.md)\n## Twice\n## Twice\n```sh\n# no heading\n```\n";
  expect([...anchorsOfMarkdown(text)]).toEqual(["what-open-does", "maps-arrays--more", "link", "twice", "twice-1"]);
});

test("dead links are reported, each once", () => {
  const pages = new Map([
    ["README.md", pageOf("# Top\n[x](docs/a.md#one) [y](docs/a.md#two) [z](gone.md) [z](gone.md) [f](#top) [t](lib)")],
    ["docs/a.md", pageOf("# One\n[up](../README.md) [out](../../x) [h](http://a) [s](https://b) [f](../lib#x)")],
  ]);
  expect(deadLinks(pages, (path) => path === "lib")).toEqual([
    "README.md: docs/a.md#two",
    "README.md: gone.md",
    "docs/a.md: ../../x",
    "docs/a.md: http://a",
    "docs/a.md: ../lib#x",
  ]);
});

test("links and fragments of HTML", () => {
  const html = '<a class="x" href="a.html#b&amp;c">y</a><img src="d.svg"><p id="one"></p><a name="two"></a>';
  expect(linksOfHtml(html)).toEqual(["a.html#b&c", "d.svg"]);
  expect([...anchorsOfHtml(html)]).toEqual(["one", "two"]);
});

const read = (path: string) => readFileSync(join(PROJECT_ROOT, path), "utf8");
const own = pages();

test("no link of the documentation is dead", () => {
  const markdown = new Map(own.map((path) => [path, pageOf(read(path))]));
  expect(deadLinks(markdown, (path) => existsSync(join(PROJECT_ROOT, path)))).toEqual([]);
});

test("every page of docs/ is built", () => {
  const { projectDocuments } = JSON.parse(read("typedoc.json")) as { projectDocuments: string[] };
  expect(own.filter((path) => /^docs\/[^/]+$/.test(path) && !projectDocuments.includes(path))).toEqual([]);
});
