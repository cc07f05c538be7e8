/** What ps, prog and link print. */
import type { Owner } from "../index";
import type { PinKind } from "../native";
import { pinnedId } from "../running/pinned";
import { type Cell, printable } from "./table";

/** The processes that hold something. */
export function holders(owners: readonly Owner[]): string {
  return [...new Set(owners.map(({ pid, command }) => `${command}(${pid})`))].join(" ");
}

/** A line for each field, for what is not an object itself. */
export function fields(info: object): Cell[][] {
  return Object.entries(info).flatMap(([name, value]) => {
    if (value === undefined || (typeof value === "object" && !(value instanceof Date) && !isPlainList(value)))
      return [];
    const text = value instanceof Date ? value.toISOString() : Array.isArray(value) ? value.join(" ") : String(value);
    return text === "" ? [] : [[{ text: name, style: "dim" as const }, { text: printable(text) }]];
  });
}

function isPlainList(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item !== "object");
}

/** Numbers are ids, everything else is the path of a pin. */
export function idOrPin(word: string): number | string {
  return /^\d+$/.test(word) ? Number(word) : word;
}

/** The id that a word gives, or that of the pin which it names. */
export function idOf(word: string, kind: PinKind): number {
  const named = idOrPin(word);
  return typeof named === "number" ? named : pinnedId(named, kind);
}
