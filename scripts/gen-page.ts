/**
 * Writes docs/sleepable/index.html: the table of what may sleep on every known kernel. `--check` fails if it differs.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pageData, render } from "./page/render";
import { PROJECT_ROOT } from "./places";

const PAGE = "docs/sleepable/index.html";
const target = join(PROJECT_ROOT, PAGE);
const page = `${render(pageData())}\n`;
if (!process.argv.includes("--check")) {
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, page);
} else if (readFileSync(target, "utf8") !== page) throw new Error(`${PAGE} is out of date: run npm run gen:page`);
