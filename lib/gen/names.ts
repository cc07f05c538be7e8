/** Names of C as TypeScript's: keywords, names that are no identifiers, names that C keeps apart and TypeScript does not. */

/**
 * What no type or constant of a module can be called, or would be taken for something else: words of strict mode, types and type
 * operators of TypeScript, names that the compiler keeps for itself, globals that generated code refers to.
 */
const RESERVED: ReadonlySet<string> = new Set(
  (
    "arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally " +
    "for function if implements import in instanceof interface let new null package private protected public return static super " +
    "switch this throw true try typeof var while with yield " +
    "as any bigint boolean never number object string symbol undefined unknown void asserts infer keyof readonly unique " +
    "Object Promise __dirname __esModule __filename __proto__ exports module require " +
    "Buffer Record Uint8Array"
  ).split(" "),
);

/** A name as an identifier that nothing else claims; the same for the same name. */
export function identifier(name: string): string {
  const clean = name.replaceAll(/[^\p{ID_Continue}$]/gu, "_").replace(/^(?![\p{ID_Start}$_])/u, "_");
  return RESERVED.has(clean) ? `${clean}_` : clean;
}

/** What comes from outside, in a comment of one line or several: it ends neither. */
export function inComment(text: string): string {
  return text.replaceAll("*/", "* /").replaceAll(/[\p{Cc}\u2028\u2029]/gu, "?");
}

/** A name as a key of an object literal, where `__proto__` is none. */
export function literalKey(name: string): string {
  return name === "__proto__" ? '["__proto__"]' : propertyKey(name);
}

/** A name as a property's key. */
export function propertyKey(name: string): string {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name) ? name : JSON.stringify(name);
}

/** "exec-watch" as "ExecWatch"; "ring_buffer" as "RingBuffer_" if that is taken. */
export function pascalCase(name: string, taken: readonly string[] = []): string {
  const words = name.split(/[^\p{ID_Continue}$]+|_/u).filter((word) => word !== "");
  const own = identifier(words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(""));
  return taken.includes(own) ? `${own}_` : own;
}

/** By code points, whatever the locale. */
export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Something that wants a name. */
export interface Nameless {
  /** Its name in C; for a type that has none, one made of where it is. */
  readonly wish: string;
  /** What C calls it by: names of different keywords are different. "" for a type that has no name in C. */
  readonly keyword: "struct" | "union" | "enum" | "typedef" | "";
  /** Where it was found. */
  readonly path: string;
}

/**
 * A name for each, by its wish: `foo`; `struct_foo` and `typedef_foo` where both are wanted, `foo_2` for a type without a name
 * that is in another's way; `foo` and `foo___2` for two that C itself calls the same, as files of one object and functions of one
 * file may have them. Hangs on the order only there.
 */
export function assignNames<T extends Nameless>(items: readonly T[], taken: Iterable<string>): Map<T, string> {
  const names = new Map<T, string>();
  const used = new Set(taken);
  const claim = (item: T, name: string): void => {
    const own = used.has(name) ? freeName(`${name}___`, used) : name;
    used.add(own);
    names.set(item, own);
  };
  const wishes = new Map<string, T[]>();
  for (const item of items) {
    const wish = identifier(item.wish);
    if (item.keyword !== "") wishes.set(wish, [...(wishes.get(wish) ?? []), item]);
  }
  for (const [wish, rivals] of wishes) {
    // One of a keyword alone keeps the name; of two that C itself calls the same, prefixes tell nothing.
    const plain = new Set(rivals.map(({ keyword }) => keyword)).size === 1 && !used.has(wish);
    for (const item of rivals) claim(item, plain ? wish : identifier(`${item.keyword}_${item.wish}`));
  }
  const unnamed = items.filter(({ keyword }) => keyword === "").toSorted((a, b) => byText(a.path, b.path));
  for (const item of unnamed) {
    const name = identifier(item.wish);
    claim(item, used.has(name) ? freeName(`${name}_`, used) : name);
  }
  return names;
}

/** The first name that is free of `foo_2`, `foo_3` … */
function freeName(base: string, used: ReadonlySet<string>): string {
  let number = 2;
  while (used.has(`${base}${number}`)) number++;
  return `${base}${number}`;
}
