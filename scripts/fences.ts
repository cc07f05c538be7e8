/** The fenced code blocks of the documentation. What stands behind the language says how a block is tried: CONTRIBUTING.md. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT_ROOT } from "./places";

export interface Fence {
  /** From the project's root. */
  page: string;
  line: number;
  /** "" for none: output, drawings. */
  language: string;
  /** What stands behind the language. */
  words: string[];
  code: string;
}

const FENCE = /^( *)```(\S*)(.*)\n([\s\S]*?)^\1```$/gm;

/** Every page that is written by hand. */
export function pages(): string[] {
  const inside = ["docs", "examples"].flatMap((folder) =>
    readdirSync(join(PROJECT_ROOT, folder), { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
  );
  return ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", ...inside.filter((name) => name.endsWith(".md")).sort()];
}

export function fencesOf(page: string): Fence[] {
  const text = readFileSync(join(PROJECT_ROOT, page), "utf8");
  return [...text.matchAll(FENCE)].map(({ index, 2: language = "", 3: words = "", 4: code = "" }) => ({
    page,
    line: text.slice(0, index).split("\n").length,
    language,
    words: words.split(/\s+/).filter(Boolean),
    code,
  }));
}

/** What a word such as "status=1" says, if it is there. */
export function settingOf({ words }: Fence, name: string): string | undefined {
  return words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** The file that a block is the text of, if it says so. */
export function fileOf(fence: Fence): string | undefined {
  const { language, words } = fence;
  return settingOf(fence, "file") ?? (language === "c" || language === "js" ? words[0] : undefined);
}
