/**
 * Calls every public member in ways that no program should: with invalid arguments, on objects that only look like the
 * library's, after close(), and with arguments that close the object while they are read. Each call must succeed or
 * throw an error of the library with a code; none may hang.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT_ROOT } from "../scripts/places";
import { memories } from "./memories";

class Values extends Array<unknown> {
  static override get [Symbol.species](): ArrayConstructor {
    throw new Error("not to be called");
  }
}
class Bytes extends Uint8Array {
  override get length(): number {
    return 2 ** 32;
  }
  override get byteLength(): number {
    return -1;
  }
}

export const BAD: readonly unknown[] = [
  ...[undefined, null, true, 1n, -1, -(2n ** 64n), 0, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53],
  ...["", "x", "a\0b", "__proto__", Symbol("s"), () => {}],
  ...[[], [undefined], [[1]], Array(3), {}, Object.create(null), new Map(), new Date(Number.NaN)],
  ...[new Uint8Array(3), new ArrayBuffer(4), new DataView(new ArrayBuffer(4))],
  ...[new Proxy({}, {}), new Proxy([], {}), new Proxy(() => {}, {})],
  ...[Values.from([1, 2]), new Bytes(4), Object.assign([1, 2], { length: 1 << 20 })],
  ...Object.values(memories).map((make) => make()),
];

/** Something that an argument does while it is read. */
class Interference extends Error {}

/** Arguments that call back while they are read: to close the object, or to make a list longer. They end. */
function reentrant(act: () => void): unknown[] {
  let calls = 0;
  const after = <T>(value: T) => {
    if (++calls > 100) throw new Interference();
    act();
    return value;
  };
  const growing = [1, 2];
  const entry = () => after([1, 1n]);
  return [
    { valueOf: () => after(1), toString: () => after("x"), [Symbol.toPrimitive]: () => after(1) },
    new Proxy({}, { get: (_, key) => after(key === "then" ? undefined : 1), ownKeys: () => after([]) }),
    new Proxy(
      {},
      {
        get: () => {
          throw new Interference();
        },
      },
    ),
    Object.defineProperty([1, 2], 1, { get: () => after(2) }),
    Object.defineProperty([[1, 1n], []], 1, { get: entry }),
    Object.defineProperty(growing, 0, { get: () => after(growing.push(1)) }),
    {
      [Symbol.iterator]: () => ({
        next: () => after({ done: false, value: undefined }),
        return: () => ({ done: true }),
      }),
    },
    (function* () {
      yield entry();
      yield entry();
    })(),
    { size: 4, decode: () => after(1), encode: () => after(undefined) },
    () => after(undefined),
  ];
}

/** Exported functions that call the kernel: test/kernel/arguments.test.ts. */
export const KERNEL_FUNCTIONS = [
  ...["tracePipe", "captureProfile", "kernelFacts", "createMap", "openMap", "openMapById", "enableStats"],
  ...["owners", "runningPrograms"],
] as (keyof typeof import("node-libbpf"))[];

/** What is called: a class's object, or a function. */
export interface Subject {
  name: string;
  /** Makes one for calls that may close it, and says how. */
  make: () => Made | Promise<Made>;
  /** Members that are called only after close(), since they wait or change the system. */
  not?: readonly string[];
  /** Arguments that precede the invalid ones. */
  before?: readonly (readonly unknown[])[];
}
export interface Made {
  of: object;
  close: () => void;
}

/** A subject that needs no close(). */
export const still = (name: string, of: object, before: Subject["before"] = []): Subject => ({
  ...{ name, before },
  make: () => ({ of, close: () => {} }),
});

