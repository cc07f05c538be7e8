/** The page's data as a list in which each distinct value is once: findings are much alike. page.js puts it together. */

type Json = string | number | boolean | readonly Json[] | { readonly [key: string]: Json | undefined };

/** What is in an array or an object is given by its index in the list. The whole is the last. */
export function valuesOf(data: object): Json[] {
  const index = new Map<string, number>();
  const add = (value: Json): number => {
    const text = JSON.stringify(typeof value === "object" ? contents(value) : value);
    const at = index.get(text) ?? index.size;
    index.set(text, at);
    return at;
  };
  const contents = (value: object): Json =>
    Array.isArray(value)
      ? value.map(add)
      : Object.fromEntries(Object.entries(value).flatMap(([key, one]) => (one === undefined ? [] : [[key, add(one)]])));
  add(data as Json);
  return Array.from(index.keys(), (text) => JSON.parse(text) as Json);
}
