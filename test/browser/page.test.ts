/** Tests docs/sleepable/index.html in a real browser, as a reader uses it. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { MATRIX } from "../../scripts/kernels";
import { PROJECT_ROOT } from "../../scripts/places";
import { Chromium } from "./chromium";

const PAGE = pathToFileURL(join(PROJECT_ROOT, "docs/sleepable/index.html")).href;
/** The folder for screenshots; without it none are made. */
const SCREENSHOTS = process.env.PAGE_SCREENSHOTS;

let browser: Chromium;

beforeAll(async () => {
  browser = await Chromium.launch();
});
afterAll(async () => {
  await browser?.close();
});

beforeEach(async () => {
  await browser.scripts(true);
  await browser.screen({ width: 1280, height: 900 });
  await browser.open(PAGE);
});
afterEach(() => {
  expect(browser.complaints.splice(0)).toEqual([]);
  const requests = browser.requests.splice(0);
  expect(requests.filter((url) => !url.startsWith("file:") && !/^(?:data|about):/.test(url))).toEqual([]);
});

async function picture(name: string): Promise<void> {
  if (SCREENSHOTS === undefined) return;
  mkdirSync(SCREENSHOTS, { recursive: true });
  await browser.screenshot(join(SCREENSHOTS, `${name}.png`));
}

/** Names of the visible rows. */
const names = () =>
  browser.value<string[]>(
    `[...document.querySelectorAll("#hooks tbody tr:not(.group) th")].filter((th) => th.offsetParent).map((th) => th.textContent)`,
  );
/** Labels of the kernels whose columns are visible. */
const kernels = () =>
  browser.value<string[]>(
    `[...document.querySelectorAll("#hooks thead th")].filter((th) => th.offsetParent).slice(2).map((th) => th.innerText.replace(/\\s+/g, " "))`,
  );
const count = () => browser.value<string>(`document.getElementById("count").textContent`);
const fragment = () => browser.value<string>("decodeURIComponent(location.hash)");
const evidence = () =>
  browser.value<string>(
    `(() => { const panel = document.getElementById("evidence"); return panel.hidden ? "" : panel.innerText; })()`,
  );
const focus = (id: string) => browser.value(`document.getElementById(${JSON.stringify(id)}).focus()`);

/** An expression for the cell of a row and a kernel. */
const cell = (row: string, kernel: string) => `(() => {
  const column = [...document.querySelectorAll("#hooks thead th")].findIndex((th) => th.innerText.replace(/\\s+/g, " ") === "${kernel}");
  const line = [...document.querySelectorAll("#hooks tbody tr")].find((tr) => tr.cells[0].textContent === "${row}");
  return line.cells[column];
})()`;
const select = (id: string, value: string) =>
  browser.value(`(() => {
    const field = document.getElementById("${id}");
    field.value = "${value}";
    field.dispatchEvent(new Event("input", { bubbles: true }));
  })()`);

test("shows the long-term and the measured kernels, and all rows", async () => {
  expect((await kernels()).slice(0, 7)).toEqual([
    MATRIX.oldest,
    "5.15",
    MATRIX.stable,
    "6.6",
    MATRIX.lts,
    "6.18",
    MATRIX.newest,
  ]);
  expect((await kernels()).slice(7).every((label) => label.startsWith("Debian "))).toBe(true);
  const all = await names();
  expect(all).toEqual(expect.arrayContaining(["file_open", "ringbuf", "task", "kprobe", "fentry/bpf_fentry_test1"]));
  expect(await count()).toBe(`${all.length} rows`);
  expect(await fragment()).toBe("");
  await picture("desktop");
});

