/** Access to programs and maps by name. */
import { ArgumentError, shown } from "../errors";

/**
 * Items by name, in an object without prototype, so that a program or map can have any name. `R` is the caller's type
 * for the names, which the compiler can't check.
 */
export function byName<R extends object>(items: readonly { readonly name: string }[]): R {
  const record = Object.create(null) as Record<string, unknown>;
  for (const item of items) record[item.name] = item;
  return Object.freeze(record) as R;
}

/** The item with a name. Throws an error that lists all names. */
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
