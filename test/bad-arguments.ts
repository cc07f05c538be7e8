/**
 * Calls every public member with invalid arguments: each call must succeed or throw an error of the library with a
 * code.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT_ROOT } from "../scripts/places";

export const BAD: readonly unknown[] = [
  ...[undefined, null, true, 1n, -1, -(2n ** 64n), 0, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53],
  ...["", "x", "a\0b", "__proto__", Symbol("s"), () => {}],
  ...[[], [undefined], [[1]], Array(3), {}, Object.create(null), new Map(), new Date(Number.NaN)],
  ...[new Uint8Array(), new Uint8Array(3), new ArrayBuffer(4), new DataView(new ArrayBuffer(4))],
  ...[new Proxy({}, {}), new Proxy([], {}), new Proxy(() => {}, {})],
];

/** An object with methods, its name, and how to make a call of it. */
export interface Subject {
  name: string;
  of: object;
  /** Members that are not called: they wait, or close what other calls need. */
  not?: readonly string[];
  /** Arguments that precede the invalid ones. */
  before?: readonly (readonly unknown[])[];
}

/** The public members of each class, from the API report. */
const PUBLIC = new Map<string, Set<string>>();
let members = new Set<string>();
for (const line of readFileSync(join(PROJECT_ROOT, "etc/node-libbpf.api.md"), "utf8").split("\n")) {
  const [, name] = /^(?:export )?(?:abstract )?class (\w+)/.exec(line) ?? [];
  if (/^\S/.test(line)) members = new Set();
  if (name !== undefined) PUBLIC.set(name, members);
  const [, member] = /^ {4}(?:(?:static|abstract|readonly|get|set) )*(\w+)/.exec(line) ?? [];
  if (member !== undefined && member !== "constructor") members.add(member);
}

/** Every public member of a value, its own and those of its classes. */
export function membersOf(of: object): string[] {
  const names = new Set<string>();
  for (let at: object | null = of; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    const known = PUBLIC.get(of === at ? "" : at.constructor.name);
    for (const name of Object.getOwnPropertyNames(at))
      if (
        name !== "constructor" &&
        (known === undefined ? of === at && typeof Reflect.get(of, name) === "function" : known.has(name))
      )
        names.add(name);
  }
  return [...names];
}

const MAKES = /^createMap|^openMap|\.attach\b|\.load(Sync)?\b/;

const isOurs = (error: unknown) => String((error as { code?: unknown } | undefined)?.code ?? "").startsWith("ERR_BPF_");

/** Returns the foreign errors of all calls, each once: "Btf.type: Cannot mix BigInt and other types". */
export async function rawErrors(subjects: readonly Subject[]): Promise<string[]> {
  const raw = new Set<string>();
  const attempt = async (what: string, call: () => unknown) => {
    try {
      const made = call();
      const thing: unknown = made instanceof Promise ? await made : made;
      // Close the result.
      if (MAKES.test(what) && thing instanceof Object && Symbol.dispose in thing)
        (thing as Disposable)[Symbol.dispose]();
      // A generator throws at its first step.
      if (typeof made === "object" && made !== null && Symbol.iterator in made && "next" in made)
        (made as Iterator<unknown>).next();
    } catch (error) {
      if (!isOurs(error))
        raw.add(`${what}: ${error instanceof Error ? `${error.name} ${error.message}` : String(error)}`);
    }
  };
  for (const { name, of, not = [], before = [] } of subjects) {
    const members = typeof of === "function" ? [""] : membersOf(of).filter((member) => !not.includes(member));
    for (const member of members) {
      const what = member === "" ? name : `${name}.${member}`;
      const call = (receiver: object, args: readonly unknown[]) => () => {
        const method = member === "" ? of : (receiver as Record<string, unknown>)[member];
        return typeof method === "function" ? Reflect.apply(method, receiver, args) : method;
      };
      for (const bad of BAD) {
        for (const args of [[bad], [bad, bad], ...before.map((first) => [...first, bad])])
          await attempt(what, call(of, args));
        if (member !== "" && isSettable(of, member)) {
          const old = (of as Record<string, unknown>)[member];
          await attempt(`${what} =`, () => Reflect.set(of, member, bad));
          await attempt(`${what} =`, () => Reflect.set(of, member, old));
        }
      }
      if (member === "") continue;
      for (const other of [Object.create(of) as object, new Proxy(of, {})])
        await attempt(`${what} of another`, call(other, []));
    }
  }
  return [...raw];
}

function isSettable(of: object, member: string): boolean {
  for (let at = of; at !== null; at = Object.getPrototypeOf(at)) {
    const found = Object.getOwnPropertyDescriptor(at, member);
    if (found !== undefined) return found.set !== undefined;
  }
  return false;
}
