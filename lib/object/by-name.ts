/** Things with names: programs, maps. */
import { ArgumentError } from "../errors";

/** Items by their name. Without a prototype, so that a program or map may have any name. */
export function byName<T extends { readonly name: string }>(items: readonly T[]): Readonly<Record<string, T>> {
  const record = Object.create(null) as Record<string, T>;
  for (const item of items) record[item.name] = item;
  return Object.freeze(record);
}

/** The item of a name; throws an error that lists the names there are. */
export function named<T>(record: Readonly<Record<string, T>>, name: string, noun: "program" | "map", owner: string): T {
  const item = record[name];
  if (item !== undefined) return item;
  const names = Object.keys(record).join(", ") || "none";
  throw new ArgumentError(`${owner} has no ${noun} ${name}; it has: ${names}`, { [noun]: name });
}