test("the search box filters by name as one types", async () => {
  await focus("query");
  await browser.type("file_o");
  expect(await names()).toEqual(["file_open"]);
  await browser.type("pen");
  expect(await names()).toEqual(["file_open"]);
  expect(await count()).toMatch(/^1 of \d+ rows$/);
  expect(await fragment()).toBe("#q=file_open");
  await browser.type(" nothing");
  expect(await names()).toEqual([]);
  expect(await browser.value("document.getElementById('none').offsetParent !== null")).toBe(true);
});

test.each(["lsm.s/file_open", 'SEC("lsm/file_open")', "bpf_lsm_file_open"])("%s finds file_open", async (text) => {
  await focus("query");
  await browser.type(text);
  expect(await names()).toEqual(["file_open"]);
});

test("a click on a mark shows its evidence, Escape hides it", async () => {
  await browser.click(cell("file_open", "5.10"));
  const shown = await evidence();
  expect(shown).toContain("file_open on Linux 5.10: ✗ cannot sleep");
  expect(shown).toContain("HOOK_NOT_SLEEPABLE");
  expect(shown).toContain("require Linux 5.11");
  expect(shown).toContain("kernel/bpf/bpf_lsm.c");
  expect(shown).toContain("423f16108c9d");
  expect(shown).not.toMatch(/[{}]/);
  expect(await fragment()).toBe("#cell=lsm/file_open@5.10");
  await picture("evidence");
  await browser.press("Escape");
  expect(await evidence()).toBe("");
  expect(await fragment()).toBe("");
});

test("arrow keys move from mark to mark, with the evidence", async () => {
  await browser.click(cell("file_open", "5.10"));
  await browser.press("ArrowRight");
  expect(await evidence()).toContain("file_open on Linux 5.15: ✓ may sleep");
  await browser.press("ArrowDown");
  expect(await evidence()).toContain("file_permission on Linux 5.15: ✗ cannot sleep");
  await browser.press("Escape");
  await browser.press("Enter");
  expect(await evidence()).toContain("file_permission on Linux 5.15");
  const covered = await browser.value<boolean>(`(() => {
    const [cell, panel] = ["td.chosen", "#evidence"].map((at) => document.querySelector(at).getBoundingClientRect());
    return cell.bottom > panel.top;
  })()`);
  expect(covered).toBe(false);
});

test("kinds and verdicts filter", async () => {
  await select("kind", "map");
  const maps = await names();
  expect(maps).toContain("ringbuf");
  expect(maps).not.toContain("file_open");
  await select("show", "everywhere");
  expect(await names()).toEqual(expect.arrayContaining(["hash", "array", "lru_hash"]));
  expect(await names()).not.toContain("ringbuf");
  await select("kind", "lsm");
  expect(await names()).toContain("bprm_committed_creds");
  expect(await names()).not.toContain("file_open");
  await select("show", "differs");
  expect(await names()).toContain("file_open");
  expect(await names()).not.toContain("file_permission");
  await select("show", "ever");
  expect(await names()).toEqual(expect.arrayContaining(["file_open", "bprm_committed_creds", "task_getsecid"]));
  expect(await names()).not.toContain("file_permission");
  expect(await fragment()).toBe("#kind=lsm&show=ever");
});

test("kernels are chosen, and the filters follow", async () => {
  await select("show", "everywhere");
  expect(await names()).not.toContain("file_open");
  await browser.value(`document.getElementById("chooser").open = true`);
  await picture("chooser");
  await browser.click(`document.querySelector("[data-choose=all]")`);
  expect(await kernels()).toEqual(expect.arrayContaining(["5.11", "6.17"]));
  await browser.click(`document.querySelector("[data-choose=default]")`);
  await browser.click(`document.querySelector("input[name=kernel][value='5.10']")`);
  expect(await kernels()).not.toContain("5.10");
  await select("show", "");
  await browser.click(cell("ringbuf", "5.15"));
  expect(await evidence()).toContain("Linux 5.12");
});

