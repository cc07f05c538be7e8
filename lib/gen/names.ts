/**
 * Converts C names to TypeScript: keywords, names that are not identifiers, and names that are distinct in C but not in
 * TypeScript.
 */

/**
 * Names that a type or constant of a module can't have: reserved words of strict mode, types and type operators of
 * TypeScript, names reserved by the compiler, and globals that generated code uses.
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

/** A valid identifier for a name; deterministic and not reserved. */
export function identifier(name: string): string {
  const clean = name.replaceAll(/[^\p{ID_Continue}$]/gu, "_").replace(/^(?![\p{ID_Start}$_])/u, "_");
  return RESERVED.has(clean) ? `${clean}_` : clean;
}

/** Escapes foreign text for a single-line or block comment, so that it can't end the comment. */
export function inComment(text: string): string {
  return text.replaceAll("*/", "* /").replaceAll(/[\p{Cc}\u2028\u2029]/gu, "?");
}

/** A name as key in an object literal, where a plain `__proto__` would set the prototype. */
export function literalKey(name: string): string {
  return name === "__proto__" ? '["__proto__"]' : propertyKey(name);
}

/** A name as property key. */
export function propertyKey(name: string): string {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name) ? name : JSON.stringify(name);
}

/** "exec-watch" becomes "ExecWatch"; "ring_buffer" becomes "RingBuffer_" if that is taken. */
export function pascalCase(name: string, taken: readonly string[] = []): string {
  const words = name.split(/[^\p{ID_Continue}$]+|_/u).filter((word) => word !== "");
  const own = identifier(words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(""));
  return taken.includes(own) ? `${own}_` : own;
}

/** Compares by code point, independent of locale. */
export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Something that needs a name. */
export interface Nameless {
  /** Its C name; for an unnamed type, a name derived from its path. */
  readonly wish: string;
  /** Its C keyword: in C, names after different keywords are distinct. "" for an unnamed type. */
  readonly keyword: "struct" | "union" | "enum" | "typedef" | "";
  /** Where it was found, for errors. */
  readonly path: string;
}

/**
 * Assigns a name to each item, based on its wish: `foo`; `struct_foo` and `typedef_foo` if both exist; `foo_2` for an
 * unnamed type that conflicts with another; `foo` and `foo___2` for two types with the same C name, which linked files
 * and functions of one file can have. Only in the last case does the result depend on the order.
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
    // A keyword's only item keeps the name. Prefixes can't distinguish two items with the same C name.
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

/** The first unused name of `foo_2`, `foo_3` … */
function freeName(base: string, used: ReadonlySet<string>): string {
  let number = 2;
  while (used.has(`${base}${number}`)) number++;
  return `${base}${number}`;
}
