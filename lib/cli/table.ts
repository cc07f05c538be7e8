/** Text in columns, for terminals and pipes. */
import { styleText } from "node:util";

/** How a text looks on a terminal. */
export type Style = "green" | "red" | "yellow" | "cyan" | "bold" | "dim";

export interface Cell {
  text: string;
  style?: Style;
}

/** Standard output is a terminal: symbols are better than words there. */
export const isTerminal = process.stdout.isTTY === true;
/** hasColors() heeds NO_COLOR and TERM. */
const colors = isTerminal && process.stdout.hasColors();

export function styled({ text, style }: Cell): string {
  return colors && style !== undefined ? styleText(style, text) : text;
}

/** Lines with each column as wide as its widest cell. */
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

/** Names come from files that anybody may have made: what would move a terminal's cursor, or turn the direction of text, is shown as "?". */
export function printable(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, " ").replaceAll(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, "?");
}

const INVISIBLE = /[\p{Mn}\p{Me}\p{Cf}]/u;
const WIDE = /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}\p{Emoji_Presentation}\uff01-\uff60]/u;

/** Columns of a terminal that a text takes. */
export function width(text: string): number {
  return Array.from(text).reduce((sum, sign) => sum + (INVISIBLE.test(sign) ? 0 : WIDE.test(sign) ? 2 : 1), 0);
}

export function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** Raised when a field of a command's JSON goes, or means something else. */
const FORMAT = 1;

/** What a command prints with --json. */
export function document(value: object): string {
  return json({ format: FORMAT, ...value });
}