test("a link shows what its sender saw, and so does a reload", async () => {
  await browser.open(`${PAGE}#q=path_&kind=lsm&show=differs&kernels=6.6,6.8&cell=lsm/path_mkdir@6.6`);
  const seen = async () => ({ names: await names(), kernels: await kernels(), evidence: await evidence() });
  const before = await seen();
  expect(before.names).toContain("path_mkdir");
  expect(before.names).not.toContain("path_mknod");
  expect(before.kernels).toEqual(["6.6", "6.8"]);
  expect(before.evidence).toContain("path_mkdir on Linux 6.6: ✗ cannot sleep");
  await browser.reload();
  expect(await seen()).toEqual(before);
  await browser.value(`location.hash = "#q=socket_bind"`);
  expect(await browser.value(`new Promise((resolve) => setTimeout(() => resolve(1), 50))`)).toBe(1);
  expect(await names()).toContain("socket_bind");
  expect(await evidence()).toBe("");
});

test("an invalid fragment does no harm", async () => {
  await browser.open(`${PAGE}#kind=no&show=<img>&kernels=1.0&cell=lsm/no@no&%E0%A4%A&cell`);
  expect(await kernels()).toEqual([]);
  expect((await names()).length).toBeGreaterThan(100);
});

test.each([
  ["phone", { width: 390, height: 844, phone: true }],
  ["phone-dark", { width: 390, height: 844, phone: true, dark: true }],
  ["narrow", { width: 320, height: 600, phone: true }],
  ["dark", { width: 1280, height: 900, dark: true }],
] as const)("%s: nothing is wider than the screen but the table in its frame", async (name, screen) => {
  await browser.screen(screen);
  await browser.open(PAGE);
  const overflow = () =>
    browser.value<number>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
  await picture(name);
  expect(await overflow()).toBe(0);
  await browser.click(cell("inet_conn_established", "6.6"));
  await browser.value(`document.getElementById("chooser").open = true`);
  expect(await overflow()).toBe(0);
  await picture(`${name}-evidence`);
});

test("the header and the names stay visible while the table scrolls", async () => {
  const stays = await browser.value<boolean>(`(() => {
    const frame = document.querySelector(".frame");
    frame.scrollTo(150, 3000);
    const box = frame.getBoundingClientRect();
    const corner = document.querySelector("thead th").getBoundingClientRect();
    return Math.abs(corner.top - box.top) < 3 && Math.abs(corner.left - box.left) < 3;
  })()`);
  expect(stays).toBe(true);
});

test("text has the contrast that WCAG requires, light and dark", async () => {
  for (const dark of [false, true]) {
    await browser.screen({ width: 1280, height: 900, dark });
    const contrasts = await browser.value<Record<string, number>>(`(() => {
      const luminance = (colour) => {
        const [r, g, b] = colour.match(/[\\d.]+/g).map((part) => part / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const opaque = (element) => {
        const { backgroundColor } = getComputedStyle(element);
        return backgroundColor !== "rgba(0, 0, 0, 0)" || element === document.documentElement ? backgroundColor : opaque(element.parentElement);
      };
      return Object.fromEntries(["td.y", "td.n", "td.w", "td.u", "td.x", "td.h", "th", "output", "p", "summary"].map((at) => {
        const element = document.querySelector(at);
        const [low, high] = [getComputedStyle(element).color, opaque(element)].map(luminance).sort((a, b) => a - b);
        return [at, (high + 0.05) / (low + 0.05)];
      }));
    })()`);
    for (const [at, contrast] of Object.entries(contrasts)) expect([at, contrast >= 4.5]).toEqual([at, true]);
  }
});

test("is a table of the default kernels if scripts do not run", async () => {
  await browser.scripts(false);
  await browser.reload();
  await browser.scripts(true);
  expect(await browser.value("document.getElementById('filters').offsetParent === null")).toBe(true);
  expect(await names()).toContain("file_open");
  expect((await kernels()).slice(0, 3)).toEqual(["5.10", "5.15", "6.1"]);
});