/** The public members of each class but errors, from the API report. Abstract classes are met in their subclasses. */
const PUBLIC = new Map<string, Set<string>>();
let members = new Set<string>();
for (const line of readFileSync(join(PROJECT_ROOT, "etc/node-libbpf.api.md"), "utf8").split("\n")) {
  const [, name] = /^(?:export )?(?:abstract )?class (\w+)/.exec(line) ?? [];
  if (/^\S/.test(line)) members = new Set();
  if (name !== undefined && !name.endsWith("Error")) PUBLIC.set(name, members);
  const [, member] = /^ {4}(?:(?:abstract|get|set) )*(\w+|\[Symbol\.\w+\])[(<:?]/.exec(line) ?? [];
  if (member !== undefined && member !== "constructor") members.add(member);
}

/** "Class.member" of every method and accessor. */
export const publicMembers = (): string[] =>
  [...PUBLIC].flatMap(([name, its]) => [...its].map((one) => `${name}.${one}`));

/** As in the API report. Node.js 20 describes the symbols of disposal otherwise. */
function written(key: PropertyKey): string {
  if (key === Symbol.dispose) return "[Symbol.dispose]";
  if (key === Symbol.asyncDispose) return "[Symbol.asyncDispose]";
  return typeof key === "symbol" ? `[${key.description}]` : String(key);
}

/** Every public member of an object: of its classes, or its own functions if it has no class. */
function membersOf(of: object): Map<PropertyKey, string> {
  const found = new Map<PropertyKey, string>();
  for (let at: object | null = of; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    const known = PUBLIC.get(of === at ? "" : at.constructor.name);
    for (const key of Reflect.ownKeys(at)) {
      if (key === "constructor") continue;
      const isIts = known?.has(written(key)) ?? (of === at && typeof Reflect.get(of, key) === "function");
      if (isIts && !found.has(key))
        found.set(key, known === undefined ? written(key) : `${at.constructor.name}.${written(key)}`);
      // One that a subclass overrides is met too.
      else if (isIts && known !== undefined) overridden.add(`${at.constructor.name}.${written(key)}`);
    }
  }
  return found;
}
const overridden = new Set<string>();

/** What the calls gave. */
export class Findings {
  /** Number of calls. */
  cells = 0;
  /** Errors that are not the library's, each once: "Btf.type: Cannot mix BigInt and other types". */
  readonly wrong = new Set<string>();
  /** "Class.member" of what was called. */
  readonly met: Set<string> = overridden;

  async call(what: string, call: () => unknown): Promise<void> {
    this.cells++;
    try {
      const made = call();
      const thing: unknown = made instanceof Promise ? await within(made) : made;
      // A generator throws at its first step, and so does a stream.
      if (thing instanceof Object && Symbol.asyncIterator in thing) (thing as { destroy?(): void }).destroy?.();
      else if (thing instanceof Object && Symbol.iterator in thing && "next" in thing)
        (thing as Iterator<unknown>).next();
      // Close the result, unless it is the object itself.
      if (/^create|^open|attach|load|onBatch|onEvent|enable/.test(what.split(".").at(-1) ?? ""))
        (thing as Partial<Disposable> | undefined)?.[Symbol.dispose]?.();
    } catch (error) {
      if (!isOurs(error) && !(error instanceof Interference))
        this.wrong.add(`${what}: ${error instanceof Error ? `${error.name} ${error.message}` : String(error)}`);
    }
  }
}

const isOurs = (error: unknown) => String((error as { code?: unknown } | undefined)?.code ?? "").startsWith("ERR_BPF_");

function within(work: Promise<unknown>): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error("hangs")), 5000);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** @param share 1 of so many bad arguments is taken */
export async function abuse(subjects: readonly Subject[], share = 1): Promise<Findings> {
  const findings = new Findings();
  for (const [index, subject] of subjects.entries()) {
    // Other ones for each subject.
    await abuseOne(subject, findings, (at) => (at + index) % share === 0);
  }
  return findings;
}

async function abuseOne(
  { name, make, not = [], before = [] }: Subject,
  findings: Findings,
  isTaken: (index: number) => boolean,
): Promise<void> {
  const taken = BAD.filter((_, index) => isTaken(index));
  const argumentsOf = (bad: unknown) => [[bad], [bad, bad], ...before.map((first) => [...first, bad])];
  const first = await make();
  if (typeof first.of === "function") {
    const run = first.of as (...args: unknown[]) => unknown;
    for (const bad of [...taken, ...reentrant(() => {})])
      for (const args of argumentsOf(bad)) await findings.call(name, () => run(...args));
    return;
  }
  const names = membersOf(first.of);
  const use = (receiver: object, key: PropertyKey, args: readonly unknown[]) => () => {
    const member = Reflect.get(first.of, key) as unknown;
    const method =
      receiver === first.of || typeof member !== "function" ? Reflect.get(receiver, key, receiver) : member;
    return typeof method === "function" ? Reflect.apply(method, receiver, args) : method;
  };
  for (const [key, member] of names) {
    const what = `${name}: ${member}`;
    findings.met.add(member);
    if (not.includes(written(key))) continue;
    const settable = isSettable(first.of, key);
    for (const bad of taken) {
      for (const args of argumentsOf(bad)) await findings.call(what, use(first.of, key, args));
      if (settable) await findings.call(`${what} =`, () => Reflect.set(first.of, key, bad));
    }
    for (const other of othersOf(first.of)) await findings.call(`${what} of another`, use(other, key, []));
  }
  // Arguments that close it while they are read.
  for (const [key, member] of names) {
    if (not.includes(written(key))) continue;
    for (let at = 0, most = 1; at < most; at++) {
      if (at > 0 && !isTaken(at)) continue;
      const one = await make();
      const bad = reentrant(() => one.close());
      most = bad.length;
      for (const args of argumentsOf(bad[at]))
        await findings.call(`${name}: ${member} while it closes`, () => {
          const method = Reflect.get(one.of, key) as unknown;
          return typeof method === "function" ? Reflect.apply(method, one.of, args) : Reflect.set(one.of, key, bad[at]);
        });
      one.close();
    }
  }
  first.close();
  for (const [key, member] of names)
    for (const args of [[], [1], [new Uint8Array(4), new Uint8Array(8)], ...before])
      await findings.call(`${name}: ${member} after close()`, use(first.of, key, args));
}

/** Objects that are not what they look like. */
function othersOf(of: object): object[] {
  return [Object.create(of) as object, new Proxy(of, {}), Object.create(Object.getPrototypeOf(of)) as object, {}];
}

function isSettable(of: object, key: PropertyKey): boolean {
  for (let at: object | null = of; at !== null; at = Object.getPrototypeOf(at)) {
    const found = Object.getOwnPropertyDescriptor(at, key);
    if (found !== undefined) return found.set !== undefined;
  }
  return false;
}
