/** The check of options: what a schema takes, what it refuses and in which words. */
import fc from "fast-check";
import {
  anyFunction,
  anyString,
  bigint64,
  boolean,
  bytes,
  type Callee,
  checkArgument,
  checkOptions,
  checkProperty,
  descriptor,
  type Expected,
  filled,
  integer,
  list,
  natural,
  object,
  oneOf,
  record,
  required,
  type Schema,
  text,
} from "../../lib/options";

interface Options {
  name?: string;
  repeat?: number;
  cookie?: bigint;
  mode?: "any" | "exist";
  lock?: boolean;
  data?: Uint8Array;
  onLog?: (text: string) => void;
  put?: readonly { from: string; to?: string }[];
  events?: Readonly<Record<string, string>>;
}

const SCHEMA: Schema<Options> = {
  name: text,
  repeat: integer(0, 7),
  cookie: bigint64,
  mode: oneOf("any", "exist"),
  lock: boolean,
  data: bytes,
  onLog: anyFunction,
  put: list(object<{ from: string; to?: string }>({ from: required(filled), to: text })),
  events: record(anyString),
};

const CALLEE: Callee = { name: "run", details: { operation: "open" } };
const check = (options: unknown) => checkOptions(CALLEE, options as Options, SCHEMA);

const good: Readonly<Record<keyof Options, fc.Arbitrary<unknown>>> = {
  name: fc.string().filter((value) => !value.includes("\0")),
  repeat: fc.integer({ min: 0, max: 7 }),
  cookie: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  mode: fc.constantFrom("any", "exist"),
  lock: fc.boolean(),
  data: fc.uint8Array(),
  onLog: fc.func(fc.constant(undefined)),
  put: fc.array(fc.record({ from: fc.constant("/a"), to: fc.constant("/b") }, { requiredKeys: ["from"] })),
  events: fc.dictionary(fc.string(), fc.string()),
};
const names = Object.keys(good) as (keyof Options)[];

test("what fits is copied, and nothing else", () => {
  fc.assert(
    fc.property(fc.record(good, { requiredKeys: [] }), (options) => {
      const given = check(options);
      expect(given).toEqual(options);
      expect(given).not.toBe(options);
    }),
  );
});

test("a value of another kind is refused by the option's name", () => {
  const isOf = (name: keyof Options, value: unknown) => SCHEMA[name].fault(value) === undefined;
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.anything({ withBigInt: true, withTypedArray: true }), (name, value) => {
      fc.pre(value !== undefined && !isOf(name, value));
      expect(() => check({ [name]: value })).toThrow(
        expect.objectContaining({
          code: "ERR_BPF_ARGUMENT",
          operation: "open",
          message: expect.stringMatching(new RegExp(`^run's option ${name}.*? (must be .*, got |has no field )`, "s")),
        }),
      );
    }),
  );
});

test("what is of no use to any kind", () => {
  const sound: Partial<Record<keyof Options, readonly unknown[]>> = {
    name: [1, null, "a\0b"],
    repeat: [-1, 8, 0.5, Number.NaN, "1", 1n],
    cookie: [-1n, 2n ** 64n, 1],
    mode: ["", "any ", 0],
    lock: [0, "true", null],
    data: [[], "x", new ArrayBuffer(1), new Uint16Array(1)],
    onLog: [{}, null],
    put: [{}, [1], [{}], [{ from: "" }], [{ from: "/a", form: "/b" }], Array(2)],
    events: [[], "x", { a: 1 }, null],
  };
  for (const [name, values] of Object.entries(sound))
    for (const value of values) expect(() => check({ [name]: value })).toThrow(`run's option ${name}`);
});

test("an unknown name is refused, with the one that was meant", () => {
  fc.assert(
    fc.property(fc.string(), (name) => {
      fc.pre(!names.includes(name as keyof Options) && name !== "__proto__");
      expect(() => check({ [name]: undefined })).toThrow(`run has no option ${JSON.stringify(name)}; it has: name, `);
    }),
  );
  expect(() => check({ repaet: 1 })).toThrow(/has no option "repaet".*\. Did you mean repeat\?$/);
  expect(() => check({ put: [{ from: "/a", form: "/b" }] })).toThrow(
    /^run's option put\[0\] has no field "form"; it has: from, to\. Did you mean from\?$/,
  );
  expect(() => check({ mode: "exsit" })).toThrow(/must be "any" or "exist", got "exsit"\. Did you mean exist\?$/);
});

test("only what this call may have", () => {
  const callee = { ...CALLEE, name: "attach", of: "program p", has: "an iterator" };
  expect(() => checkOptions(callee, { lock: true }, SCHEMA, ["name"])).toThrow(
    'program p: attach has no option "lock"; an iterator has: name',
  );
  expect(() => checkOptions(callee, { lock: true }, SCHEMA, [])).toThrow('"lock"; an iterator has: none');
});

test("what holds its contents elsewhere is no object of options", () => {
  for (const bad of [null, 1, "x", () => {}, [], new Uint8Array(1), new Map(), new Set(), Promise.resolve({})])
    expect(() => check(bad)).toThrow("run's options must be an object, got ");
  class Settings {
    get repeat() {
      return 3;
    }
  }
  expect(check(new Settings())).toEqual({ repeat: 3 });
  expect(check(Object.create(null))).toEqual({});
  expect(check(undefined)).toEqual({});
});

test("each option is read once", () => {
  let reads = 0;
  const options = {
    get repeat() {
      return reads++ === 0 ? 1 : -1;
    },
  };
  expect(check(options).repeat).toBe(1);
  expect(reads).toBe(1);
});

test("an option that must be there", () => {
  const schema: Schema<{ kernel: string }> = { kernel: required(filled) };
  expect(() => checkOptions(CALLEE, {} as { kernel: string }, schema)).toThrow(
    "run's option kernel must be a string, got undefined",
  );
  expect(() => checkOptions(CALLEE, { kernel: "" }, schema)).toThrow("must be a string that is not empty");
});

test("arguments and properties", () => {
  expect(() => checkArgument(CALLEE, "id", 0.5, natural)).toThrow(
    "run's argument id must be a non-negative integer, got 0.5",
  );
  expect(() => checkArgument(CALLEE, "fd", 2 ** 31, descriptor)).toThrow("an integer from 0 to 2147483647");
  const owner = { of: "map counts", details: { map: "counts" } };
  expect(checkProperty(owner, "flags", 1, descriptor)).toBe(1);
  expect(() => checkProperty(owner, "flags", -1, descriptor)).toThrow(
    expect.objectContaining({
      map: "counts",
      message: "map counts: flags must be an integer from 0 to 2147483647, got -1",
    }),
  );
});

test("the compiler holds a schema against its options", () => {
  interface Two {
    one: number;
    other?: boolean;
  }
  const one = required(natural);
  // @ts-expect-error: an option is missing
  const missing: Schema<Two> = { one };
  // @ts-expect-error: an option that there is not
  const more: Schema<Two> = { one, other: boolean, third: boolean };
  // @ts-expect-error: of another type
  const wrong: Schema<Two> = { one, other: natural };
  // @ts-expect-error: it may not be left out
  const optional: Schema<Two> = { one: natural, other: boolean };
  const none: Expected<never>[] = [];
  expect([missing, more, wrong, optional, none]).toHaveLength(5);
});
