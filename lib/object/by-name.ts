/** Items by their name. Without a prototype, so that a program or map may have any name. */
export function byName<T extends { readonly name: string }>(items: readonly T[]): Readonly<Record<string, T>> {
  const record = Object.create(null) as Record<string, T>;
  for (const item of items) record[item.name] = item;
  return Object.freeze(record);
}
