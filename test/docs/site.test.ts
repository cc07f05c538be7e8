/** Tests the documentation as HTML, as `npm run docs` writes it: its links, and its pages in a browser. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { anchorsOfHtml, deadLinks, linksOfHtml } from "../../scripts/links";
import { PROJECT_ROOT } from "../../scripts/places";

const SITE = join(PROJECT_ROOT, "dist/docs");
const SCREENSHOTS = join(PROJECT_ROOT, "dist/results");

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

/** The browser blocks the pages' icons and search at file: URLs. */
const server: Server = createServer(({ url = "/" }, response) => {
  const file = join(SITE, new URL(url, "http://here").pathname);
  if (url === "/favicon.ico") response.writeHead(204).end();
  else if (!existsSync(file)) response.writeHead(404).end();
  else response.setHeader("content-type", TYPES[extname(file)] ?? "text/plain").end(readFileSync(file));
});
let origin: string;
let browser: Browser;
let page: Page;
/** The browser's complaints, and its requests to other hosts. */
const complaints: string[] = [];

beforeAll(async () => {
  const { status, stdout, stderr } = spawnSync("npm", ["run", "--silent", "docs"], {
    cwd: PROJECT_ROOT,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`npm run docs: ${stdout}${stderr}`);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  browser = await chromium.launch({ executablePath, chromiumSandbox: process.getuid?.() !== 0 });
  page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    if (!request.url().startsWith(`${origin}/`) && !/^(data|blob):/.test(request.url())) complaints.push(request.url());
  });
  mkdirSync(SCREENSHOTS, { recursive: true });
}, 300_000);
afterAll(async () => {
  await browser?.close();
  server.close();
});
afterEach(() => {
  expect(complaints.splice(0)).toEqual([]);
});

async function visit(path: string): Promise<void> {
  await page.goto(`${origin}/${path}`);
}
const picture = (name: string) => page.screenshot({ path: join(SCREENSHOTS, `docs-${name}.png`) });

test("no link is dead", () => {
  const files = readdirSync(SITE, { recursive: true, encoding: "utf8" }).filter((name) => /\.(html|svg)$/.test(name));
  expect(files.length).toBeGreaterThan(100);
  const pages = new Map(
    files.map((name) => {
      const text = readFileSync(join(SITE, name), "utf8");
      return [name, { links: linksOfHtml(text), anchors: anchorsOfHtml(text) }] as const;
    }),
  );
  expect(deadLinks(pages, (path) => existsSync(join(SITE, path)))).toEqual([]);
});

test("the home page is the README, and has links to other pages", async () => {
  await visit("index.html");
  expect(await page.locator("h1").first().textContent()).toContain("node-libbpf");
  expect(await page.getByRole("heading", { name: "Ten lines" }).isVisible()).toBe(true);
  await picture("home");
  await page.getByRole("link", { name: "Getting started" }).last().click();
  expect(await page.locator("h1").first().textContent()).toContain("Getting started");
});

test("a page of the guide", async () => {
  await visit("documents/Troubleshooting.html");
  const codes = page.locator("table").last();
  expect(await codes.locator("tbody tr").count()).toBeGreaterThan(20);
  expect(await codes.getByText("ERR_BPF_LSM_INACTIVE").isVisible()).toBe(true);
  expect(await page.locator("pre code.ts").count()).toBeGreaterThan(0);
  await picture("guide");
});

test("a page of the reference", async () => {
  await visit("classes/node-libbpf.HashMap.html");
  expect(await page.locator("h1").first().textContent()).toContain("HashMap");
  expect(await page.getByText("bpf_map_lookup_elem").first().isVisible()).toBe(true);
  await picture("api");
});

test("the search finds a class, and a page of the guide", async () => {
  for (const [words, path] of [
    ["VerifierError", "classes/node-libbpf.VerifierError.html"],
    ["LimitMEMLOCK", "documents/Security.html"],
  ] as const) {
    await visit("index.html");
    await page.locator("#tsd-search-trigger").click();
    await page.locator("#tsd-search-input").fill(words);
    const first = page.locator("#tsd-search-results li a").first();
    await first.waitFor();
    await picture(`search-${words.toLowerCase()}`);
    expect(await first.getAttribute("href")).toContain(path);
  }
});

test("the table of hooks is part of it", async () => {
  await visit("index.html");
  await page.getByRole("link", { name: "table of hooks and kernels" }).click();
  // count() would not wait until the page is there.
  await page.locator("#hooks tbody tr").nth(100).waitFor({ state: "attached" });
});
