/** Tables of text for terminals and pipes. */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { styleText } from "node:util";

/** Style of a text on a terminal. */
export type Style = "green" | "red" | "yellow" | "cyan" | "bold" | "dim";

export interface Cell {
  text: string;
  style?: Style;
}

/** Whether standard output is a terminal, which gets symbols instead of words. */
export const isTerminal = process.stdout.isTTY === true;
/** hasColors() respects NO_COLOR and TERM. */
const colors = isTerminal && process.stdout.hasColors();

export function styled({ text, style }: Cell): string {
  return colors && style !== undefined ? styleText(style, text) : text;
}

/** Formats rows with columns as wide as their widest cell. */
export function table(rows: readonly (readonly Cell[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, { text }] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, width(text));
  }
  const lines = rows.map((row) =>
    row.map((cell, column) => styled(cell) + " ".repeat((widths[column] ?? 0) - width(cell.text))).join("  "),
  );
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}

/**
 * Replaces characters that move a terminal's cursor or change text direction with "?": names come from untrusted files.
 */
export function printable(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, " ").replaceAll(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, "?");
}

const INVISIBLE = /[\p{Mn}\p{Me}\p{Cf}]/u;
const WIDE = /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}\p{Emoji_Presentation}\uff01-\uff60]/u;

/** Number of terminal columns of a text. */
export function width(text: string): number {
  return Array.from(text).reduce((sum, sign) => sum + (INVISIBLE.test(sign) ? 0 : WIDE.test(sign) ? 2 : 1), 0);
}

/** 64-bit integers become texts. */
export function json(value: unknown, indent = 2): string {
  const asText = (_: string, value: unknown) => (typeof value === "bigint" ? String(value) : value);
  return `${JSON.stringify(value, asText, indent)}\n`;
}

/** Incremented when a field of the JSON output is removed or changes its meaning. */
const VERSION = 1;

/** Formats the output of --json; without indentation it is one line. */
export function document(value: object, indent?: number): string {
  return json({ version: VERSION, ...value }, indent);
}

/** The same of fields that are JSON already: decoded values, whose integers have more digits than numbers. */
export function documentOf(fields: Readonly<Record<string, string>>): string {
  const lines = Object.entries({ version: String(VERSION), ...fields }).map(([name, text]) => `  "${name}": ${text}`);
  return `{\n${lines.join(",\n")}\n}\n`;
}

/** The same with one field, an array of which there is much. */
export function* documentInParts(name: string, array: Iterable<string>): Generator<string> {
  yield `{\n  "version": ${VERSION},\n  "${name}": `;
  yield* array;
  yield "}\n";
}

/** Of what is written at once, in characters. */
const CHUNK = 1 << 16;

/** Prints parts as fast as the reader takes them. If it goes away, what is left of them is not made. */
export async function print(parts: Iterable<string | Uint8Array>): Promise<void> {
  try {
    await pipeline(Readable.from(chunks(parts)), process.stdout, { end: false });
  } catch (error) {
    // main.ts tells of a write that failed.
    if (!(error instanceof Error && "syscall" in error)) throw error;
  }
}

/** Writing each line would take longer than making it. */
function* chunks(parts: Iterable<string | Uint8Array>): Generator<string | Uint8Array> {
  let text = "";
  for (const part of parts) {
    const isText = typeof part === "string";
    if (isText) text += part;
    if (isText && text.length < CHUNK) continue;
    yield text;
    text = "";
    if (!isText) yield part;
  }
  yield text;
}
