/**
 * The fenced code blocks of the documentation. The words after the language say how a block is tested: CONTRIBUTING.md.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT_ROOT } from "./places";

export interface Fence {
  /** Relative to the project's root. */
  page: string;
  line: number;
  /** "" for none: output, drawings. */
  language: string;
  /** The words after the language. */
  words: string[];
  code: string;
}

const FENCE = /^( *)```(\S*)(.*)\n([\s\S]*?)^\1```$/gm;

/** Every handwritten page. */
export function pages(): string[] {
  const inside = ["docs", "examples"].flatMap((folder) =>
    readdirSync(join(PROJECT_ROOT, folder), { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
  );
  return [
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    ...inside.filter((name) => name.endsWith(".md")).sort(),
  ];
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

/** The value of a word such as "status=1", if present. */
export function settingOf({ words }: Fence, name: string): string | undefined {
  return words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** The file whose content a block is, if it names one. */
export function fileOf(fence: Fence): string | undefined {
  const { language, words } = fence;
  return settingOf(fence, "file") ?? (language === "c" || language === "js" ? words[0] : undefined);
}
