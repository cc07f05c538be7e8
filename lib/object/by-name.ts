/** Things with names: programs, maps. */
import { ArgumentError, shown } from "../errors";

/**
 * Items by their name. Without a prototype, so that a program or map may have any name. `R` is the caller's word for the
 * names that there are, which the compiler can't know.
 */
export function byName<R extends object>(items: readonly { readonly name: string }[]): R {
  const record = Object.create(null) as Record<string, unknown>;
  for (const item of items) record[item.name] = item;
  return Object.freeze(record) as R;
}

/** The item of a name; throws an error that lists the names there are. */
export function named<R extends object, N extends keyof R>(
  record: R,
  name: N,
  noun: "program" | "map",
  owner: string,
): R[N] {
  const item = typeof name === "string" ? record[name] : undefined;
  if (item !== undefined) return item;
  const names = Object.keys(record).join(", ") || "none";
  throw new ArgumentError(
    `${owner} has no ${noun} ${typeof name === "string" ? name : shown(name)}; it has: ${names}`,
    {
      [noun]: typeof name === "string" ? name : shown(name),
    },
  );
}
