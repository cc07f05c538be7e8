/** Types as JSON: nodes of the type graph, with ids for references. */
import type { BtfType } from "./types";

/** A JSON array with one line for each type, in pieces. 64-bit enumerators are strings. */
export function* toJson(types: Iterable<BtfType>): Generator<string> {
  let before = "[\n";
  for (const type of types) {
    yield before + JSON.stringify(fieldsOf(type));
    before = ",\n";
  }
  yield before === "[\n" ? "[\n\n]\n" : "\n]\n";
}

function fieldsOf(value: object): object {
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]));
}

function plain(value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return value.map((item: object) => fieldsOf(item));
  return typeof value === "object" && value !== null ? (value as BtfType).id : value;
}
